"""Given triplets of a run: its own copy, the means of their images, and how many each arm has right."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float32, Int8, Int64

from tvae.config import RunConfig
from tvae.data.triplets import (
    HELD_OUT_BY_IMAGE,
    HELD_OUT_BY_TRIPLET,
    TRAINED_ON,
    Consistency,
    GivenTriplets,
    consistency,
)
from tvae.data.triplets.given import LARGEST_FILE
from tvae.errors import InputError
from tvae.metrics.share import Share
from tvae.metrics.triplet_search import TripletDistances, Triplets, triplet_distances
from tvae.runs.run import Run
from tvae.system.array_files import npz_arrays, npz_bytes
from tvae.system.files import read_bounded, write_atomically

TRIPLETS, _ENCODING = "triplets.npy", "encoding-triplets.npz"
PARTS = {
    "trained_on": TRAINED_ON,
    "held_out_by_triplet": HELD_OUT_BY_TRIPLET,
    "held_out_by_image": HELD_OUT_BY_IMAGE,
}
"""Parts of the distinct triplets, as metrics.json names them."""


@dataclass(frozen=True, eq=False)
class EncodedTriplets:
    """Given triplets of a run and the latent means of their images in each arm."""

    triplets: GivenTriplets
    means: Mapping[str, Float32[np.ndarray, "images latent"]]
    """By arm: the means of the images that are in a triplet, by their rows."""

    @cached_property
    def _places(self) -> Int64[np.ndarray, "d 3"]:
        """Place of each image of the distinct triplets among those that are in a triplet."""
        distinct = self.triplets.distinct
        return np.searchsorted(np.unique(distinct), distinct)

    @property
    def parts(self) -> Int8[np.ndarray, " d"]:
        """Part of each distinct triplet, a value of `PARTS`."""
        return self.triplets.parts

    @cached_property
    def consistency(self) -> Consistency:
        """How far the triplets can hold all at once."""
        return consistency(self.triplets.distinct)

    def distances(self, arm: str) -> TripletDistances:
        """Both distances of each distinct triplet in an arm."""
        anchor, positive, negative = self._places.T
        return triplet_distances(self.means[arm], Triplets(anchor=anchor, positive=positive, negative=negative))

    def share(self, arm: str, part: str, margin: float) -> Share | None:
        """The share of the distinct triplets of a part that an arm has right at a margin; None where it has none."""
        inside = self.parts == PARTS[part]
        if not inside.any():
            return None
        return Share(int(self.distances(arm).satisfied(margin)[inside].sum()), int(inside.sum()))


def images_of_triplets(triplets: GivenTriplets) -> Int64[np.ndarray, " images"]:
    """Rows of the training images that are in a triplet, ascending."""
    return np.unique(triplets.rows).astype(np.int64)


def write_triplets(folder: Path, triplets: GivenTriplets) -> None:
    """Write the run's own copy of its given triplets.

    Raises:
        OSError: the folder can't be written.
    """
    write_atomically(folder / TRIPLETS, triplets.content)


def read_triplets_of(folder: Path, config: RunConfig) -> GivenTriplets | None:
    """The given triplets of the run of this config in this folder; None where it has none.

    Raises:
        InputError: the file is missing, or not the one that the config names.
    """
    if not config.data.triplets:
        return None
    path = folder / TRIPLETS
    return GivenTriplets.from_content(read_bounded(path, LARGEST_FILE), config.data.triplets, str(path))


def write_encoded_triplets(folder: Path, means: Mapping[str, Float32[np.ndarray, "images latent"]]) -> None:
    """Write the means of the images of a run's given triplets, so that pages that only read need no torch."""
    write_atomically(folder / _ENCODING, npz_bytes(means))


def read_encoded_triplets(run: Run) -> EncodedTriplets | None:
    """What `write_encoded_triplets` wrote for this run, or None if it has no given triplets or no such file.

    Raises:
        InputError: its triplets are missing or others.
    """
    triplets = read_triplets_of(run.folder, run.config)
    if triplets is None:
        return None
    try:
        arrays = npz_arrays(read_bounded(run.folder / _ENCODING, 2**30))
    except InputError:
        return None
    shape = (len(images_of_triplets(triplets)), run.config.model.latent_dim)
    if any(arm not in arrays or arrays[arm].shape != shape for arm in run.config.arms):
        return None
    return EncodedTriplets(triplets, {arm: arrays[arm].astype(np.float32) for arm in run.config.arms})


def with_given_triplets(metrics: dict[str, Any], encoded: EncodedTriplets, margins: Sequence[float]) -> dict[str, Any]:
    """The metrics of a run (see `evaluation.evaluate`) with those of its given triplets under `given_triplets`.

    Each distinct triplet counts once, however often it was given. The interval is Wilson's at 95 %, as if triplets were
    independent; those that share images are not.
    """
    counts = encoded.consistency
    about = {
        "given": len(encoded.triplets),
        "distinct": len(encoded.triplets.distinct),
        "images": len(images_of_triplets(encoded.triplets)),
        "contradictions": counts.contradictions,
        "cycles": counts.cycles,
        "impossible": counts.impossible,
        **{name: int((encoded.parts == part).sum()) for name, part in PARTS.items()},
    }
    arms = {
        arm: {**of_arm, "given_triplets": _figures(encoded, arm, margins)} for arm, of_arm in metrics["arms"].items()
    }
    return {**metrics, "given_triplets": about, "arms": arms}


def _figures(encoded: EncodedTriplets, arm: str, margins: Sequence[float]) -> dict[str, Any]:
    figures: dict[str, Any] = {}
    for part in PARTS:
        shares = {f"{margin:g}": encoded.share(arm, part, margin) for margin in margins}
        figures[part] = {
            "accuracy": {margin: None if share is None else share.value for margin, share in shares.items()},
            "interval": {margin: None if share is None else list(share.interval) for margin, share in shares.items()},
        }
    return figures
