"""Explains one training step of slow mode: a triplet and the pull of each loss term."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from tvae.config import RunConfig
from tvae.figures.colours import INK
from tvae.figures.image_grid import GridRow
from tvae.figures.training_step import ROLES, TERM_NAMES, step_figure
from tvae.runs.arm_names import arm_name
from tvae.ui.images.image_grid import show_grid
from tvae.ui.session import keys
from tvae.ui.style.arm_text import arm_text
from tvae.ui.style.escaping import as_text
from tvae.ui.style.theme import theme


def show_step(step: dict[str, Any], config: RunConfig) -> None:
    """Shows the step that is about to be taken, as `tvae.training.step_explained` explains it."""
    of_notion = f" by {as_text(step['notion'])}" if step["notion"] else ""
    st.markdown(f"## Step {step['step']:,}: one of the {step['triplets']} triplets{of_notion} drawn for it")
    for arm, explained in show_triplet_and_pulls(step, config):
        with arm:
            st.table(forces_table(explained))
            show_wrong(step, explained)
    st.caption(
        "The three means μ in the plane that they span, distances true. A force is the pull of one term with its "
        "weight on a mean, the way downhill. It points out of that plane too: an arrow is the part in the plane, the "
        "dotted line goes on to the whole length, and the table has both (part of whole). All forces of a chart are "
        f"on one scale. {_of_triplets(step)} Their sum over the terms pulls the means; the loss pulls log σ² as "
        "well, which is not drawn, and both move the encoder."
    )


def show_triplet_and_pulls(step: dict[str, Any], config: RunConfig) -> list[tuple[DeltaGenerator, dict[str, Any]]]:
    """Show the triplet's images, and beside them each arm's distances and the pulls of its terms.

    Returns:
        the column of each arm, and what is explained of it.
    """
    pictures, *columns = st.columns([2, *([3] * len(step["arms"]))], gap="medium")
    with pictures:
        images = np.asarray(step["images"], np.uint8)
        rows = [
            GridRow(label=f"{role}: {name}", images=images[i : i + 1], under=[f"row {step['rows'][i]:,}"])
            for i, (role, name) in enumerate(zip(ROLES, step["classes"], strict=True))
        ]
        show_grid(rows, alt="The anchor, the positive and the negative", key=keys.STEP_IMAGES)
    for place, (arm, explained) in zip(columns, step["arms"].items(), strict=True):
        with place:
            hinge = f"hinge {explained['hinge']:.3f}" if explained["hinge"] else "hinge 0: right by the margin"
            st.markdown(
                f"**{arm_text(config, arm)}**: D(a, p) = {explained['to_positive']:.3f}, "
                f"D(a, n) = {explained['to_negative']:.3f}, m = {explained['margin']:g}, {hinge}"
            )
            st.plotly_chart(
                step_figure(explained, INK[theme()]),
                key=keys.step_chart(arm),
                alt=f"The triplet's three means in {arm_name(config, arm)}, with the pull of each term on them",
            )
    return list(zip(columns, step["arms"].values(), strict=True))


def show_wrong(step: dict[str, Any], explained: dict[str, Any]) -> None:
    """Show how many triplets of the step an arm gets wrong."""
    of_all = "that its batch allows" if step["batch_all"] else "of the step"
    st.caption(f"{explained['wrong']:,} of the {step['in_loss']:,} triplets {of_all} have a hinge above 0.")


def _of_triplets(step: dict[str, Any]) -> str:
    """Sentence on the triplets from which the triplet term's forces come."""
    if step["batch_all"]:
        of_image = "With batch-all triplets the triplet term's force is that of all triplets that the image is in."
    elif step["notion"]:
        of_image = "An image may be in several triplets: the triplet term's force is that of all of them."
    else:
        return "The triplet term depends on these three means alone, so its forces lie wholly in the plane."
    if not step["notion"]:
        return of_image
    return (
        f"{of_image} The arms differ in their notion of similarity, so each forms its own triplets among the same "
        "images; arms of another notion have other ones and are not drawn."
    )


def forces_table(explained: dict[str, Any]) -> pd.DataFrame:
    """Length of each term's force on each mean: in the plane that is drawn, and in all latents."""
    terms = [term for term in TERM_NAMES if explained["weights"][term]]
    cells = {
        role: [
            f"{math.hypot(*explained['pulls'][term][role]):.3g} of {explained['lengths'][term][role]:.3g}"
            for term in terms
        ]
        for role in ROLES
    }
    return pd.DataFrame(cells, index=[TERM_NAMES[term] for term in terms])
