"""Axis from one group of images to another, and the share of pairs that it orders rightly."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Float64, Int, Int64

from tvae.errors import InputError

SMALLEST_LENGTH = 1e-6
"""Distance between the two means, as a share of the spread of all images, below which they are the same."""
SEED = 0
"""Seed of the split of each group into halves."""


@dataclass(frozen=True, eq=False)
class MeanAxis:
    """All images laid along the axis from one group's mean to another's in one latent space."""

    places: Float64[np.ndarray, " n"]
    """Coordinate of each image: 0 at the first group's mean, 1 at the second's."""
    first: Int64[np.ndarray, " a"]
    second: Int64[np.ndarray, " b"]
    """Rows of the groups, sorted, without the images that are in both."""
    in_both: int
    """Number of images that are in both groups and so in neither."""
    share: float | None
    """Share of pairs in the right order that were held out: each group is cut in two, and the images of one half are
    measured on the axis of the other. None where a group has a single image."""
    held_out_pairs: int
    """Number of those pairs."""
    share_on_own_axis: float
    """The same share of all pairs on the axis that they make themselves: it flatters."""

    @property
    def pairs(self) -> int:
        """Number of pairs of an image of the first group and one of the second."""
        return len(self.first) * len(self.second)


def mean_axis(means: Float[np.ndarray, "n d"], first: Int[np.ndarray, " a"], second: Int[np.ndarray, " b"]) -> MeanAxis:
    """Lay all images along the axis from the mean of `first` to the mean of `second`.

    With u = mean(second) - mean(first), an image's coordinate is <z - mean(first), u> / <u, u>.

    Args:
        means: posterior means of all images.
        first: rows of the group at 0.
        second: rows of the group at 1.

    Raises:
        InputError: a group is empty, or has no images that the other lacks; the groups' means are the same.
    """
    codes = np.asarray(means, np.float64)
    groups = [np.unique(np.asarray(rows, np.int64)) for rows in (first, second)]
    if not all(map(len, groups)):
        raise InputError("axis: one of the groups has no images; choose another, or select some on the maps")
    common = np.intersect1d(groups[0], groups[1])
    one, other = (np.setdiff1d(rows, common) for rows in groups)
    if not len(one) or not len(other):
        raise InputError("axis: all images of one group are in the other too; choose groups that differ")
    start = codes[one].mean(axis=0)
    direction = codes[other].mean(axis=0) - start
    spread = float(np.sqrt(codes.var(axis=0).sum()))
    if np.linalg.norm(direction) <= SMALLEST_LENGTH * spread:
        raise InputError("axis: both groups have the same mean, so no axis leads from one to the other")
    places = (codes - start) @ direction / (direction @ direction)
    right, held_out_pairs = _held_out(codes, one, other)
    return MeanAxis(
        places=places,
        first=one,
        second=other,
        in_both=len(common),
        share=right / held_out_pairs if held_out_pairs else None,
        held_out_pairs=held_out_pairs,
        share_on_own_axis=pairs_in_order(places[one], places[other]) / (len(one) * len(other)),
    )


def pairs_in_order(lower: Float[np.ndarray, " a"], upper: Float[np.ndarray, " b"]) -> float:
    """Number of pairs whose value of `lower` is below its value of `upper`; equal ones count half.

    Divided by all pairs it is the area under the ROC curve (Mann and Whitney's U).
    """
    ordered = np.sort(lower)
    below, up_to = (np.searchsorted(ordered, upper, side) for side in ("left", "right"))
    return float((below + up_to).sum(dtype=np.int64)) / 2


def _held_out(
    codes: Float64[np.ndarray, "n d"], first: Int64[np.ndarray, " a"], second: Int64[np.ndarray, " b"]
) -> tuple[float, int]:
    """Pairs in the right order, and pairs, where each half is measured on the axis of the other halves."""
    if min(len(first), len(second)) < 2:
        return 0.0, 0
    generator = np.random.default_rng(SEED)
    halves = [np.array_split(generator.permutation(rows), 2) for rows in (first, second)]
    right, pairs = 0.0, 0
    for made, measured in ((0, 1), (1, 0)):
        direction = codes[halves[1][made]].mean(axis=0) - codes[halves[0][made]].mean(axis=0)
        lower, upper = (codes[half[measured]] @ direction for half in halves)
        right += pairs_in_order(lower, upper)
        pairs += len(lower) * len(upper)
    return right, pairs
