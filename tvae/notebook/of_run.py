"""Two arms of a run with their layouts and images."""

from __future__ import annotations

import warnings

import numpy as np
from jaxtyping import UInt8

from tvae.data import DataUnavailable, load_split
from tvae.errors import InputError, require_choice
from tvae.figures.arm_styles import arm_styles
from tvae.linked_map.contents import MapSide
from tvae.maps.layout_files import stored_layout
from tvae.maps.parameters import METHODS, parameters_told
from tvae.maps.projection import Layout, ProjectionRequest, cache_key
from tvae.model.encoding import Encoding
from tvae.notebook.pair import Pair, positions_beside, trustworthiness_told
from tvae.notebook.progress import project_with_progress
from tvae.runs.encodings import read_encoding
from tvae.runs.run import Run, check_split
from tvae.system.user_folders import default_layouts_folder


def pair_of_run(run: Run, arms: tuple[str, str] | None, method: str) -> Pair:
    """Two arms of a run on its test split: the first and the last, or these.

    Raises:
        InputError: the run has no such arm, or its folder holds no readable encoding of its test split.
    """
    run = run.as_trained
    names = list(run.config.arms)
    left, right = arms or (names[0], names[-1])
    for arm in (left, right):
        require_choice("arms", arm, names)
    encoding = read_encoding(run, "test")
    if encoding is None:
        raise InputError(f"run {run.name}: holds no readable encoding of its test split; train or evaluate it again")
    layout = _layout(run, encoding, method)
    styles = arm_styles(run.config)
    positions = layout.positions[left], positions_beside(layout.positions[left], layout.positions[right])
    sides = [
        MapSide(
            title=styles[arm].name,
            short_title=styles[arm].short_name,
            colour=styles[arm].colour,
            positions=place,
            caption=parameters_told(layout.parameters),
        )
        for arm, place in zip((left, right), positions, strict=True)
    ]
    n = len(encoding.labels)
    fidelity = {styles[arm].name: layout.fidelity[arm] for arm in (left, right)}
    return Pair(
        sides=(sides[0], sides[1]),
        means=(encoding.arms[left].means, encoding.arms[right].means),
        labels=encoding.labels,
        class_names=run.class_names,
        images=_images(run),
        aligned=True,
        told=f"Run {run.name}, test split of {run.config.data.name}, n = {n:,}, training seed {run.config.train.seed}. "
        f"{trustworthiness_told(fidelity)}The right map is turned and scaled to lie like the left. "
        "Lines lead to true neighbours.",
    )


def _layout(run: Run, encoding: Encoding, method: str) -> Layout:
    """The layout of all arms that the run or this user keeps, or a new one."""
    request = ProjectionRequest(means=encoding.means, parameters=METHODS[method](), labels=encoding.labels)
    folders = (run.folder / "layouts", default_layouts_folder())
    return stored_layout(cache_key(request), folders) or project_with_progress(request)


def _images(run: Run) -> UInt8[np.ndarray, "n height width channels"] | None:
    """The test images; None, with a warning that says why, where they can't be had."""
    try:
        split = load_split(run.config.data.name, "test", notion=run.config.data.notion, download=True)
        check_split(run, split)
    except (DataUnavailable, InputError) as error:
        warnings.warn(f"the maps have no thumbnails: {error}", stacklevel=4)
        return None
    return split.images
