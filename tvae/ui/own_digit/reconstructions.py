"""The own image as the models see it, and its reconstructions."""

from __future__ import annotations

import numpy as np
import streamlit as st

from tvae.data.public_datasets import Noun
from tvae.explore.new_image import UNLIKE, NewImage
from tvae.explore.preparation import Placement, measured_placement
from tvae.figures.image_grid import wrapped_rows
from tvae.model.encoding import Encoding
from tvae.runs.arm_names import arm_name, short_arm_name
from tvae.runs.run import Run
from tvae.ui import cached
from tvae.ui.images.image_grid import show_grid_within
from tvae.ui.style.arm_columns import across
from tvae.ui.style.arm_text import arm_text

MOST_IMAGES = 7
"""Images in a row of the reconstructions at most."""


def placement_of(run: Run, encoding: Encoding, images: np.ndarray | None) -> Placement:
    """Position and size of the ink of the run's images in their frame; by those in the run folder if need be."""
    if images is None:
        return measured_placement(encoding.sample_images[..., 0])
    return cached.placement(cached.split(run.config.data.name, "test"))


def show_doubts(run: Run, new_images: dict[str, NewImage], noun: Noun) -> None:
    """A warning where an arm reconstructs the image worse than nearly all test images: it is unlike them."""
    unlike = [
        f"{arm_text(run.config, arm)} reconstructs it worse than {_share(new_image.share_below)} test images"
        for arm, new_image in new_images.items()
        if new_image.share_below > UNLIKE
    ]
    if unlike:
        st.warning(
            f"**Unlike the {noun.many} of this data set**, so the votes below may mean nothing: {'; '.join(unlike)}.",
            icon=":material/warning:",
        )
    else:
        st.empty()  # at once in the place of an earlier one


def _share(below: float) -> str:
    return "all" if below == 1 else f"{100 * below:.1f} % of the"


def show_reconstructions(
    run: Run, image: np.ndarray, new_images: dict[str, NewImage], placement_text: str, room: int
) -> None:
    """The image as it enters the models, and each model's reconstruction, in so many screen pixels."""
    st.markdown("## As the models see it")
    images = np.stack([image, *(new_image.reconstruction for new_image in new_images.values())])
    under = [
        "input",
        *(f"{short_arm_name(run.config, arm)}: {new_image.error:.2f}" for arm, new_image in new_images.items()),
    ]
    show_grid_within(
        wrapped_rows(images, under, across(len(images), MOST_IMAGES)),
        f"Your image and what {' and '.join(arm_name(run.config, arm) for arm in new_images)} draw from it",
        room,
    )
    worse = "; ".join(
        f"{arm_text(run.config, arm)}: {100 * new_image.share_below:.0f} %" for arm, new_image in new_images.items()
    )
    st.caption(
        f"Your image, {placement_text}; beside it what each model draws from its μ, "
        "with the squared error over all pixels. "
        f"Share of test images with a smaller error: {worse}."
    )
