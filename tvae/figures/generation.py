"""Classes of generated samples (Plotly)."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go
from jaxtyping import Float

from tvae.figures.arm_styles import ArmStyle
from tvae.figures.colours import GREY

MOST_CLASSES = 62
"""Classes drawn at most."""


def sampled_classes(
    shares: Mapping[str, Float[np.ndarray, " classes"]],
    real: Float[np.ndarray, " classes"] | None,
    names: Sequence[str],
    styles: Mapping[str, ArmStyle],
) -> go.Figure:
    """Share of each arm's samples that the classifier assigns to each class, one bar an arm.

    Of more than 62 classes, those that are most frequent in any arm.

    Args:
        shares: by arm, of each class, in [0, 1].
        real: the same of the real images, drawn as marks.
    """
    most = np.max(list(shares.values()), axis=0)
    drawn = np.sort(np.argsort(-most, kind="stable")[:MOST_CLASSES])
    class_names = [html.escape(str(names[i])) for i in drawn]
    figure = go.Figure()
    for arm, share in shares.items():
        title = html.escape(styles[arm].name)
        figure.add_bar(
            x=class_names,
            y=100 * share[drawn],
            name=html.escape(styles[arm].short_name),
            marker={"color": styles[arm].colour},
            hovertemplate="%{x}: %{y:.1f} %<extra>" + title + "</extra>",
        )
    if real is not None:
        figure.add_scatter(
            x=class_names,
            y=100 * real[drawn],
            mode="markers",
            name="real images",
            marker={"symbol": "line-ew", "size": 26, "line": {"width": 2, "color": GREY}},
            hovertemplate="%{x}: %{y:.1f} %<extra>real images</extra>",
        )
    figure.update_xaxes(title="class that the classifier predicts", type="category", showgrid=False, fixedrange=True)
    figure.update_yaxes(title="share of samples, %", rangemode="tozero", zeroline=False, fixedrange=True)
    return figure.update_layout(
        height=280,
        bargap=0.25,
        margin={"l": 10, "r": 10, "t": 24, "b": 10},
        legend={"orientation": "h", "yanchor": "bottom", "y": 1.0, "x": 0},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
    )
