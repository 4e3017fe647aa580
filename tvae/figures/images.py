"""Reconstruction error and votes by class (Plotly)."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go
from jaxtyping import Float

from tvae.explore.reconstruction import ClassErrors
from tvae.figures.arm_styles import ArmStyle
from tvae.figures.colours import GREY

MOST_CLASSES = 40
"""With more classes a chart's lines are too close; the table has them all."""
BAR = 9
"""Least height of a bar of one arm and one class, with what is free around it, in screen pixels."""
LEGEND_ROW = 19
"""Height of a row of the legend, which has three arms on a narrow page, in screen pixels."""
MOST_VOTED = 6
"""Classes of a vote that are drawn at most."""


def errors_by_class(
    errors: Mapping[str, ClassErrors], styles: Mapping[str, ArmStyle], names: Sequence[str]
) -> go.Figure:
    """Mean squared error by class: one line a class, one dot an arm; classes in order of the first arm's error."""
    arms = list(errors)
    first = errors[arms[0]]
    order = sorted((i for i, count in enumerate(first.counts) if count), key=lambda i: first.means[i])[-MOST_CLASSES:]
    class_names = [f"{html.escape(str(names[i]))} " for i in order]
    figure = go.Figure()
    ends = [[by_class.means[i] for by_class in errors.values()] for i in order]
    figure.add_scatter(  # one trace for all, broken between classes: a trace for each class takes long to make
        x=[x for values in ends for x in (min(values), max(values), None)],
        y=[y for place in class_names for y in (place, place, None)],
        mode="lines",
        line={"color": GREY, "width": 1.5},
        hoverinfo="skip",
        showlegend=False,
    )
    for arm, by_class in errors.items():
        style = styles[arm]
        figure.add_scatter(
            x=by_class.means[order],
            y=class_names,
            mode="markers",
            name=html.escape(style.short_name),
            marker={"color": style.colour, "size": 10},
            customdata=by_class.counts[order],
            hovertemplate="class %{y}: %{x:.2f}, n = %{customdata:,}<extra>" + html.escape(style.name) + "</extra>",
        )
    figure.update_xaxes(title="squared error per image", rangemode="tozero", zeroline=False)
    figure.update_yaxes(title="class", type="category", showgrid=False, fixedrange=True)
    return figure.update_layout(
        height=max(220, 60 + 26 * len(order)) + LEGEND_ROW * (len(arms) // 3),
        margin={"l": 10, "r": 10, "t": 24, "b": 10},
        legend={"orientation": "h", "yanchor": "bottom", "y": 1.0, "x": 0},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
    )


def votes_by_class(
    shares: Mapping[str, Float[np.ndarray, " classes"]], names: Sequence[str], styles: Mapping[str, ArmStyle]
) -> go.Figure:
    """Each arm's share of the votes for each class that has any, one bar an arm, the class with most on top."""
    most = np.max(list(shares.values()), axis=0)
    voted = np.flatnonzero(most)
    voted = voted[np.argsort(most[voted], kind="stable")][-MOST_VOTED:]
    class_names = [f"{html.escape(str(names[i]))[:24]} " for i in voted]
    figure = go.Figure()
    for arm in reversed(list(shares)):  # bars of one class stand from the bottom up
        title = html.escape(styles[arm].name)
        figure.add_bar(
            x=100 * shares[arm][voted],
            y=class_names,
            orientation="h",
            name=title,
            marker={"color": styles[arm].colour},
            hovertemplate="%{y}: %{x:.0f} %<extra>" + title + "</extra>",
        )
    figure.update_xaxes(
        title="share of the vote, %", range=[0, 101], tickvals=[0, 50, 100], fixedrange=True, zeroline=False
    )
    figure.update_yaxes(type="category", showgrid=False, fixedrange=True, ticksuffix=" ")
    return figure.update_layout(
        height=74 + max(34, BAR * len(shares)) * max(2, len(voted)),
        bargap=0.4,
        showlegend=False,
        margin={"l": 8, "r": 14, "t": 4, "b": 8},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
    )
