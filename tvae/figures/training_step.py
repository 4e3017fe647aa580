"""A triplet's three means and the force of each loss term on them (Plotly)."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import plotly.graph_objects as go

from tvae.figures.colours import TERM_COLOURS
from tvae.figures.layout import figure_of

ROLES = ("anchor", "positive", "negative")
TERM_NAMES = {"reconstruction": "reconstruction", "kl": "KL", "triplet": "triplet"}
LONGEST = 0.45
"""Length of the longest force, as a share of the longest distance in the chart."""
NEAR = 0.45
"""Share of that distance below which anchor and positive have no room for both their names between them."""
SHORTEST = 0.01
"""Share of that distance below which an arrow is not drawn."""


def step_figure(explained: Mapping[str, Any], ink: str) -> go.Figure:
    """One arm's triplet in the plane of its means, with one arrow for each term and mean.

    An arrow is the part of the force that lies in the plane; a dotted line goes on from its tip to the force's whole
    length. The legend says how much of each term's forces lies in the plane, or that they are too weak to be drawn.

    Args:
        explained: an arm of `tvae.training.step_explained.explained_next_step`.
        ink: colour of points and text, as #rrggbb.
    """
    points = {role: np.array(explained["points"][role]) for role in ROLES}
    size = max(float(np.linalg.norm(point)) for point in points.values()) or 1.0
    terms = [term for term in TERM_NAMES if explained["weights"][term]]
    strongest = max((length for term in terms for length in explained["lengths"][term].values()), default=0.0)
    scale = LONGEST * size / strongest if strongest else 0.0
    traces: list[dict[str, Any]] = [
        {
            "x": [0, points[other][0]],
            "y": [0, points[other][1]],
            "mode": "lines",
            "line": {"color": ink, "width": 1, "dash": "dot"},
            "hoverinfo": "skip",
            "showlegend": False,
        }
        for other in ("positive", "negative")
    ]
    arrows = []
    for term in terms:
        tips = {role: points[role] + scale * np.array(explained["pulls"][term][role]) for role in ROLES}
        ends = {role: _whole(points[role], tips[role], scale * explained["lengths"][term][role]) for role in ROLES}
        drawn = [role for role in ROLES if np.linalg.norm(tips[role] - points[role]) > SHORTEST * size]
        arrows += [_arrow(points[role], tips[role], TERM_COLOURS[term]) for role in drawn]
        traces += _term_traces(explained, term, tips, ends, is_drawn=bool(drawn))
    traces.append(
        {
            "x": [points[role][0] for role in ROLES],
            "y": [points[role][1] for role in ROLES],
            "mode": "markers+text",
            "marker": {"size": 10, "color": ink},
            "text": list(ROLES),
            "textposition": [_label_positions(points, size)[role] for role in ROLES],
            "cliponaxis": False,
            "hoverinfo": "skip",
            "showlegend": False,
        }
    )
    return figure_of(
        [{"type": "scatter", **trace} for trace in traces],
        300,
        xaxis={"visible": False},
        yaxis={"visible": False, "scaleanchor": "x"},
        margin={"l": 10, "r": 10, "t": 10, "b": 10},
        legend={"orientation": "h", "y": -0.05, "x": 0},
        annotations=arrows,
    )


def share_in_plane(explained: Mapping[str, Any], term: str) -> float | None:
    """Length of a term's three forces in the plane, as a share of their length in all latents; None where it is 0."""
    drawn = math.hypot(*(math.hypot(*pull) for pull in explained["pulls"][term].values()))
    whole = math.hypot(*explained["lengths"][term].values())
    return drawn / whole if whole else None


def _term_traces(
    explained: Mapping[str, Any],
    term: str,
    tips: Mapping[str, np.ndarray],
    ends: Mapping[str, np.ndarray],
    *,
    is_drawn: bool,
) -> list[dict[str, Any]]:
    """The tips of a term's arrows, with its name, and the dotted lines to the forces' whole length."""
    share, colour = share_in_plane(explained, term), TERM_COLOURS[term]
    about = "no force" if share is None else f"{100 * share:.0f} % in the plane"
    if share is not None and not is_drawn:
        about = "too weak for an arrow"
    lengths, pulls = explained["lengths"][term], explained["pulls"][term]
    return [
        {
            "x": [x for role in ROLES for x in (tips[role][0], ends[role][0], None)],
            "y": [y for role in ROLES for y in (tips[role][1], ends[role][1], None)],
            "mode": "lines",
            "line": {"color": colour, "width": 1.5, "dash": "dot"},
            "hoverinfo": "skip",
            "showlegend": False,
        },
        {
            "x": [tips[role][0] for role in ROLES],
            "y": [tips[role][1] for role in ROLES],
            "mode": "markers",
            "marker": {"size": 5, "color": colour},
            "name": f"{explained['weights'][term]:g} × {TERM_NAMES[term]}, {about}",
            "text": [f"{math.hypot(*pulls[role]):.3g} of {lengths[role]:.3g} on the {role}" for role in ROLES],
            "hovertemplate": f"{TERM_NAMES[term]}: %{{text}}<extra></extra>",
        },
    ]


def _label_positions(points: Mapping[str, np.ndarray], size: float) -> dict[str, str]:
    """Position of each name beside its point: the negative lies above the line from the anchor to the positive."""
    apart = float(np.linalg.norm(points["positive"] - points["anchor"])) >= NEAR * size
    below = ("bottom center", "bottom center") if apart else ("bottom left", "bottom right")
    return {"anchor": below[0], "positive": below[1], "negative": "top center"}


def _whole(start: np.ndarray, tip: np.ndarray, length: float) -> np.ndarray:
    """End of an arrow of the force's full length from `start` towards `tip`; `tip` where the two are the same."""
    drawn = float(np.linalg.norm(tip - start))
    return start + (tip - start) * (length / drawn) if drawn > 1e-9 * length else tip


def _arrow(start: np.ndarray, tip: np.ndarray, colour: str) -> dict[str, Any]:
    return {
        "x": float(tip[0]),
        "y": float(tip[1]),
        "ax": float(start[0]),
        "ay": float(start[1]),
        "axref": "x",
        "ayref": "y",
        "text": "",
        "showarrow": True,
        "arrowhead": 2,
        "arrowwidth": 2,
        "arrowcolor": colour,
    }
