"""Arrays in, Plotly figures out; no Streamlit. Texts are other people's and are escaped."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go
from jaxtyping import Bool, Float
from plotly.subplots import make_subplots

from tvae.triplet_accuracy import ClassMatrix
from tvae.triplet_curve import GapHistogram, TripletCurve
from tvae.ui.colours import FAINT, TVAE_ORANGE, VAE_BLUE

GREY = FAINT["light"]
"""Reads on light and dark."""
MOST_CLASSES = 25
"""More than this and a matrix's cells can't be told apart."""


def accuracy_curves(
    curves: Mapping[str, TripletCurve],
    colours: Mapping[str, str],
    margin: float,
    targets: Mapping[str, float],
    crossings: Sequence[tuple[str, str, float]] = (),
) -> go.Figure:
    """Triplet accuracy against the margin, an arm a line; the margin, and targets as lines, crossings as rings.

    `crossings` are (arm, target, margin).
    """
    figure = go.Figure()
    for arm, curve in curves.items():
        figure.add_scatter(
            x=curve.margins,
            y=100 * curve.accuracy,
            mode="lines",
            name=html.escape(arm),
            line={"color": colours[arm], "width": 2.5},
            hovertemplate="m = %{x:.3f}: %{y:.2f} %<extra>" + html.escape(arm) + "</extra>",
        )
    for name, share in targets.items():
        figure.add_hline(
            y=100 * share,
            line={"color": GREY, "width": 1, "dash": "dot"},
            annotation={"text": html.escape(name), "font": {"size": 11, "color": GREY}},
            annotation_position="top right",
        )
    for arm, target, place in crossings:
        figure.add_scatter(
            x=[place],
            y=[100 * targets[target]],
            mode="markers",
            marker={"color": colours[arm], "size": 9, "symbol": "circle-open", "line": {"width": 2}},
            hovertemplate=f"{html.escape(arm)} crosses {html.escape(target)} at m = {place:.3f}<extra></extra>",
            showlegend=False,
        )
    longest = max(curve.margins[-1] for curve in curves.values())
    if margin <= longest:
        figure.add_vline(x=margin, line={"color": GREY, "width": 1.5})
        for arm, curve in curves.items():
            figure.add_scatter(
                x=[margin],
                y=[100 * curve.at(margin).accuracy],
                mode="markers",
                marker={"color": colours[arm], "size": 10},
                hoverinfo="skip",
                showlegend=False,
            )
    figure.update_xaxes(title="margin m (latent distance)", range=[0, longest], zeroline=False)
    figure.update_yaxes(title="triplet accuracy, %", range=[0, 102], zeroline=False)
    return _laid_out(figure, 340)


def gap_distribution(gaps: Mapping[str, GapHistogram], colours: Mapping[str, str], margin: float) -> go.Figure:
    """Density of D(a, n) - D(a, p) by arm; triplets left of the margin are violated."""
    figure = go.Figure()
    for arm, found in gaps.items():
        width = np.diff(found.edges)
        figure.add_scatter(
            x=found.edges,
            y=np.append(found.share / width, 0.0),  # a density: arms may have bins of other widths
            mode="lines",
            name=html.escape(arm),
            line={"color": colours[arm], "width": 2, "shape": "hv"},
            fill="tozeroy",
            fillcolor=_see_through(colours[arm]),
            hovertemplate="gap %{x:.2f}: density %{y:.3f}<extra>" + html.escape(arm) + "</extra>",
        )
    # No figure stretches to a huge margin: the line then lies outside.
    if margin <= max(found.edges[-1] for found in gaps.values()):
        figure.add_vline(
            x=margin,
            line={"color": GREY, "width": 1.5},
            annotation={"text": "m", "font": {"size": 12, "color": GREY}},
            annotation_position="top right",
        )
    figure.update_xaxes(title="gap D(a,n) − D(a,p) (latent distance)", zeroline=False)
    figure.update_yaxes(title="share of triplets per unit", rangemode="tozero", zeroline=False)
    return _laid_out(figure, 340)


def class_matrices(
    matrices: Mapping[str, ClassMatrix],
    names: Sequence[str],
    chosen: tuple[int | None, int | None],
    ink: str,
) -> go.Figure:
    """A heat map an arm, and with two arms their difference; every cell is a point with (anchor, negative) labels.

    `names` name the matrices' classes in order. Points lie on the cells because heat maps can't be selected.
    """
    arms = list(matrices)
    titles = [html.escape(arm) for arm in arms]
    pictures = [100 * matrix.accuracy for matrix in matrices.values()]
    if len(arms) == 2:
        titles.append(f"{titles[1]} − {titles[0]}, points")
        pictures.append(pictures[1] - pictures[0])
    figure = make_subplots(rows=1, cols=len(pictures), subplot_titles=titles, horizontal_spacing=0.09)
    classes = matrices[arms[0]].classes.tolist()
    shown = [html.escape(name) for name in names]
    low = min(float(np.nanmin(picture)) for picture in pictures[: len(arms)])
    for column, picture in enumerate(pictures, 1):
        difference = column > len(arms)
        most = float(np.nanmax(np.abs(picture))) or 1.0
        scale = (
            {"colorscale": [[0, VAE_BLUE], [0.5, "#f4f5f7"], [1, TVAE_ORANGE]], "zmin": -most, "zmax": most}
            if difference
            else {"colorscale": "Cividis", "zmin": min(low, 99.0), "zmax": 100.0}
        )
        figure.add_heatmap(z=picture, x=shown, y=shown, xgap=1, ygap=1, showscale=False, row=1, col=column, **scale)
        figure.data[-1].hoverinfo = "skip"
        cells = [(i, j) for i in range(len(classes)) for j in range(len(classes)) if np.isfinite(picture[i, j])]
        dark = [_is_dark(picture[i, j], difference, most, min(low, 99.0)) for i, j in cells]
        figure.add_scatter(
            x=[shown[j] for _, j in cells],
            y=[shown[i] for i, _ in cells],
            mode="markers+text" if len(classes) <= 10 else "markers",
            text=[f"{picture[i, j]:+.0f}" if difference else f"{picture[i, j]:.0f}" for i, j in cells],
            textfont={"size": 10, "color": ["#f2f2f2" if is_dark else "#1d2430" for is_dark in dark]},
            marker={"size": 22, "symbol": "square", "color": "rgba(0,0,0,0)"},
            selected={"marker": {"opacity": 1}},
            unselected={"marker": {"opacity": 1}},
            customdata=[[classes[i], classes[j]] for i, j in cells],
            hovertext=[
                f"anchor {shown[i]}, negative {shown[j]}: {picture[i, j]:.2f} {'points' if difference else '%'}"
                for i, j in cells
            ],
            hoverinfo="text",
            showlegend=False,
            row=1,
            col=column,
        )
        for place, label in enumerate(classes):
            line = {"color": ink, "width": 2}
            if label == chosen[0]:
                figure.add_shape(
                    type="rect", x0=-0.5, x1=len(classes) - 0.5, y0=place - 0.5, y1=place + 0.5, line=line,
                    row=1, col=column,
                )  # fmt: skip
            if label == chosen[1]:
                figure.add_shape(
                    type="rect", y0=-0.5, y1=len(classes) - 0.5, x0=place - 0.5, x1=place + 0.5, line=line,
                    row=1, col=column,
                )  # fmt: skip
    figure.update_xaxes(title="negative's class", type="category", showgrid=False, fixedrange=True)
    figure.update_yaxes(type="category", autorange="reversed", showgrid=False, fixedrange=True)
    figure.update_yaxes(title="anchor's class", col=1)
    figure = _laid_out(figure, 400)
    return figure.update_layout(margin={"t": 34}, clickmode="event+select", dragmode=False)


def trade(
    names: Sequence[str],
    accuracy: Float[np.ndarray, " n"],
    cost: Float[np.ndarray, " n"],
    frontier: Bool[np.ndarray, " n"],
    colours: Mapping[str, str],
    cost_title: str,
    marked: str | None = None,
) -> go.Figure:
    """Triplet accuracy against a cost, a point an arm; the frontier as a line, one arm ringed."""
    figure = go.Figure()
    along = np.flatnonzero(frontier)[np.argsort(cost[frontier], kind="stable")]
    figure.add_scatter(
        x=cost[along],
        y=100 * accuracy[along],
        mode="lines",
        line={"color": GREY, "width": 1.5, "shape": "hv"},
        name="frontier",
        hoverinfo="skip",
    )
    figure.add_scatter(
        x=cost,
        y=100 * accuracy,
        mode="markers+text",
        text=[html.escape(name) for name in names],
        textposition="bottom right",
        marker={
            "color": [colours[name] for name in names],
            "size": [15 if name == marked else 10 for name in names],
            "symbol": ["diamond" if name == marked else "circle" for name in names],
        },
        customdata=list(names),
        hovertemplate="%{text}: %{y:.2f} % at %{x:.2f}<extra></extra>",
        showlegend=False,
    )
    figure.update_xaxes(title=html.escape(cost_title), zeroline=False)
    figure.update_yaxes(title="triplet accuracy, %", zeroline=False)
    return _laid_out(figure, 380)


def _laid_out(figure: go.Figure, height: int) -> go.Figure:
    return figure.update_layout(
        height=height,
        margin={"l": 10, "r": 10, "t": 24, "b": 10},
        legend={"orientation": "h", "yanchor": "bottom", "y": 1.0, "x": 0},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
    )


def _see_through(colour: str) -> str:
    red, green, blue = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
    return f"rgba({red},{green},{blue},0.18)"


def _is_dark(value: float, difference: bool, most: float, low: float) -> bool:
    """Whether a cell's ground is dark, so that its number is written light."""
    return abs(value) > 0.7 * most if difference else value < low + 0.5 * (100.0 - low)
