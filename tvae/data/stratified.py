"""Draw of the same share of each class, with a seed."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from jaxtyping import Int, Int64


def drawn_rows(
    groups: Int[np.ndarray, " n"], counts: Sequence[int] | Int64[np.ndarray, " k"], seed: int
) -> Int64[np.ndarray, " m"]:
    """Rows in ascending order: so many of each group, drawn with the seed.

    Args:
        groups: group of each row.
        counts: how many are drawn of each group, in ascending order of the groups.
    """
    generator = np.random.default_rng(seed)
    drawn = [np.zeros(0, np.int64)]
    for group, count in zip(np.unique(groups), counts, strict=True):
        drawn.append(generator.permutation(np.flatnonzero(groups == group))[:count])
    return np.sort(np.concatenate(drawn))


def stratified_rows(labels: Int[np.ndarray, " n"], share: float, seed: int = 0) -> Int64[np.ndarray, " m"]:
    """Rows in ascending order: this share of each class, rounded, drawn with the seed; at least one is left.

    Of a class whose share is half an image or less, none is drawn.
    """
    _, sizes = np.unique(labels, return_counts=True)
    return drawn_rows(labels, [min(size - 1, round(share * size)) for size in sizes.tolist()], seed)
