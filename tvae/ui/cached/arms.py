"""Frames of a run's arms for the arm player: positions on their maps, reconstructions, samples."""

from __future__ import annotations

import numpy as np
import streamlit as st

from tvae.errors import InputError
from tvae.explore.example_images import first_of_each_class
from tvae.explore.generation import generated_images, samples_of_classes
from tvae.maps.projection import Layout
from tvae.runs.run import Run
from tvae.ui.cached.keys import KEY_OF
from tvae.ui.cached.maps import arm_maps
from tvae.ui.cached.runs import encoding, network
from tvae.ui.components.arm_player import ArmFrames

SAMPLE_SEED = 0


@st.cache_resource(max_entries=4, show_spinner="Drawing every arm …", hash_funcs=KEY_OF)
def arm_frames(run: Run, layout: Layout | None, most_points: int, most_images: int) -> ArmFrames:
    """The frames of all arms of a run, of up to so many points and images.

    Raises:
        InputError: its folder holds no readable encoding or weights.
    """
    encoded = encoding(run)
    if encoded is None:
        raise InputError(f"run {run.name}: holds no readable encoding of its test split; evaluate it again")
    rows = np.unique(np.linspace(0, len(encoded.labels) - 1, most_points).astype(np.int64))
    maps = arm_maps(encoded.arms, layout)
    classes = encoded.labels[encoded.sample_rows]
    kept = first_of_each_class(classes, most_images)
    shown_classes = np.unique(encoded.labels)[: len(kept)]
    of_classes, of_prior = [], []
    for arm, codes in encoded.arms.items():
        decoder = network(run, arm)
        of_classes.append(samples_of_classes(decoder, codes.means, encoded.labels, shown_classes, seed=SAMPLE_SEED))
        of_prior.append(generated_images(decoder, None, count=len(kept), temperature=1.0, seed=SAMPLE_SEED))
    return ArmFrames(
        positions=np.stack([maps[arm].positions[rows] for arm in encoded.arms]),
        labels=encoded.labels[rows],
        inputs=encoded.sample_images[kept],
        rows={
            "their reconstructions": np.stack([encoded.sample_reconstructions[arm][kept] for arm in encoded.arms]),
            "samples, one of each class": _filled(np.stack(of_classes), len(kept)),
            "new images": np.stack(of_prior),
        },
    )


def _filled(images: np.ndarray, count: int) -> np.ndarray:
    """The images of each arm, the last ones again where there are fewer than `count`."""
    return images[:, np.arange(count) % images.shape[1]]
