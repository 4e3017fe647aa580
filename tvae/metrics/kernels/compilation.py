"""Parts of the machine code of the metrics' kernels.

Importing this file does not import numba: the app's server asks what is still to be compiled.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tvae.metrics.gap_histogram import gap_histogram
from tvae.metrics.scores import retrieval
from tvae.metrics.triplet_accuracy import triplet_accuracy
from tvae.metrics.triplet_curve import triplet_curve
from tvae.system.compiled import Part

_SOURCE = Path(__file__)
_MANY = 8_200
"""Rows of a class whose counts at a grid's margins don't fit into 16 bits."""


def _rows(*sizes: int) -> tuple[np.ndarray, np.ndarray]:
    """Means in classes of these sizes, and their labels."""
    means = np.random.default_rng(0).normal(size=(sum(sizes), 2)).astype(np.float32)
    return means, np.repeat(np.arange(len(sizes)), sizes)


COUNTING = Part("counting", _SOURCE, lambda: triplet_accuracy(*_rows(64, 64), (0.0, 0.1)))
"""Triplets at given margins, as they are counted while a run trains."""
MEASURING = (
    Part("retrieval", _SOURCE, lambda: retrieval(*_rows(64, 64))),
    Part("curves", _SOURCE, lambda: triplet_curve(*_rows(64, 64))),
    Part("gaps", _SOURCE, lambda: gap_histogram(*_rows(64, _MANY))),
)
"""What else is measured once a run is trained."""
