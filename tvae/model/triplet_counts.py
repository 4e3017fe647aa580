"""Satisfied triplets of every anchor counted by torch, for a GPU.

The definition is that of `tvae.metrics.triplet_accuracy`: D(a, p) + m <= D(a, n), with float64 distances whose squared
differences are added in the order of the axes. Subtraction, product, sum and root are each one operation of torch, and
each is rounded as IEEE 754 says, so counts are equal to the bit, ties included. Mean violations and gaps are sums of
many float64 numbers in another order: equal up to rounding, some 1e-12 of their size.

Nothing in the app calls this: no GPU was at hand to find from what size on it is worth it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Float, Float64, Int64
from torch import Tensor

BLOCK_VALUES = {"cpu": 1 << 20, "cuda": 1 << 26}
"""Approximate distances held at a time, several times over: 8 MB each, or 0.5 GB on a GPU."""


class AnchorCounts(NamedTuple):
    """What `tvae.metrics.triplet_accuracy.accuracy_of_counts` takes."""

    satisfied: Int64[np.ndarray, "n m"]
    """Satisfied triplets of each row at each margin; 0 for a row that is no anchor."""
    violation: Float64[np.ndarray, "c m"]
    """The anchors' mean hinges, added up by class."""
    gap: Float64[np.ndarray, " c"]
    """The anchors' mean of D(a, n) less their mean of D(a, p), added up by class."""


def anchor_counts(
    columns: Float64[np.ndarray, "d n"],
    starts: Int64[np.ndarray, " c+1"],
    anchors: Int64[np.ndarray, " c"],
    margins: Sequence[float],
    device: torch.device,
) -> AnchorCounts:
    """Count satisfied triplets of each anchor at each margin.

    Args:
        columns: means sorted by class, one latent axis in a row.
        starts: class c owns the means starts[c] to starts[c + 1] - 1.
        anchors: how many of each class are anchors, its first ones; none of a class of one.
    """
    on_device = torch.from_numpy(columns).to(device)
    n, at_once = columns.shape[1], max(1, BLOCK_VALUES[device.type] // columns.shape[1])
    satisfied = torch.zeros(n, len(margins), dtype=torch.int64, device=device)
    violation = torch.zeros(len(anchors), len(margins), dtype=torch.float64, device=device)
    gap = torch.zeros(len(anchors), dtype=torch.float64, device=device)
    for own, (start, stop, count) in enumerate(zip(starts[:-1].tolist(), starts[1:].tolist(), anchors, strict=True)):
        positives, negatives = stop - start - 1, n - (stop - start)
        for first in range(start, start + int(count), at_once):
            last = min(first + at_once, start + int(count))
            distances = block_distances(on_device, first, last)  # (b, n)
            ordered = distances[:, start:stop].clone()
            to_positives = ordered.sum()  # an anchor's distance to itself is 0
            ordered.diagonal(first - start).fill_(torch.inf)
            ordered = ordered.sort(dim=1).values[:, :-1]  # (b, positives)
            for place, margin in enumerate(margins):
                thresholds = ordered + margin
                turns = torch.searchsorted(thresholds, distances, right=True)  # thresholds up to each distance
                satisfied[first:last, place] = turns.sum(dim=1) - turns[:, start:stop].sum(dim=1)
                low = thresholds[:, :1]
                beyond = torch.zeros(last - first, positives + 1, dtype=torch.float64, device=device)
                beyond[:, :-1] = (thresholds - low).flip(1).cumsum(dim=1).flip(1)  # from each threshold to the last
                hinges = beyond.gather(1, turns) - (positives - turns) * (distances - low)
                of_anchors = hinges[:, :start].sum(dim=1) + hinges[:, stop:].sum(dim=1)
                violation[own, place] += of_anchors.clamp_(min=0).sum() / positives / negatives
            gap[own] += (distances.sum() - to_positives) / negatives - to_positives / positives
    return AnchorCounts(satisfied.cpu().numpy(), violation.cpu().numpy(), gap.cpu().numpy())


def block_distances(columns: Float[Tensor, "d n"], first: int, last: int) -> Float[Tensor, "b n"]:
    """Distance of points first to last - 1 from every point, added in the order of the axes.

    Each operation is a kernel of its own, so that no product is fused with a sum, which would round once only.
    """
    squares = torch.zeros(last - first, columns.shape[1], dtype=columns.dtype, device=columns.device)
    difference = torch.empty_like(squares)
    for column in columns:
        torch.sub(column, column[first:last, None], out=difference)
        squares += difference.mul_(difference)
    return squares.sqrt_()
