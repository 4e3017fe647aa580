"""The charts of the pages of pictures: arrays in, Plotly figures out; no Streamlit."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence

import plotly.graph_objects as go

from tvae.reconstruction_errors import ClassErrors
from tvae.ui.figures import GREY

MOST_CLASSES = 40
"""Beyond these a chart's lines can't be told apart; the table has them all."""


def errors_by_class(errors: Mapping[str, ClassErrors], colours: Mapping[str, str], names: Sequence[str]) -> go.Figure:
    """A line a class, a dot an arm; classes in the order of the first arm's error."""
    arms = list(errors)
    first = errors[arms[0]]
    order = sorted((i for i, count in enumerate(first.counts) if count), key=lambda i: first.means[i])[-MOST_CLASSES:]
    shown = [f"{html.escape(str(names[i]))} " for i in order]
    figure = go.Figure()
    ends = [[found.means[i] for found in errors.values()] for i in order]
    figure.add_scatter(  # one line for all, broken between classes: a trace each takes long to make
        x=[x for values in ends for x in (min(values), max(values), None)],
        y=[y for place in shown for y in (place, place, None)],
        mode="lines",
        line={"color": GREY, "width": 1.5},
        hoverinfo="skip",
        showlegend=False,
    )
    for arm, found in errors.items():
        figure.add_scatter(
            x=found.means[order],
            y=shown,
            mode="markers",
            name=html.escape(arm.upper()),
            marker={"color": colours[arm], "size": 10},
            customdata=found.counts[order],
            hovertemplate="class %{y}: %{x:.2f}, n = %{customdata:,}<extra>" + html.escape(arm.upper()) + "</extra>",
        )
    figure.update_xaxes(title="squared error per image", rangemode="tozero", zeroline=False)
    figure.update_yaxes(title="class", type="category", showgrid=False, fixedrange=True)
    return figure.update_layout(
        height=max(220, 60 + 26 * len(order)),
        margin={"l": 10, "r": 10, "t": 24, "b": 10},
        legend={"orientation": "h", "yanchor": "bottom", "y": 1.0, "x": 0},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
    )
