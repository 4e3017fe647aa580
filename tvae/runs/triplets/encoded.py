"""EncodedTriplets: given triplets of a run and the latent means of their images."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from jaxtyping import Float32, Int8, Int64

from tvae.data.triplets import (
    HELD_OUT_BY_IMAGE,
    HELD_OUT_BY_TRIPLET,
    TRAINED_ON,
    Consistency,
    GivenTriplets,
    consistency,
)
from tvae.errors import InputError
from tvae.metrics.triplet_search import TripletDistances, Triplets, triplet_distances
from tvae.metrics.uncertainty.share import Share
from tvae.runs.run import Run
from tvae.runs.triplets.own_copy import read_triplets_of
from tvae.system.array_files import checked_array, npz_arrays, npz_bytes
from tvae.system.files import read_bounded, write_atomically

_ENCODING = "encoding-triplets.npz"
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
    """Means by arm of the images that are in a triplet, by their rows."""

    @cached_property
    def _places(self) -> Int64[np.ndarray, "d 3"]:
        """Place of each image of the distinct triplets among those that are in a triplet."""
        distinct = self.triplets.distinct
        return np.searchsorted(np.unique(distinct), distinct)

    @property
    def parts(self) -> Int8[np.ndarray, " d"]:
        """Part of each distinct triplet, trained on or held out, as a value of `PARTS`."""
        return self.triplets.parts

    @cached_property
    def consistency(self) -> Consistency:
        """Contradictions and cycles among the triplets."""
        return consistency(self.triplets.distinct)

    def distances(self, arm: str) -> TripletDistances:
        """Distances D(a, p) and D(a, n) of each distinct triplet between one arm's means."""
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


def write_encoded_triplets(folder: Path, means: Mapping[str, Float32[np.ndarray, "images latent"]]) -> None:
    """Write the means of the images of a run's given triplets, so that pages that only read need no torch."""
    write_atomically(folder / _ENCODING, npz_bytes(means))


def read_encoded_triplets(run: Run) -> EncodedTriplets | None:
    """Read the triplets that `write_encoded_triplets` wrote for this run; None if it has none or no such file.

    Raises:
        InputError: its triplets are missing or others.
    """
    triplets = read_triplets_of(run.folder, run.config)
    if triplets is None:
        return None
    try:
        arrays = npz_arrays(read_bounded(run.folder / _ENCODING, 2**30))
        shape = (len(images_of_triplets(triplets)), run.config.model.latent_dim)
        means = {arm: checked_array(arrays, arm, "f", shape, _ENCODING) for arm in run.config.arms}
    except InputError:
        return None
    return EncodedTriplets(triplets, {arm: array.astype(np.float32) for arm, array in means.items()})
