"""The heat map of a sweep: places, colours, words that can be read on each colour, frames, clicks."""

from __future__ import annotations

from typing import Any

import pytest

from tvae.figures.colours import MARK, ink_on, linear_rgb
from tvae.figures.trade.sweep_map import SweepCell, sweep_heat_map


def cell(arm: str, margin: float, weight: float, value: float | None, **more) -> SweepCell:
    lines = ("waits",) if value is None else (f"{value:g}", "1 of 3")
    return SweepCell(arm=arm, margin=margin, weight=weight, value=value, lines=lines, hover=arm, **more)


CELLS = [
    cell("a", 1.0, 3.0, 90.0),
    cell("b", 0.2, 3.0, 80.0, pareto=True),
    cell("c", 0.2, 10.0, None, trains=True),
    cell("d", 1.0, 10.0, 99.0, chosen=True),
]


def traces(**options: Any) -> tuple[Any, Any, list[Any], Any]:
    figure: Any = sweep_heat_map(CELLS, **{"lower_is_better": False, "ink": "#123456", **options})
    heat, *words, points = figure.data
    return figure, heat, words, points


def test_margins_go_up_and_weights_across():
    _, heat, _, points = traces()
    assert [list(row) for row in heat.z] == [[80.0, None], [90.0, 99.0]]
    assert {arm: (x, y) for (arm,), x, y in zip(points.customdata, points.x, points.y, strict=True)} == {
        "a": (0, 1),
        "b": (0, 0),
        "c": (1, 0),
        "d": (1, 1),
    }
    assert (heat.zmin, heat.zmax) == pytest.approx((80, 99))


@pytest.mark.parametrize("lower", [False, True])
def test_words_are_read_on_the_colour_of_their_cell(lower):
    """The lowest value is the darkest, or where less is better the brightest, and has the other ink."""
    _, heat, words, _ = traces(lower_is_better=lower)
    assert bool(heat.reversescale) == lower
    inks = {text: trace.textfont.color for trace in words for text in trace.text}
    assert inks["<b>80</b><br>1 of 3"] == ("#000000" if lower else "#ffffff")
    assert inks["<b>99</b><br>1 of 3"] == ("#ffffff" if lower else "#000000")
    assert inks["waits"] == "#123456"
    for trace in words:  # a click must not fade them
        assert trace.unselected.textfont.color == trace.selected.textfont.color == trace.textfont.color


def test_a_frame_says_what_trains_what_none_beats_and_what_is_chosen():
    figure, *_ = traces()
    frames = [(shape.line.dash, shape.line.color) for shape in figure.layout.shapes]
    assert ("dash", "#8a93a0") in frames
    assert (None, "#ffffff") in frames
    assert frames[-1] == (None, MARK)  # above its neighbours'


def test_equal_values_and_none_at_all_are_drawn():
    for cells in ([cell("a", 1.0, 3.0, 50.0)], [cell("a", 1.0, 3.0, None)]):
        figure: Any = sweep_heat_map(cells, lower_is_better=False, ink="#000000")
        heat = figure.data[0]
        assert heat.zmin < heat.zmax


@pytest.mark.parametrize("colour", ["#000000", "#777777", "#00204d", "#ffea46", "#ffffff"])
def test_ink_has_contrast(colour):
    light, dark = sorted(
        (float(linear_rgb(one) @ (0.2126, 0.7152, 0.0722)) for one in (colour, ink_on(colour))), reverse=True
    )
    assert (light + 0.05) / (dark + 0.05) >= 4.5
