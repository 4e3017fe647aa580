"""ELBO that an arm loses, part by part, as a row of steps from 0 to the whole (Plotly)."""

from __future__ import annotations

import html
from collections.abc import Mapping

import plotly.graph_objects as go

from tvae.figures.colours import GREY
from tvae.figures.layout import figure_of

ROW = 34
"""Height of a step, in pixels."""


def elbo_steps(parts: Mapping[str, float], *, whole: str, colour: str, title: str) -> go.Figure:
    """Each part as a bar that begins where the one above ends, and below them the whole.

    Args:
        parts: nats by name, in order from the top; negative for a gain.
        whole: name of their sum.
        colour: of the whole; that of the parts is the same, lighter.
        title: of the axis.
    """
    names, values = [*parts, whole], [*parts.values(), sum(parts.values())]
    starts = [sum(values[:place]) for place in range(len(parts))] + [0.0]
    texts = [f"{value:+.2f}".replace("-", "−") for value in values]
    reach = [0.0, *starts, *(start + value for start, value in zip(starts, values, strict=True))]
    room = 0.14 * ((max(reach) - min(reach)) or 1.0)  # for the figures beside the bars
    ends = [min(reach) - room, max(reach) + room]
    bars = {
        "type": "bar",
        "orientation": "h",
        "x": values,
        "base": starts,
        "y": [html.escape(name) for name in names],
        "marker": {"color": colour, "opacity": [0.55] * len(parts) + [1.0], "line": {"width": 0}},
        "text": texts,
        "textposition": "outside",
        "cliponaxis": False,
        "hovertemplate": "%{y}: %{text} nats<extra></extra>",
        "showlegend": False,
    }
    line = {"type": "line", "x0": 0, "x1": 0, "yref": "paper", "y0": 0, "y1": 1, "line": {"color": GREY, "width": 1}}
    return figure_of(
        [bars],
        ROW * len(names) + 60,
        xaxis={"title": {"text": html.escape(title)}, "zeroline": False, "range": ends},
        yaxis={"autorange": "reversed", "automargin": True},
        shapes=[line],
        dragmode=False,
    )
