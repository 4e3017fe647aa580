"""Random triplets, and triplet accuracy estimated from them as in the paper.

`triplet_accuracy` has the exact number, over all triplets.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int

from tvae.errors import require_int
from tvae.metrics.grouped_means import GroupedMeans, grouped_for_triplets
from tvae.metrics.triplet_accuracy import checked_margin


@dataclass(frozen=True, kw_only=True)
class SampledAccuracy:
    """Triplet accuracy estimated from random triplets, as the paper does."""

    margin: float
    accuracy: float
    standard_error: float
    """sqrt(p (1 - p) / n_triplets); 0 where all sampled triplets agree, which is not certainty."""
    n_triplets: int
    seed: int


def sampled_triplet_accuracy(
    means: Float[np.ndarray, "n d"], labels: Int[np.ndarray, " n"], margin: float, n_triplets: int, seed: int
) -> SampledAccuracy:
    """Estimate of `triplet_accuracy` from `n_triplets` random triplets, drawn with replacement.

    Raises:
        InputError: as in `triplet_accuracy`, for n_triplets below 1, and for a seed that is no whole number from 0 to
            2**63 - 1.
    """
    groups = grouped_for_triplets(means, labels)
    margin = checked_margin(margin)
    require_int("n_triplets", n_triplets, 1)
    require_int("seed", seed, 0, 2**63 - 1)
    generator = np.random.default_rng(seed)
    hits = 0
    for start in range(0, n_triplets, 1 << 16):  # a batch at a time, so that memory stays flat
        anchor, positive, negative = random_triplets(groups, min(1 << 16, n_triplets - start), generator)
        hits += int(satisfied_triplets(groups.points, anchor, positive, negative, margin).sum())
    share = hits / n_triplets
    return SampledAccuracy(
        margin=margin,
        accuracy=share,
        standard_error=math.sqrt(share * (1 - share) / n_triplets),
        n_triplets=n_triplets,
        seed=seed,
    )


def random_triplets(
    groups: GroupedMeans,
    n_triplets: int,
    generator: np.random.Generator,
    anchor_class: int | None = None,
    negative_class: int | None = None,
) -> tuple[Int[np.ndarray, " t"], Int[np.ndarray, " t"], Int[np.ndarray, " t"]]:
    """Anchors, positives and negatives (rows of the sorted means) of independent random triplets.

    Args:
        anchor_class: draw anchors from this class alone, by its position among `groups.classes`.
        negative_class: draw negatives from this class alone, likewise.
    """
    class_of = np.repeat(np.arange(len(groups.classes)), groups.sizes)
    possible = groups.sizes > 1
    if anchor_class is not None:
        possible = possible & (np.arange(len(possible)) == anchor_class)
    if negative_class is not None:
        possible = possible & (np.arange(len(possible)) != negative_class)
    anchors = np.flatnonzero(possible[class_of])
    anchor = anchors[generator.integers(0, len(anchors), n_triplets)]
    start = groups.starts[class_of[anchor]]
    size = groups.sizes[class_of[anchor]]
    positive = start + generator.integers(0, size - 1)
    positive += positive >= anchor  # step over the anchor itself
    if negative_class is not None:
        low, high = groups.starts[negative_class], groups.starts[negative_class + 1]
        return anchor, positive, generator.integers(low, high, n_triplets)
    negative = generator.integers(0, len(groups.points) - size)
    negative += np.where(negative >= start, size, 0)  # step over the anchor's class
    return anchor, positive, negative


def satisfied_triplets(
    points: Float[np.ndarray, "n d"],
    anchor: Int[np.ndarray, " t"],
    positive: Int[np.ndarray, " t"],
    negative: Int[np.ndarray, " t"],
    margin: float,
) -> Bool[np.ndarray, " t"]:
    """Whether each triplet of rows of `points` has zero loss at `margin`."""
    to_positive = np.zeros(len(anchor))
    to_negative = np.zeros(len(anchor))
    for axis in points.T:  # one axis at a time: the order of addition that the exact counts use
        to_positive += (axis[positive] - axis[anchor]) ** 2
        to_negative += (axis[negative] - axis[anchor]) ** 2
    return np.sqrt(to_positive) + margin <= np.sqrt(to_negative)
