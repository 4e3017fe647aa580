"""Cells of a sweep by margin and weight as a heat map that fills while they train (Plotly)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import plotly.graph_objects as go
from plotly.colors import sample_colorscale

from tvae.figures.colours import GREY, MARK, ink_on
from tvae.figures.layout import CLICKABLE, NOT_FADED, figure_of

ROW = 74
"""Screen pixels that a row is high."""
LEAST_HEIGHT = 200
REACH = 80
"""Screen pixels from its middle within which a click means a cell."""
LEAST_SPAN = 1e-6
MOST_WIDE = 4
"""Columns up to which words have their usual size: more are narrow on a phone."""


@dataclass(frozen=True, kw_only=True)
class SweepCell:
    """A cell of a sweep as it is drawn."""

    arm: str
    margin: float
    weight: float
    value: float | None
    """What its colour means; None: not known yet."""
    lines: tuple[str, ...]
    """What stands in it, the value first."""
    hover: str
    trains: bool = False
    pareto: bool = False
    chosen: bool = False


def sweep_heat_map(cells: Sequence[SweepCell], *, lower_is_better: bool, ink: str) -> go.Figure:
    """Heat map of a sweep: weights across, margins upwards, and brighter is better.

    Every cell is also a point that carries its arm, because a heat map can't be selected. What a colour says stands in
    its cell as a number; a cell without a value has its words alone.

    Args:
        ink: colour of text on the page's ground.
    """
    margins, weights = (sorted({getattr(cell, name) for cell in cells}) for name in ("margin", "weight"))
    places = {cell.arm: (weights.index(cell.weight), margins.index(cell.margin)) for cell in cells}
    values: list[list[float | None]] = [[None] * len(weights) for _ in margins]
    for cell in cells:
        x, y = places[cell.arm]
        values[y][x] = cell.value
    known = [cell.value for cell in cells if cell.value is not None]
    low, high = (min(known), max(known)) if known else (0.0, 1.0)
    middle, half = (low + high) / 2, max((high - low) / 2, LEAST_SPAN)
    heat = {
        "type": "heatmap",
        "z": values,
        "x": list(range(len(weights))),
        "y": list(range(len(margins))),
        "xgap": 3,
        "ygap": 3,
        "colorscale": "Cividis",
        "reversescale": lower_is_better,
        "zmin": middle - half,
        "zmax": middle + half,
        "showscale": False,
        "hoverinfo": "skip",
    }
    shares = {cell.arm: (cell.value - middle + half) / (2 * half) for cell in cells if cell.value is not None}
    inks = {
        cell.arm: ink if cell.value is None else _ink_on(1 - shares[cell.arm] if lower_is_better else shares[cell.arm])
        for cell in cells
    }
    size = 12 if len(weights) <= MOST_WIDE else 10
    words = [
        _words([(*places[cell.arm], cell) for cell in cells if inks[cell.arm] == colour], colour, size)
        for colour in dict.fromkeys(inks.values())
    ]
    points = {
        "type": "scatter",
        "x": [places[cell.arm][0] for cell in cells],
        "y": [places[cell.arm][1] for cell in cells],
        "mode": "markers",
        "marker": {"size": 30, "symbol": "square", "color": "rgba(0,0,0,0)"},
        **NOT_FADED,
        "customdata": [[cell.arm] for cell in cells],
        "hovertext": [cell.hover for cell in cells],
        "hoverinfo": "text",
        "showlegend": False,
    }
    axes = {"showgrid": False, "zeroline": False, "fixedrange": True}
    return figure_of(
        [heat, *words, points],
        max(LEAST_HEIGHT, 60 + ROW * len(margins)),
        margin={"l": 10, "r": 10, "t": 8, "b": 10},
        xaxis={
            "title": {"text": "triplet weight in the loss"},
            "tickvals": list(range(len(weights))),
            "ticktext": [f"{weight:g}" for weight in weights],
            "range": [-0.5, len(weights) - 0.5],
            **axes,
        },
        yaxis={
            "title": {"text": "margin in the loss"},
            "tickvals": list(range(len(margins))),
            "ticktext": [f"{margin:g}" for margin in margins],
            "range": [-0.5, len(margins) - 0.5],
            **axes,
        },
        shapes=[
            shape
            for cell in sorted(cells, key=lambda cell: cell.chosen)  # its frame lies above its neighbours'
            for shape in _frames(*places[cell.arm], cell, inks[cell.arm])
        ],
        hoverdistance=REACH,
        **CLICKABLE,
    )


def _words(cells: Sequence[tuple[int, int, SweepCell]], colour: str, size: int) -> dict[str, Any]:
    """The lines of these cells, each with its place, as a trace of one colour, which a selection does not fade."""
    of_one = {"textfont": {"color": colour}}
    return {
        "type": "scatter",
        "x": [x for x, _, _ in cells],
        "y": [y for _, y, _ in cells],
        "mode": "text",
        "text": [_text(cell) for *_, cell in cells],
        "textfont": {"size": size, "color": colour},
        "selected": of_one,
        "unselected": of_one,
        "hoverinfo": "skip",
        "showlegend": False,
    }


def _text(cell: SweepCell) -> str:
    """The lines of a cell in Plotly's text, the first one bold where it is a number."""
    first, *rest = cell.lines
    return "<br>".join([first if cell.value is None else f"<b>{first}</b>", *rest])


def _ink_on(share: float) -> str:
    """Black or white, whichever is read better on the colour at this share of the scale."""
    colours: Any = sample_colorscale("Cividis", [min(1.0, max(0.0, share))], colortype="tuple")
    return ink_on("#" + "".join(f"{round(255 * part):02x}" for part in colours[0]))


def _frames(x: int, y: int, cell: SweepCell, ink: str) -> list[dict[str, Any]]:
    """Outlines of a cell: grey where it has no value, dashed while it trains, firm where none beats it, teal chosen."""

    def frame(inset: float, **line: Any) -> dict[str, Any]:
        half = 0.5 - inset
        return {"type": "rect", "x0": x - half, "x1": x + half, "y0": y - half, "y1": y + half, "line": line}

    colour = GREY if cell.value is None else ink
    frames = []
    if cell.trains:
        frames.append(frame(0.06, color=colour, width=1.5, dash="dash"))
    elif cell.value is None:
        frames.append(frame(0.03, color=GREY, width=1))
    if cell.pareto:
        frames.append(frame(0.035, color=colour, width=2))
    if cell.chosen:
        frames.append(frame(0.0, color=MARK, width=5))
    return frames
