"""Triplet accuracy against its cost, one point an arm (Plotly)."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
from jaxtyping import Bool, Float

from tvae.figures.arm_styles import ArmStyle
from tvae.figures.colours import GREY
from tvae.figures.layout import CLICKABLE, NOT_FADED, figure_of


def trade_off(
    names: Sequence[str],
    accuracy: Float[np.ndarray, " n"],
    cost: Float[np.ndarray, " n"],
    frontier: Bool[np.ndarray, " n"],
    styles: Mapping[str, ArmStyle],
    cost_title: str,
    *,
    preset: str | None,
    literal: str | None,
    chosen: Sequence[str],
    ink: str,
) -> go.Figure:
    """Triplet accuracy against a cost, one labelled point an arm; the Pareto frontier as a line.

    Args:
        names: the arms, in the order of `accuracy`, `cost` and `frontier`.
        accuracy: shares, in [0, 1].
        frontier: which arms lie on the frontier.
        cost_title: of the axis of costs, with its unit.
        preset: the arm of our preset, drawn as a diamond.
        literal: the arm with the weights of the paper's Eq. 2 as written, 1 each, drawn as a square.
        chosen: arms with a ring in `ink`.
    """
    labels = [styles[name].short_name for name in names]
    along = np.flatnonzero(frontier)[np.argsort(cost[frontier], kind="stable")]
    traces: list[dict[str, Any]] = [
        {
            "x": cost[along],
            "y": 100 * accuracy[along],
            "mode": "lines",
            "line": {"color": GREY, "width": 1.5, "shape": "hv"},
            "name": "frontier",
            "hoverinfo": "skip",
        }
    ]
    for arm, symbol, meaning in (
        (preset, "diamond", "our preset"),
        (literal, "square", "weights of Eq. 2 as written"),
    ):
        if arm is None:
            continue
        at = names.index(arm)
        traces.append(
            {
                "x": [cost[at]],
                "y": [100 * accuracy[at]],
                "mode": "markers",
                "marker": {"color": styles[arm].colour, "size": 15, "symbol": symbol},
                "name": meaning,
                "hoverinfo": "skip",
            }
        )
    if chosen:
        rings = [names.index(name) for name in chosen]
        traces.append(
            {
                "x": cost[rings],
                "y": 100 * accuracy[rings],
                "mode": "markers",
                "marker": {"color": ink, "size": 21, "symbol": "circle-open", "line": {"width": 1.5}},
                "name": "shown on every page",
                "hoverinfo": "skip",
            }
        )
    traces.append(
        {
            "x": cost,
            "y": 100 * accuracy,
            "mode": "markers+text",
            "text": [html.escape(label) for label in labels],
            "textposition": label_places(cost, accuracy, labels),
            "textfont": {"size": 11},
            "marker": {"color": [styles[name].colour for name in names], "size": 10},
            "hovertext": [html.escape(styles[name].name) for name in names],
            "customdata": list(names),
            "hovertemplate": "%{hovertext}: %{y:.2f} % at %{x:.2f}<extra></extra>",
            **NOT_FADED,
            "cliponaxis": False,
            "showlegend": False,
        }
    )
    return figure_of(
        [{"type": "scatter", **trace} for trace in traces],
        380,
        xaxis={"title": {"text": html.escape(cost_title)}, "zeroline": False, "range": _with_room(cost)},
        yaxis={
            "title": {"text": "triplet accuracy, %"},
            "zeroline": False,
            "range": _with_room(100 * accuracy),
        },
        **CLICKABLE,
    )


def label_places(x: Float[np.ndarray, " n"], y: Float[np.ndarray, " n"], names: Sequence[str]) -> list[str]:
    """Plotly's text position of each point's label, so that it covers no point and no other label if possible.

    Measured on a plot of the least size that a page gives it. Of eight positions the first with the fewest overlaps
    is taken.
    """
    width, height, radius, letter, line = 340.0, 260.0, 6.0, 7.0, 13.0
    across = width * (x - x.min()) / (np.ptp(x) or 1.0)
    up = height * (y - y.min()) / (np.ptp(y) or 1.0)
    occupied = [(a - radius, a + radius, b - radius, b + radius) for a, b in zip(across, up, strict=True)]
    shifts = {"left": -1, "center": 0, "right": 1, "bottom": -1, "middle": 0, "top": 1}
    positions = []
    for name, a, b in zip(names, across, up, strict=True):
        boxes = {}
        for place in ("top left", "bottom right", "middle right", "middle left", "top center", "bottom center",
                      "top right", "bottom left"):  # fmt: skip
            vertical, sideways = (shifts[word] for word in place.split())
            left = a + sideways * (radius + letter * len(name) / 2) - letter * len(name) / 2
            low = b + vertical * (radius + line / 2) - line / 2
            boxes[place] = (left, left + letter * len(name), low, low + line)
        place = min(boxes, key=lambda place: sum(_overlaps(boxes[place], box) for box in occupied))
        occupied.append(boxes[place])
        positions.append(place)
    return positions


def _overlaps(first: tuple[float, ...], second: tuple[float, ...]) -> bool:
    """Whether two boxes (left, right, low, high) have a point in common."""
    return first[0] < second[1] and second[0] < first[1] and first[2] < second[3] and second[2] < first[3]


def _with_room(values: Float[np.ndarray, " n"]) -> list[float]:
    """An axis range with room for labels around the values."""
    room = 0.12 * float(np.ptp(values)) or 1.0
    return [float(values.min()) - room, float(values.max()) + room]
