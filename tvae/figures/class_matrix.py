"""Accuracy by the anchor's class and the negative's class as a heat map (Plotly)."""

from __future__ import annotations

import html
from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go
from jaxtyping import Float

from tvae.figures.arm_styles import ArmStyle
from tvae.figures.layout import CLICKABLE, NOT_FADED, figure_of

MOST_CLASSES = 62
"""With more classes the cells are too small to be told apart."""
LONGEST_TICK = 16
"""Characters of a class's name beside an axis at most."""
MOST_BELOW = 16
"""Classes named below the cells at most; of more, every second or third is. Beside them all are."""
MOST_NUMBERED = 16
"""With more classes a cell has no room for its number, which is then one hover away."""
ACROSS, ROW = 260, 14
"""Screen pixels that the cells of a row have together, about, and least height of a row."""


def class_heat_map(
    shares: Float[np.ndarray, "c c"],
    classes: Sequence[int],
    names: Sequence[str],
    chosen: tuple[int | None, int | None],
    arms: Sequence[ArmStyle],
    *,
    ink: str,
    low: float,
) -> go.Figure:
    """Heat map in percent by the anchor's class (rows) and the negative's (columns); NaN where there is no triplet.

    Every cell is also a point that carries its (anchor, negative) labels, because a heat map can't be selected.

    Args:
        shares: shares of satisfied triplets, or differences of them, the second arm's less the first's.
        classes: the labels of rows and columns.
        names: what these classes are called; any text.
        chosen: labels of the anchor's and the negative's class that are framed; None for no frame.
        arms: the one whose shares these are, or the two that differ: a difference has the colour of the better one.
        ink: colour of the frames.
        low: the share at which the colours of shares begin, up to 1; differences are coloured around 0.
    """
    percent = 100 * shares
    difference = len(arms) == 2
    if difference:
        most = float(np.nanmax(np.abs(percent))) or 1.0
        scale = {
            "colorscale": [[0, arms[0].colour], [0.5, "#f4f5f7"], [1, arms[1].colour]],
            "zmin": -most,
            "zmax": most,
        }
    else:
        scale = {"colorscale": "Cividis", "zmin": min(100 * low, 99.0), "zmax": 100.0}
    places = list(range(len(classes)))  # not the names: two classes may have the same
    heat = {
        "type": "heatmap",
        "z": percent,
        "x": places,
        "y": places,
        "xgap": 1,
        "ygap": 1,
        "showscale": False,
        "textfont": {"size": 10} if len(classes) <= 10 else {},  # no size: as large as fits
        "hoverinfo": "skip",
        **scale,
    }
    if len(classes) <= MOST_NUMBERED:
        heat["texttemplate"] = "%{z:+.0f}" if difference else "%{z:.0f}"  # in an ink that Plotly fits to the cell
    cells = [(i, j) for i in places for j in places if np.isfinite(percent[i, j])]
    escaped = [html.escape(name) for name in names]
    unit = "points" if difference else "%"
    points = {
        "type": "scatter",
        "x": [j for _, j in cells],
        "y": [i for i, _ in cells],
        "mode": "markers",
        "marker": {"size": min(22, max(3, ACROSS // len(classes))), "symbol": "square", "color": "rgba(0,0,0,0)"},
        **NOT_FADED,
        "customdata": [[classes[i], classes[j]] for i, j in cells],
        "hovertext": [f"anchor {escaped[i]}, negative {escaped[j]}: {percent[i, j]:.2f} {unit}" for i, j in cells],
        "hoverinfo": "text",
        "showlegend": False,
    }
    ticks = [html.escape(name if len(name) <= LONGEST_TICK else name[: LONGEST_TICK - 1] + "…") for name in names]
    every = -(-len(places) // MOST_BELOW)
    axes = {"showgrid": False, "zeroline": False, "fixedrange": True}
    below = {"tickvals": places[::every], "ticktext": ticks[::every], **axes}
    beside = {"tickvals": places, "ticktext": ticks, **axes}
    end = len(classes) - 0.5
    frames = [(-0.5, end, place - 0.5, place + 0.5) for place in places if classes[place] == chosen[0]]
    frames += [(place - 0.5, place + 0.5, -0.5, end) for place in places if classes[place] == chosen[1]]
    return figure_of(
        [heat, points],
        max(360, 100 + ROW * len(classes)),
        margin={"l": 10, "r": 10, "t": 34, "b": 10},
        title={"text": _title(arms), "x": 0.5, "xanchor": "center", "font": {"size": 14}},
        xaxis={"title": {"text": "negative's class"}, **below},
        yaxis={"title": {"text": "anchor's class"}, "range": [end, -0.5], **beside},
        shapes=[
            {"type": "rect", "x0": x0, "x1": x1, "y0": y0, "y1": y1, "line": {"color": ink, "width": 2}}
            for x0, x1, y0, y1 in frames
        ],
        **CLICKABLE,
    )


def _title(arms: Sequence[ArmStyle]) -> str:
    """Title of a heat map in Plotly's text: its arm, or the difference of two, each behind a dot in its colour."""
    names = [arms[0].name] if len(arms) == 1 else [arm.short_name for arm in arms]
    dotted = [
        f'<span style="color:{arm.colour}">●</span> {html.escape(name)}' for arm, name in zip(arms, names, strict=True)
    ]
    return dotted[0] if len(arms) == 1 else f"{dotted[1]} − {dotted[0]}, points"
