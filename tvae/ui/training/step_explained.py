"""Explains one training step of slow mode: a triplet and the pull of each loss term."""

from __future__ import annotations

import html
from typing import Any

import numpy as np
import plotly.graph_objects as go
import streamlit as st

from tvae.figures.colours import INK
from tvae.figures.image_grid import GridRow
from tvae.ui.images.image_grid import show_grid
from tvae.ui.session import keys
from tvae.ui.style.theme import theme

ROLES = ("anchor", "positive", "negative")
TERMS = {"reconstruction": "#2a9d8f", "kl": "#8d6cc9", "triplet": "#d9722e"}
WORDS = {"reconstruction": "reconstruction", "kl": "KL", "triplet": "triplet"}
LONGEST = 0.45
"""Length of the longest arrow, as a share of the longest distance in the chart."""


def show_lesson(lesson: dict[str, Any]) -> None:
    """Shows the step that is about to be taken."""
    st.markdown(f"##### Step {lesson['step']:,}: one of its {lesson['triplets']} triplets")
    pictures, *arms = st.columns([2, *([3] * len(lesson["arms"]))], gap="medium")
    ink = INK[theme()]
    with pictures:
        images = np.asarray(lesson["images"], np.uint8)
        rows = [
            GridRow(label=f"{role}: {name}", images=images[i : i + 1], under=[f"row {lesson['rows'][i]:,}"])
            for i, (role, name) in enumerate(zip(ROLES, lesson["classes"], strict=True))
        ]
        show_grid(rows, alt="The anchor, the positive and the negative", key=keys.STEP_IMAGES)
    for place, (arm, arm_lesson) in zip(arms, lesson["arms"].items(), strict=True):
        with place:
            hinge = f"hinge {arm_lesson['hinge']:.3f}" if arm_lesson["hinge"] else "hinge 0: right by the margin"
            st.markdown(
                f"**{arm.upper()}**: D(a, p) = {arm_lesson['to_positive']:.3f}, "
                f"D(a, n) = {arm_lesson['to_negative']:.3f}, m = {arm_lesson['margin']:g}, {hinge}"
            )
            st.plotly_chart(
                lesson_figure(arm_lesson, ink),
                key=keys.step_chart(arm),
                alt=f"The triplet's three means in the {arm.upper()}, with the pull of each term on them",
            )
            st.caption(f"{arm_lesson['wrong']} of the step's {lesson['triplets']} triplets have a hinge above 0.")
    st.caption(
        "The three means μ in the plane that they span, distances true. An arrow is the pull of one term with its "
        "weight on a mean: the way downhill, all arrows of a chart on one scale. Their sum moves the encoder."
    )


def lesson_figure(arm_lesson: dict[str, Any], ink: str) -> go.Figure:
    """One arm's triplet in the plane of its means, with one arrow for each term and mean."""
    points = {role: np.array(arm_lesson["points"][role]) for role in ROLES}
    size = max(float(np.linalg.norm(point)) for point in points.values()) or 1.0
    strongest = max(np.linalg.norm(pull) for of_term in arm_lesson["pulls"].values() for pull in of_term.values())
    scale = LONGEST * size / strongest if strongest else 0.0
    figure = go.Figure()
    for other in ("positive", "negative"):
        figure.add_scatter(
            x=[0, points[other][0]],
            y=[0, points[other][1]],
            mode="lines",
            line={"color": ink, "width": 1, "dash": "dot"},
            hoverinfo="skip",
            showlegend=False,
        )
    for term, colour in TERMS.items():
        weight = arm_lesson["weights"][term]
        if not weight:
            continue
        tips, roles = [], []
        for role in ROLES:
            start, pull = points[role], np.array(arm_lesson["pulls"][term][role]) * scale
            tips.append(start + pull)
            roles.append(role)
            figure.add_annotation(
                x=float(start[0] + pull[0]),
                y=float(start[1] + pull[1]),
                ax=float(start[0]),
                ay=float(start[1]),
                axref="x",
                ayref="y",
                text="",
                showarrow=bool(np.linalg.norm(pull) > 0.01 * size),
                arrowhead=2,
                arrowwidth=2,
                arrowcolor=colour,
            )
        figure.add_scatter(
            x=[tip[0] for tip in tips],
            y=[tip[1] for tip in tips],
            mode="markers",
            marker={"size": 5, "color": colour},
            name=f"{weight:g} × {WORDS[term]}",
            text=[f"{arm_lesson['lengths'][term][role]:.3f} on the {role}" for role in roles],
            hovertemplate=f"{WORDS[term]}: %{{text}}<extra></extra>",
        )
    figure.add_scatter(
        x=[points[role][0] for role in ROLES],
        y=[points[role][1] for role in ROLES],
        mode="markers+text",
        marker={"size": 10, "color": ink},
        text=[html.escape(role) for role in ROLES],
        textposition="top center",
        hoverinfo="skip",
        showlegend=False,
    )
    figure.update_xaxes(visible=False)
    figure.update_yaxes(visible=False, scaleanchor="x")
    return figure.update_layout(
        height=280,
        margin={"l": 10, "r": 10, "t": 10, "b": 10},
        legend={"orientation": "h", "y": -0.05, "x": 0},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
    )
