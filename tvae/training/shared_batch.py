"""Batch that arms of several notions share: images drawn by each notion, triplets formed inside."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from jaxtyping import Int64

from tvae.training.triplet_sampler import Sampler, TripletSampler


class SharedBatchSampler:
    """Draws the images of a batch as triplets of each notion in turn, as many of each (or one more of the first ones).

    Images drawn one by one would often hold no two alike where a notion has many classes, such as a thousand writers.
    So drawn, every batch holds triplets of every notion, and no notion is served better than another. An arm's triplets
    are then formed among all images of the batch (`triplets_inside`).

    Attributes:
        left_out: number of images that can't be anchors, by the notion that leaves out most.
    """

    def __init__(self, samplers: Sequence[Sampler]) -> None:
        """Takes a sampler for each notion."""
        self._samplers = samplers
        self.left_out = max(sampler.left_out for sampler in samplers)

    def sample(self, count: int, generator: np.random.Generator) -> Int64[np.ndarray, "3 count"]:
        """Draw `count` triplets, at least one of each notion where there are as many."""
        shares = [len(part) for part in np.array_split(np.arange(count), len(self._samplers))]
        parts = [sampler.sample(share, generator) for sampler, share in zip(self._samplers, shares, strict=True)]
        return np.concatenate(parts, axis=1)


def triplets_inside(
    rows: Int64[np.ndarray, "3 b"], labels: Int64[np.ndarray, " n"], count: int, generator: np.random.Generator
) -> Int64[np.ndarray, "3 count"]:
    """Triplets among the images of a batch, as `TripletSampler` draws them among those of a split.

    An image that the batch holds twice is one image: it is never its own positive.

    Args:
        rows: of the batch's images in the split.
        labels: of the split's images, by the notion whose triplets are formed.

    Returns:
        Places in the batch of the anchors, of the positives and of the negatives.

    Raises:
        InputError: the batch holds no triplet of these labels.
    """
    images, places = np.unique(rows, return_index=True)
    return places[TripletSampler(labels[images]).sample(count, generator)]
