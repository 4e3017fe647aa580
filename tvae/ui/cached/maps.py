"""Layouts and still maps."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import streamlit as st
from jaxtyping import Float32
from PIL import Image

from tvae.figures.still_map import map_ground
from tvae.maps.fidelity import accuracy_on_map
from tvae.maps.layout_files import layout_path, read_layout
from tvae.maps.parameters import METHODS
from tvae.maps.projection import Layout, ProjectionRequest, cache_key, project
from tvae.maps.projector import Projector
from tvae.maps.shown_map import PlacedCodes, ShownMap
from tvae.maps.shown_map import arm_maps as maps_of
from tvae.model.encoding import EncodedArm
from tvae.runs.embeddings.shown import Shown
from tvae.runs.run import Run
from tvae.system.user_folders import default_layouts_folder
from tvae.ui.cached.keys import KEY_OF, Labels
from tvae.ui.cached.runs import encoding


@st.cache_resource(max_entries=1, show_spinner=False, on_release=Projector.close)
def projector() -> Projector:
    """The one projection process of this server."""
    return Projector(default_layouts_folder())


def layout(run: Run, method: str) -> Layout | None:
    """The run's layout under a method's default parameters, None where neither folder nor cache holds it."""
    key = _default_layout_key(run, method)
    return None if key is None else layout_with_key(run, key)


@st.cache_resource(max_entries=64, show_spinner=False, hash_funcs=KEY_OF)
def _default_layout_key(run: Run, method: str) -> str | None:
    encoded = encoding(run.as_trained)  # stored layouts are known by the run's own labels
    if encoded is None:
        return None
    return cache_key(ProjectionRequest(means=encoded.means, parameters=METHODS[method](), labels=encoded.labels))


def layout_with_key(run: Shown, key: str) -> Layout | None:
    """The layout of this cache key, from the run's folder or this user's cache; None where neither holds it."""
    for folder in (run.folder / "layouts", default_layouts_folder()):
        path = layout_path(folder, key)
        if path.is_file() and (stored := _layout_file(path, key)) is not None:
            return stored
    return None


@st.cache_resource(max_entries=32, show_spinner=False, hash_funcs=KEY_OF)
def _layout_file(path: Path, key: str) -> Layout | None:
    return read_layout(path, key)


@st.cache_resource(max_entries=16, show_spinner=False, hash_funcs=KEY_OF)
def layout_at_once(request: ProjectionRequest) -> Layout:
    """The layout that a request describes, computed while the page waits."""
    return project(request)


@st.cache_resource(max_entries=12, show_spinner=False, hash_funcs=KEY_OF)
def arm_maps(arms: dict[str, EncodedArm], layout: Layout | None) -> dict[str, ShownMap]:
    """Each arm's map in the layout, or its PCA where there is none, all aligned to the first."""
    return maps_of({name: arm.means for name, arm in arms.items()}, layout)


@st.cache_resource(max_entries=8, show_spinner=False, hash_funcs=KEY_OF)
def placed_codes(
    fitted: dict[str, EncodedArm], layout: Layout | None, arms: dict[str, EncodedArm]
) -> dict[str, PlacedCodes]:
    """Positions of the arms' means on the maps of the fitted arms."""
    maps = arm_maps(fitted, layout)
    return {name: maps[name].place_of(arm.means) for name, arm in arms.items()}


@st.cache_resource(max_entries=64, show_spinner=False, hash_funcs=KEY_OF)
def map_accuracy(positions: Float32[np.ndarray, "n 2"], labels: Labels, k: int) -> float:
    """Share of rows whose class is that of most of their k nearest on a map, as in `tvae.maps.fidelity`."""
    return accuracy_on_map(positions, labels, k)


@st.cache_resource(max_entries=24, show_spinner=False, hash_funcs=KEY_OF)
def still_map(positions: Float32[np.ndarray, "n 2"], labels: Labels, names: tuple[str, ...], theme: str) -> Image.Image:
    """A map as an image of its points alone."""
    return map_ground(positions, labels, names, theme)
