"""Images of a data set, their thumbnails, placement, errors, and settings suggested for them."""

from __future__ import annotations

import numpy as np
import streamlit as st
from jaxtyping import Float64

from tvae.data import Split, dataset_identity, load_split
from tvae.data.own import OwnDataset
from tvae.data.split import SplitName
from tvae.explore.preparation import Placement, measured_placement
from tvae.explore.reconstruction import posterior_noise, sampled_errors
from tvae.linked_map.payload import Blob, sprite_sheet
from tvae.runs.run import Run
from tvae.training.suggested_config import Suggestion, suggested_config
from tvae.ui.cached.keys import KEY_OF
from tvae.ui.cached.runs import network


def split(dataset: str, name: SplitName, validation_share: float = 0.0, notion: str = "") -> Split:
    """A data set's split, downloaded where it is not on this machine.

    Args:
        validation_share: share of each class of the training split that is held out for validation.
        notion: the notion of similarity that its labels are of; empty: the data set's first.

    Raises:
        InputError: there is no such data set, or no longer, or it has no such notion.
        DataUnavailable: it can't be downloaded; the message says what was tried.
    """
    return _split(dataset_identity(dataset), dataset, name, validation_share).by(notion)


@st.cache_resource(max_entries=6, show_spinner="Fetching the images …", hash_funcs=KEY_OF)
def _split(identity: str, dataset: str, name: SplitName, validation_share: float) -> Split:
    return load_split(dataset, name, validation_share=validation_share, download=True)


@st.cache_resource(max_entries=64, show_spinner="Looking at the images …", hash_funcs=KEY_OF)
def suggestion(dataset: OwnDataset) -> Suggestion:
    """Settings to train an own data set with.

    Raises:
        InputError: its images can't be read.
    """
    return suggested_config(dataset.name, split(dataset.name, "train"))


@st.cache_resource(max_entries=4, show_spinner=False, hash_funcs=KEY_OF)
def thumbnails(images: Split) -> Blob:
    """The sprite sheet of a split's images."""
    return sprite_sheet(images.images)


@st.cache_resource(max_entries=8, show_spinner=False, hash_funcs=KEY_OF)
def placement(images: Split) -> Placement:
    """Position and size of the ink of a split's grey images in their frame."""
    return measured_placement(images.images[..., 0])


@st.cache_resource(max_entries=32, show_spinner="Reconstructing every image from a sample …", hash_funcs=KEY_OF)
def sampled_error(run: Run, arm: str, images: Split, seed: int) -> Float64[np.ndarray, " n"]:
    """Each image's squared error from one sample of its posterior in this arm, with this seed's noise."""
    coder = network(run, arm)
    return sampled_errors(coder, images.images, posterior_noise(len(images), coder.latents, seed))
