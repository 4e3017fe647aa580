"""Triplet accuracy against the margin, and the distribution of gaps (Plotly)."""

from __future__ import annotations

import html
from collections.abc import Collection, Mapping
from typing import Any

import numpy as np
import plotly.graph_objects as go

from tvae.figures.arm_styles import ArmStyle
from tvae.figures.colours import GREY
from tvae.figures.layout import figure_of, vertical_line
from tvae.metrics.gap_histogram import GapHistogram
from tvae.metrics.triplet_curve import TripletCurve, margin_where


def accuracy_curves(
    curves: Mapping[str, TripletCurve],
    styles: Mapping[str, ArmStyle],
    margin: float,
    targets: Mapping[str, float],
    *,
    leading: Collection[str],
    dashed: Collection[str] = (),
    rings: bool = True,
) -> go.Figure:
    """Triplet accuracy against the margin, one line an arm; the margin and the targets as straight lines.

    Args:
        margin: marked by a vertical line, and by a point on each leading arm.
        targets: accuracies by name, each a horizontal line.
        leading: arms with thick lines, points and rings.
        dashed: arms with dotted lines.
        rings: mark where a leading arm's curve meets a target, which between two margins of the grid is about where
            the arm does (`margin_where`).
    """
    traces: list[dict[str, Any]] = [
        {
            "type": "scatter",
            "x": curve.margins,
            "y": 100 * curve.accuracy,
            "mode": "lines",
            "name": html.escape(styles[arm].label),
            "line": {
                "color": styles[arm].colour,
                "width": 2.5 if arm in leading else 1.2,
                "dash": "dot" if arm in dashed else "solid",
            },
            "hovertemplate": "m = %{x:.3f}: %{y:.2f} %<extra>" + html.escape(styles[arm].name) + "</extra>",
        }
        for arm, curve in curves.items()
    ]
    crossings = [
        (
            styles[arm].colour,
            where,
            100 * share,
            html.escape(f"{styles[arm].name} meets {name} at about m = {where:.3f}"),
        )
        for arm in leading
        for name, share in (targets if rings else {}).items()
        if (where := margin_where(curves[arm], share)) is not None
    ]
    traces.append(
        {
            "type": "scatter",
            "x": [where for _, where, _, _ in crossings],
            "y": [share for _, _, share, _ in crossings],
            "mode": "markers",
            "marker": {
                "color": [colour for colour, *_ in crossings],
                "size": 9,
                "symbol": "circle-open",
                "line": {"width": 2},
            },
            "hovertext": [text for *_, text in crossings],
            "hoverinfo": "text",
            "showlegend": False,
        }
    )
    longest = max(float(curve.margins[-1]) for curve in curves.values())
    lines = [_horizontal_line(100 * share) for share in targets.values()]
    if margin <= longest:
        lines.append(vertical_line(margin))
        traces.append(
            {
                "type": "scatter",
                "x": [margin] * len(leading),
                "y": [100 * curves[arm].at(margin).accuracy for arm in leading],
                "mode": "markers",
                "marker": {"color": [styles[arm].colour for arm in leading], "size": 10},
                "hoverinfo": "skip",
                "showlegend": False,
            }
        )
    target_names = [
        {
            "text": html.escape(name),
            "x": 1,
            "xref": "paper",
            "xanchor": "right",
            "y": 100 * share,
            "yanchor": "bottom",
            "showarrow": False,
            "font": {"size": 11},
        }
        for name, share in targets.items()
    ]
    return figure_of(
        traces,
        340,
        shapes=lines,
        annotations=target_names,
        xaxis={"title": {"text": "margin m (latent distance)"}, "range": [0, longest], "zeroline": False},
        yaxis={"title": {"text": "triplet accuracy, %"}, "range": [0, 104], "zeroline": False},
    )


def gap_distribution(gaps: Mapping[str, GapHistogram], styles: Mapping[str, ArmStyle], margin: float) -> go.Figure:
    """Density of D(a, n) - D(a, p) by arm, and a line at the margin; triplets left of it are violated."""
    traces = [
        {
            "type": "scatter",
            "x": histogram.edges,
            # A density, as arms may have bins of different widths.
            "y": np.append(100 * histogram.share / np.diff(histogram.edges), 0.0),
            "mode": "lines",
            "name": html.escape(styles[arm].short_name),
            "line": {"color": styles[arm].colour, "width": 2, "shape": "hv"},
            "fill": "tozeroy",
            "fillcolor": _see_through(styles[arm].colour),
            "hovertemplate": "gap %{x:.2f}: %{y:.1f} % per unit<extra>" + html.escape(styles[arm].name) + "</extra>",
        }
        for arm, histogram in gaps.items()
    ]
    # A margin far beyond the gaps would squeeze the curves into a narrow strip.
    inside = margin <= max(histogram.edges[-1] for histogram in gaps.values())
    return figure_of(
        traces,
        340,
        shapes=[vertical_line(margin)] if inside else [],
        xaxis={"title": {"text": "gap D(a,n) − D(a,p) (latent distance)"}, "zeroline": False},
        yaxis={"title": {"text": "triplets per unit of gap, %"}, "rangemode": "tozero", "zeroline": False},
    )


def _horizontal_line(y: float) -> dict[str, Any]:
    """A dotted horizontal line across the whole figure, as a shape of its layout."""
    line = {"color": GREY, "width": 1, "dash": "dot"}
    return {"type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": y, "y1": y, "line": line}


def _see_through(colour: str) -> str:
    """The colour (#rrggbb) as CSS with little opacity, to fill under a line."""
    red, green, blue = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
    return f"rgba({red},{green},{blue},0.18)"
