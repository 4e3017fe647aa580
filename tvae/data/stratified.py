"""Draw of the same share of each class."""

from __future__ import annotations

import numpy as np
from jaxtyping import Int64

_SEED = 0


def stratified_rows(labels: Int64[np.ndarray, " n"], share: float) -> Int64[np.ndarray, " m"]:
    """Rows in ascending order: of each class this share, rounded, drawn with a fixed seed.

    Of a class whose share is half an image or less, none is drawn.
    """
    generator = np.random.default_rng(_SEED)
    drawn = [np.zeros(0, np.int64)]
    for label in np.unique(labels):
        rows = np.flatnonzero(labels == label)
        drawn.append(generator.permutation(rows)[: round(share * len(rows))])
    return np.sort(np.concatenate(drawn))
