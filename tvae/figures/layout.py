"""Common parts of the triplets page's figures: layout, clicks, the line at the margin (Plotly)."""

from __future__ import annotations

from typing import Any

import plotly.graph_objects as go

from tvae.figures.colours import GREY

CLICKABLE = {"clickmode": "event+select", "dragmode": False}
"""Layout of a figure whose points can be clicked."""
NOT_FADED = {"selected": {"marker": {"opacity": 1}}, "unselected": {"marker": {"opacity": 1}}}
"""Options of a trace whose points look the same whether selected or not."""


def figure_of(traces: list[dict[str, Any]], height: int, **layout: Any) -> go.Figure:
    """The traces as a figure without a ground.

    Made in one call: adding traces one by one takes five times as long, and a slider waits for it.
    """
    usual = {
        "height": height,
        "margin": {"l": 10, "r": 10, "t": 24, "b": 10},
        "legend": {"orientation": "h", "yanchor": "bottom", "y": 1.0, "x": 0},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
    }
    return go.Figure(data=traces, layout=usual | layout)


def vertical_line(x: float) -> dict[str, Any]:
    """A vertical line across the whole figure, as a shape of its layout."""
    line = {"color": GREY, "width": 1.5}
    return {"type": "line", "yref": "paper", "y0": 0, "y1": 1, "x0": x, "x1": x, "line": line}
