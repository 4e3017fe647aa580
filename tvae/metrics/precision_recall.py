"""Improved precision and recall of samples (Kynkaanniemi et al. 2019).

Kynkäänniemi, Karras, Laine, Lehtinen & Aila, Improved Precision and Recall Metric for Assessing Generative Models,
NeurIPS 2019, arXiv:1904.06991. There the points are features of photographs from a network, and n is 50,000. Both
numbers depend on the space, on n and on k, so they are comparable only where all three are the same.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Float64

from tvae.errors import InputError, require_int
from tvae.metrics.uncertainty.share import Share

NEIGHBOURS = 3
"""Number of neighbours k that the radius of a ball reaches to, as in the paper."""
_BLOCK = 512
"""Rows measured against all others at a time."""
_ROUNDING = 1e-12
"""Squared distances below this share of the squares that they are the difference of are rounding, and taken as 0."""


@dataclass(frozen=True, eq=False)
class Manifold:
    """The region that a set of points covers: a ball around each point that reaches to its k-th nearest other."""

    points: Float64[np.ndarray, "n d"]
    squared_radii: Float64[np.ndarray, " n"]
    k: int


@dataclass(frozen=True, eq=False)
class SampleQuality:
    """Precision (are samples like real images?) and recall (are all kinds of real images sampled?)."""

    precision: Share
    """Share of the samples inside the real images' manifold; its interval takes the real images as given."""
    recall: Share
    """Share of the real images inside the samples' manifold; its interval takes the samples as given."""
    sample_inside: Bool[np.ndarray, " m"]
    """Whether each sample lies inside the real images' manifold."""
    k: int


def manifold(points: Float[np.ndarray, "n d"], k: int = NEIGHBOURS) -> Manifold:
    """The region that these points cover; another point at the same place is a neighbour at distance 0.

    Raises:
        InputError: not rows of finite numbers, or k not from 1 to n - 1.
    """
    rows = np.asarray(points, np.float64)
    if rows.ndim != 2 or not np.isfinite(rows).all():
        raise InputError(f"precision and recall: points of shape {rows.shape}; they must be rows of finite numbers")
    require_int(f"k nearest of {len(rows)} points", k, 1, len(rows) - 1)
    radii = np.empty(len(rows))
    for start in range(0, len(rows), _BLOCK):
        squared = _squared_distances(rows[start : start + _BLOCK], rows)  # (block, n)
        squared[np.arange(len(squared)), start + np.arange(len(squared))] = np.inf  # not itself
        radii[start : start + _BLOCK] = np.partition(squared, k - 1, axis=1)[:, k - 1]
    return Manifold(rows, radii, k)


def inside(covered: Manifold, points: Float[np.ndarray, "m d"]) -> Bool[np.ndarray, " m"]:
    """Whether each point lies in a ball of the manifold, or on its surface."""
    rows = np.asarray(points, np.float64)
    is_inside = np.empty(len(rows), bool)
    for start in range(0, len(rows), _BLOCK):
        squared = _squared_distances(rows[start : start + _BLOCK], covered.points)  # (block, n)
        is_inside[start : start + _BLOCK] = (squared <= covered.squared_radii).any(axis=1)
    return is_inside


def sample_quality(real: Manifold, samples: Manifold) -> SampleQuality:
    """Precision and recall of the samples.

    Raises:
        InputError: another k or another space.
    """
    if real.k != samples.k or real.points.shape[1] != samples.points.shape[1]:
        raise InputError("precision and recall: real images and samples need the same k and the same features")
    sample_inside, real_inside = inside(real, samples.points), inside(samples, real.points)
    precision, recall = (Share(int(is_inside.sum()), len(is_inside)) for is_inside in (sample_inside, real_inside))
    return SampleQuality(precision, recall, sample_inside, real.k)


def _squared_distances(a: Float64[np.ndarray, "p d"], b: Float64[np.ndarray, "q d"]) -> Float64[np.ndarray, "p q"]:
    # From one of the points and not from 0, from which all may lie far. Whole numbers stay whole, and so exact.
    a, b = a - b[0], b - b[0]
    squares = np.einsum("pd,pd->p", a, a)[:, None] + np.einsum("qd,qd->q", b, b)
    squared = squares - 2 * a @ b.T
    squared[squared <= _ROUNDING * squares] = 0.0  # points at one place: a ball of radius 0 still contains its centre
    return squared
