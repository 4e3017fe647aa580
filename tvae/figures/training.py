"""Loss curves and live accuracy (Plotly)."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from typing import Any

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from tvae.config import LossConfig, reconstruction_name, triplet_name
from tvae.figures.arm_styles import ArmStyle


def loss_curves(
    history: Sequence[Mapping[str, Any]], styles: Mapping[str, ArmStyle], losses: Mapping[str, LossConfig]
) -> go.Figure:
    """Each term of the loss against the epoch, one panel a term, one line an arm; terms without their weights.

    Args:
        history: the rows of history.jsonl.
        losses: the loss of each arm, which says what its reconstruction term measures.
    """
    titles = {
        "reconstruction": reconstruction_name(losses.values()),
        "kl": "KL, nats",
        "triplet": triplet_name(losses.values()),
    }
    figure = make_subplots(rows=1, cols=len(titles), subplot_titles=list(titles.values()), horizontal_spacing=0.06)
    epochs = [row["epoch"] for row in history]
    for column, (term, title) in enumerate(titles.items(), 1):
        for arm in history[-1]["arms"]:
            style = styles[arm]
            name = reconstruction_name([losses[arm]]) if term == "reconstruction" else title
            figure.add_scatter(
                x=epochs,
                y=[row["arms"][arm][term] for row in history],
                mode="lines",
                name=html.escape(style.short_name),
                legendgroup=arm,
                showlegend=False,
                line={"color": style.colour, "width": 2},
                hovertemplate=f"epoch %{{x:.2f}}: {name} %{{y:.3f}}<extra>{html.escape(style.name)}</extra>",
                row=1,
                col=column,
            )
    figure.update_xaxes(title="epoch", zeroline=False)
    figure.update_yaxes(rangemode="tozero", zeroline=False)
    return _laid_out(figure, 260)


def accuracy_while_training(
    live: Sequence[Mapping[str, Any]], styles: Mapping[str, ArmStyle], margin: float
) -> go.Figure:
    """Triplet accuracy on a part of the test split against the epoch, one line an arm.

    `live` has rows with "epoch", "margins" and, by arm, the accuracy at each margin.
    """
    figure = go.Figure()
    for arm in live[-1]["arms"]:
        style = styles[arm]
        figure.add_scatter(
            x=[row["epoch"] for row in live],
            y=[100 * row["arms"][arm][nearest_margin(row["margins"], margin)] for row in live],
            mode="lines+markers",
            name=html.escape(style.short_name),
            line={"color": style.colour, "width": 2.5},
            marker={"size": 5},
            hovertemplate=f"epoch %{{x:.2f}}: %{{y:.2f}} %<extra>{html.escape(style.name)}</extra>",
        )
    figure.update_xaxes(title="epoch", zeroline=False, rangemode="tozero")
    figure.update_yaxes(title="triplet accuracy, %", zeroline=False)
    return _laid_out(figure, 260)


def nearest_margin(margins: Sequence[float], margin: float) -> int:
    """Index of the margin that is nearest to `margin`."""
    return min(range(len(margins)), key=lambda place: abs(margins[place] - margin))


def _laid_out(figure: go.Figure, height: int) -> go.Figure:
    return figure.update_layout(
        height=height,
        margin={"l": 10, "r": 10, "t": 34, "b": 10},
        legend={"orientation": "h", "yanchor": "bottom", "y": 1.08, "x": 0},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
    )
