"""Accuracy curves, gap histogram, class matrix, trade-off (Plotly)."""

from __future__ import annotations

import html
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
from jaxtyping import Bool, Float

from tvae.figures.colours import FAINT, TVAE_ORANGE, VAE_BLUE
from tvae.metrics.gap_histogram import GapHistogram
from tvae.metrics.triplet_curve import TripletCurve, margin_where

GREY = FAINT["light"]
"""Reads on light and dark."""
MOST_CLASSES = 25
"""More than this and a matrix's cells can't be told apart."""
LONGEST_TICK = 12
"""Characters of a class's name beside an axis."""
_CLICKABLE = {"clickmode": "event+select", "dragmode": False}
_NOT_FADED = {"selected": {"marker": {"opacity": 1}}, "unselected": {"marker": {"opacity": 1}}}


def accuracy_curves(
    curves: Mapping[str, TripletCurve],
    colours: Mapping[str, str],
    margin: float,
    targets: Mapping[str, float],
    *,
    leading: Collection[str],
    dashed: Collection[str] = (),
) -> go.Figure:
    """Triplet accuracy against the margin, an arm a line; the margin and targets as lines, with rings where they meet.

    Leading arms are drawn strong and have the rings and the points at the margin.
    """
    traces: list[dict[str, Any]] = [
        {
            "type": "scatter",
            "x": curve.margins,
            "y": 100 * curve.accuracy,
            "mode": "lines",
            "name": html.escape(arm.upper()),
            "line": {
                "color": colours[arm],
                "width": 2.5 if arm in leading else 1.2,
                "dash": "dot" if arm in dashed else "solid",
            },
            "hovertemplate": "m = %{x:.3f}: %{y:.2f} %<extra>" + html.escape(arm.upper()) + "</extra>",
        }
        for arm, curve in curves.items()
    ]
    met = [
        (colours[arm], where, 100 * share, html.escape(f"{arm.upper()} meets {name} at m = {where:.3f}"))
        for arm in leading
        for name, share in targets.items()
        if (where := margin_where(curves[arm], share)) is not None
    ]
    traces.append(
        {
            "type": "scatter",
            "x": [where for _, where, _, _ in met],
            "y": [share for _, _, share, _ in met],
            "mode": "markers",
            "marker": {
                "color": [colour for colour, *_ in met],
                "size": 9,
                "symbol": "circle-open",
                "line": {"width": 2},
            },
            "hovertext": [told for *_, told in met],
            "hoverinfo": "text",
            "showlegend": False,
        }
    )
    longest = max(float(curve.margins[-1]) for curve in curves.values())
    lines = [_level(100 * share) for share in targets.values()]
    if margin <= longest:
        lines.append(_upright(margin))
        traces.append(
            {
                "type": "scatter",
                "x": [margin] * len(leading),
                "y": [100 * curves[arm].at(margin).accuracy for arm in leading],
                "mode": "markers",
                "marker": {"color": [colours[arm] for arm in leading], "size": 10},
                "hoverinfo": "skip",
                "showlegend": False,
            }
        )
    words = [
        {
            "text": html.escape(name),
            "x": 1,
            "xref": "paper",
            "xanchor": "right",
            "y": 100 * share,
            "yanchor": "bottom",
            "showarrow": False,
            "font": {"size": 11, "color": GREY},
        }
        for name, share in targets.items()
    ]
    return _figure(
        traces,
        340,
        shapes=lines,
        annotations=words,
        xaxis={"title": {"text": "margin m (latent distance)"}, "range": [0, longest], "zeroline": False},
        yaxis={"title": {"text": "triplet accuracy, %"}, "range": [0, 104], "zeroline": False},
    )


def gap_distribution(gaps: Mapping[str, GapHistogram], colours: Mapping[str, str], margin: float) -> go.Figure:
    """Density of D(a, n) - D(a, p) by arm; triplets left of the margin are violated."""
    traces = [
        {
            "type": "scatter",
            "x": found.edges,
            # A density, for arms may have bins of other widths.
            "y": np.append(100 * found.share / np.diff(found.edges), 0.0),
            "mode": "lines",
            "name": html.escape(arm.upper()),
            "line": {"color": colours[arm], "width": 2, "shape": "hv"},
            "fill": "tozeroy",
            "fillcolor": _see_through(colours[arm]),
            "hovertemplate": "gap %{x:.2f}: %{y:.1f} % per unit<extra>" + html.escape(arm.upper()) + "</extra>",
        }
        for arm, found in gaps.items()
    ]
    # A huge margin would squeeze the rest to a line.
    inside = margin <= max(found.edges[-1] for found in gaps.values())
    return _figure(
        traces,
        340,
        shapes=[_upright(margin)] if inside else [],
        xaxis={"title": {"text": "gap D(a,n) − D(a,p) (latent distance)"}, "zeroline": False},
        yaxis={"title": {"text": "triplets per unit of gap, %"}, "rangemode": "tozero", "zeroline": False},
    )


def class_heat(
    shares: Float[np.ndarray, "c c"],
    classes: Sequence[int],
    names: Sequence[str],
    chosen: tuple[int | None, int | None],
    title: str,
    *,
    ink: str,
    low: float | None,
) -> go.Figure:
    """Fractions by the anchor's class (rows) and the negative's (columns), in percent; NaN where there is no triplet.

    Shares of right triplets are coloured from `low` to 1; with None they are differences between two arms, coloured
    around 0. Every cell is a point that carries its (anchor, negative) labels, because a heat map can't be selected.
    """
    percent = 100 * shares
    difference = low is None
    if low is None:
        most = float(np.nanmax(np.abs(percent))) or 1.0
        scale = {"colorscale": [[0, VAE_BLUE], [0.5, "#f4f5f7"], [1, TVAE_ORANGE]], "zmin": -most, "zmax": most}
    else:
        scale = {"colorscale": "Cividis", "zmin": min(100 * low, 99.0), "zmax": 100.0}
    places = list(range(len(classes)))  # not the names: two classes may be called alike
    heat = {
        "type": "heatmap",
        "z": percent,
        "x": places,
        "y": places,
        "xgap": 1,
        "ygap": 1,
        "showscale": False,
        "texttemplate": "%{z:+.0f}" if difference else "%{z:.0f}",  # in an ink that Plotly fits to the cell
        "textfont": {"size": 10} if len(classes) <= 10 else {},  # no size: as large as fits, or left out
        "hoverinfo": "skip",
        **scale,
    }
    cells = [(i, j) for i in places for j in places if np.isfinite(percent[i, j])]
    shown = [html.escape(name) for name in names]
    unit = "points" if difference else "%"
    points = {
        "type": "scatter",
        "x": [j for _, j in cells],
        "y": [i for i, _ in cells],
        "mode": "markers",
        "marker": {"size": 22, "symbol": "square", "color": "rgba(0,0,0,0)"},
        **_NOT_FADED,
        "customdata": [[classes[i], classes[j]] for i, j in cells],
        "hovertext": [f"anchor {shown[i]}, negative {shown[j]}: {percent[i, j]:.2f} {unit}" for i, j in cells],
        "hoverinfo": "text",
        "showlegend": False,
    }
    ticks = [html.escape(name if len(name) <= LONGEST_TICK else name[: LONGEST_TICK - 1] + "…") for name in names]
    axes = {"tickvals": places, "ticktext": ticks, "showgrid": False, "zeroline": False, "fixedrange": True}
    end = len(classes) - 0.5
    frames = [(-0.5, end, place - 0.5, place + 0.5) for place in places if classes[place] == chosen[0]]
    frames += [(place - 0.5, place + 0.5, -0.5, end) for place in places if classes[place] == chosen[1]]
    return _figure(
        [heat, points],
        360,
        margin={"l": 10, "r": 10, "t": 34, "b": 10},
        title={"text": html.escape(title), "x": 0.5, "xanchor": "center", "font": {"size": 14}},
        xaxis={"title": {"text": "negative's class"}, **axes},
        yaxis={"title": {"text": "anchor's class"}, "range": [end, -0.5], **axes},
        shapes=[
            {"type": "rect", "x0": x0, "x1": x1, "y0": y0, "y1": y1, "line": {"color": ink, "width": 2}}
            for x0, x1, y0, y1 in frames
        ],
        **_CLICKABLE,
    )


def trade(
    names: Sequence[str],
    accuracy: Float[np.ndarray, " n"],
    cost: Float[np.ndarray, " n"],
    frontier: Bool[np.ndarray, " n"],
    colours: Mapping[str, str],
    cost_title: str,
    *,
    paper: str | None,
    chosen: Sequence[str],
    ink: str,
) -> go.Figure:
    """Triplet accuracy against a cost, a point an arm that carries its name; the frontier as a line.

    The arm of the paper's setting is a diamond, chosen ones are ringed.
    """
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
    if paper is not None:
        at = names.index(paper)
        traces.append(
            {
                "x": [cost[at]],
                "y": [100 * accuracy[at]],
                "mode": "markers",
                "marker": {"color": colours[paper], "size": 15, "symbol": "diamond"},
                "name": "paper's setting",
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
            "text": [html.escape(name.upper()) for name in names],
            "textposition": label_places(cost, accuracy, names),
            "textfont": {"size": 11},
            "marker": {"color": [colours[name] for name in names], "size": 10},
            "customdata": list(names),
            "hovertemplate": "%{text}: %{y:.2f} % at %{x:.2f}<extra></extra>",
            **_NOT_FADED,
            "cliponaxis": False,
            "showlegend": False,
        }
    )
    return _figure(
        [{"type": "scatter", **trace} for trace in traces],
        380,
        xaxis={"title": {"text": html.escape(cost_title)}, "zeroline": False, "range": _with_room(cost)},
        yaxis={
            "title": {"text": "triplet accuracy, %"},
            "zeroline": False,
            "range": _with_room(100 * accuracy),
        },
        **_CLICKABLE,
    )


def label_places(x: Float[np.ndarray, " n"], y: Float[np.ndarray, " n"], names: Sequence[str]) -> list[str]:
    """Where each point's label stands, so that it covers no point and no other label where that can be had.

    Judged on a plot of the least size that a page gives it; the first of eight places that is free is taken.
    """
    width, height, radius, letter, line = 340.0, 260.0, 6.0, 7.0, 13.0
    across = width * (x - x.min()) / (np.ptp(x) or 1.0)
    up = height * (y - y.min()) / (np.ptp(y) or 1.0)
    taken = [(a - radius, a + radius, b - radius, b + radius) for a, b in zip(across, up, strict=True)]
    shifts = {"left": -1, "center": 0, "right": 1, "bottom": -1, "middle": 0, "top": 1}
    found = []
    for name, a, b in zip(names, across, up, strict=True):
        boxes = {}
        for place in ("top left", "bottom right", "middle right", "middle left", "top center", "bottom center",
                      "top right", "bottom left"):  # fmt: skip
            vertical, sideways = (shifts[word] for word in place.split())
            left = a + sideways * (radius + letter * len(name) / 2) - letter * len(name) / 2
            low = b + vertical * (radius + line / 2) - line / 2
            boxes[place] = (left, left + letter * len(name), low, low + line)
        place = min(boxes, key=lambda place: sum(_overlaps(boxes[place], box) for box in taken))
        taken.append(boxes[place])
        found.append(place)
    return found


def _overlaps(first: tuple[float, ...], second: tuple[float, ...]) -> bool:
    """Whether two boxes (left, right, low, high) have a point in common."""
    return first[0] < second[1] and second[0] < first[1] and first[2] < second[3] and second[2] < first[3]


def _with_room(values: Float[np.ndarray, " n"]) -> list[float]:
    """A range with room around the values for labels."""
    room = 0.12 * float(np.ptp(values)) or 1.0
    return [float(values.min()) - room, float(values.max()) + room]


def _level(y: float) -> dict[str, Any]:
    """A dotted line from side to side."""
    line = {"color": GREY, "width": 1, "dash": "dot"}
    return {"type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": y, "y1": y, "line": line}


def _upright(x: float) -> dict[str, Any]:
    """A line from bottom to top."""
    line = {"color": GREY, "width": 1.5}
    return {"type": "line", "yref": "paper", "y0": 0, "y1": 1, "x0": x, "x1": x, "line": line}


def _figure(traces: list[dict[str, Any]], height: int, **layout: Any) -> go.Figure:
    """Made at one go: a figure that is added to piece by piece takes five times as long, and a slider waits for it."""
    usual = {
        "height": height,
        "margin": {"l": 10, "r": 10, "t": 24, "b": 10},
        "legend": {"orientation": "h", "yanchor": "bottom", "y": 1.0, "x": 0},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
    }
    return go.Figure(data=traces, layout=usual | layout)


def _see_through(colour: str) -> str:
    red, green, blue = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
    return f"rgba({red},{green},{blue},0.18)"
