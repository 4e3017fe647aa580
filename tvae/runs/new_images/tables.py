"""New images in all arms of a run: codes, class votes, nearest test images, places on a map."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Bool, Float64, UInt8

from tvae.errors import InputError
from tvae.explore.new_image import UNLIKE, NewImages, encode_new_images, joined_images
from tvae.maps.layout_files import stored_layout
from tvae.maps.parameters import METHODS
from tvae.maps.projection import Layout, ProjectionRequest, cache_key
from tvae.maps.shown_map import ShownMap, arm_maps
from tvae.model.encoding import Encoding
from tvae.model.network import Network
from tvae.runs.encodings import read_encoding
from tvae.runs.run import Run
from tvae.runs.weights import network
from tvae.system.user_folders import default_layouts_folder

VOTERS = 15
"""Test images that vote on the class of a new one."""
METHOD_ORDER = ("tsne", "umap", "pca")
"""Maps by preference: the first that is kept is the one that new images get places on."""


@dataclass(frozen=True, eq=False)
class PlacedImages:
    """New images in one arm."""

    images: NewImages
    positions: Float64[np.ndarray, "m 2"]
    """Positions on the arm's map."""


@dataclass(frozen=True, eq=False)
class NewImageTable:
    """New images in all arms of a run."""

    names: Sequence[str]
    images: UInt8[np.ndarray, "m height width channels"]
    """The images as they enter the arms."""
    arms: Mapping[str, PlacedImages]

    @property
    def unlike(self) -> Bool[np.ndarray, " m"]:
        """Whether every arm reconstructs an image worse than nearly all test images, so that it is unlike them."""
        return np.all([placed.images.shares_below > UNLIKE for placed in self.arms.values()], axis=0)


def joined(tables: Sequence[NewImageTable]) -> NewImageTable:
    """Tables of the same arms, one below the other; one at least."""
    arms = {
        arm: PlacedImages(
            joined_images([table.arms[arm].images for table in tables]),
            np.concatenate([table.arms[arm].positions for table in tables]),
        )
        for arm in tables[0].arms
    }
    names = [name for table in tables for name in table.names]
    return NewImageTable(names, np.concatenate([table.images for table in tables]), arms)


@dataclass(frozen=True, kw_only=True, eq=False)
class Surroundings:
    """The arms, test images and maps of a run, with which new images are compared."""

    class_names: tuple[str, ...]
    encoding: Encoding
    """Means and classes of the test images."""
    networks: Mapping[str, Network]
    """Networks of the arms."""
    maps: Mapping[str, ShownMap]
    method: str
    """Method of the maps: tsne, umap or pca."""
    voters: int
    """Test images that vote on a class: at most as many as there are."""

    def table(self, names: Sequence[str], images: UInt8[np.ndarray, "m height width channels"]) -> NewImageTable:
        """Table of these images in every arm.

        Raises:
            InputError: images of another size than the run's, or weights that give no finite codes.
        """
        arms = {}
        for arm, network_of_arm in self.networks.items():
            known = self.encoding.arms[arm]
            labels, class_count = self.encoding.labels, len(self.class_names)
            new = encode_new_images(network_of_arm, known, labels, class_count, images, self.voters)
            arms[arm] = PlacedImages(new, self.maps[arm].place_of(new.means).positions)
        return NewImageTable(names, images, arms)


def surroundings(run: Run, voters: int = VOTERS) -> Surroundings:
    """Arms, test images and maps of a run's folder; the maps are by the first method that has a kept layout.

    Raises:
        InputError: no encoding of the test split is kept, or weights that don't fit.
    """
    encoding = read_encoding(run, "test")
    if encoding is None:
        raise InputError(f"{run.folder}: has no encoding of the test split; a run writes it when it ends")
    layout = _kept_layout(run, encoding)
    return Surroundings(
        class_names=run.class_names,
        encoding=encoding,
        networks={arm: network(run, arm) for arm in encoding.arms},
        maps=arm_maps(encoding.means, layout),
        method="pca" if layout is None else layout.method,
        voters=min(voters, len(encoding.labels)),
    )


def _kept_layout(run: Run, encoding: Encoding) -> Layout | None:
    """The first layout of `METHOD_ORDER` that the run's folder or this user's cache holds; None where none is."""
    folders: tuple[Path, ...] = (run.folder / "layouts", default_layouts_folder())
    for method in METHOD_ORDER:
        request = ProjectionRequest(means=encoding.means, parameters=METHODS[method](), labels=encoding.labels)
        layout = stored_layout(cache_key(request), folders)
        if layout is not None:
            return layout
    return None
