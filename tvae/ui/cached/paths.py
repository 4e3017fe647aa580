"""Paths through a latent space, decoded."""

from __future__ import annotations

import streamlit as st

from tvae.errors import InputError
from tvae.explore.interpolation import Interpolation, interpolation
from tvae.explore.latent_paths import PathKind
from tvae.runs.run import Run
from tvae.ui.cached.keys import KEY_OF
from tvae.ui.cached.runs import encoding, network


@st.cache_resource(max_entries=48, show_spinner=False, hash_funcs=KEY_OF)
def path(run: Run, arm: str, ends: tuple[int, int], steps: int, kind: PathKind, voters: int) -> Interpolation:
    """The path between the means of two rows in an arm; arguments as of `interpolation`.

    Raises:
        InputError: as `interpolation`, and where the run's folder holds no readable encoding.
    """
    encoded = encoding(run)
    if encoded is None:
        raise InputError(f"run {run.name}: holds no readable encoding of its test split; evaluate it again")
    classes = len(run.class_names)
    return interpolation(network(run, arm), encoded.arms[arm], encoded.labels, classes, ends, steps, kind, voters)
