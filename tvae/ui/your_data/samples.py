"""Shows training images of a kept data set by class, as the models see them."""

from __future__ import annotations

import numpy as np
import streamlit as st

from tvae.data.own import OwnDataset
from tvae.errors import InputError
from tvae.figures.image_grid import GridRow
from tvae.ui import cached
from tvae.ui.images.image_grid import show_grid_within

MOST_CLASSES, MOST_IMAGES = 8, 6
LONGEST_LABEL = 14
"""Characters of a class's name beside its images."""
ROOM = 400
"""Screen pixels of the images with the names of their classes."""


def show_samples(dataset: OwnDataset) -> None:
    """Show the first training images of the largest classes."""
    try:
        train = cached.split(dataset.name, "train")
    except InputError:
        return  # what is beside it says so
    counts = np.bincount(train.labels, minlength=len(train.class_names))
    classes = np.argsort(-counts, kind="stable")[:MOST_CLASSES]
    rows = [
        GridRow(
            label=_shortened(train.class_names[label]),
            images=train.images[np.flatnonzero(train.labels == label)[:MOST_IMAGES]],
        )
        for label in classes
        if counts[label]
    ]
    show_grid_within(rows, "Training images of each class", ROOM)
    left = int((counts > 0).sum()) - len(rows)
    st.caption(f"Training images as the models see them{f', of the {len(rows)} largest classes' if left else ''}.")


def _shortened(name: str) -> str:
    return name if len(name) <= LONGEST_LABEL else f"{name[: LONGEST_LABEL - 1]}…"
