"""Trustworthiness and 2-D k-NN accuracy of a layout."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from tvae.errors import InputError
from tvae.metrics.class_vote import knn_accuracy
from tvae.metrics.neighbours import checked_points, nearest_neighbours

NEIGHBOURS = 5
"""Neighbours in the picture that are judged."""

MOST_ROWS = 10_000
"""Rows judged against all others; of larger sets a sample of this size, drawn with a fixed seed."""

BLOCK_VALUES = 1 << 19
"""Distances held at a time."""


@dataclass(frozen=True)
class Fidelity:
    """Two measures of one arm's picture, and what they were measured on."""

    trustworthiness: float | None
    """Venna & Kaski 2001, in [0, 1]; None with fewer than 3 rows, where it is not defined."""
    knn_accuracy: float | None
    """Share of rows whose class is that of most of their k nearest in the picture (the row itself left out; ties
    as in `winning_classes`); None without labels or with one row."""
    k: int
    """Neighbours that were judged."""
    rows: int
    """Rows that trustworthiness was averaged over."""


def fidelity(
    points: Float[np.ndarray, "n d"], positions: Float[np.ndarray, "n 2"], labels: Int[np.ndarray, " n"] | None
) -> Fidelity:
    """Measure one picture of latent points.

    Raises:
        InputError: the arrays do not have the same rows, or are not finite.
    """
    n = len(points)
    if len(positions) != n or (labels is not None and len(labels) != n):
        raise InputError(f"fidelity: {n} points, {len(positions)} positions; points, positions and labels must match")
    k = min(NEIGHBOURS, (n - 1) // 2)
    if k < 1:
        return Fidelity(None, None, 0, n)
    nearest = nearest_neighbours(positions, k)
    judged = np.arange(n)
    if n > MOST_ROWS:
        judged = np.sort(np.random.default_rng(0).choice(n, MOST_ROWS, replace=False))
    knn = None if labels is None else knn_accuracy(nearest, labels)
    return Fidelity(trustworthiness(points, nearest.rows, judged), knn, k, len(judged))


def trustworthiness(
    points: Float[np.ndarray, "n d"], near: Int[np.ndarray, "n k"], judged: Int[np.ndarray, " m"]
) -> float:
    """1 less the scaled mean of how far down a row's true order its neighbours in the picture stand.

    `near` are the k nearest in the picture, and k must be under n / 2. A neighbour of true rank r > k costs r - k,
    scaled so that 0 is the worst possible. Equally far rows share the best of their ranks.
    """
    points = checked_points(points, "trustworthiness")
    n, k = near.shape
    centred = (points - points.mean(axis=0, dtype=np.float64)).astype(np.float32)
    squares = np.einsum("nd,nd->n", centred, centred)
    cost = 0
    size = max(1, BLOCK_VALUES // n)
    for start in range(0, len(judged), size):
        rows = judged[start : start + size]
        distance = squares - 2 * (centred[rows] @ centred.T)  # less the row's own square, which changes no order
        distance[np.arange(len(rows)), rows] = np.inf
        for shown in near[rows].T:
            threshold = distance[np.arange(len(rows)), shown]
            rank = 1 + np.count_nonzero(distance < threshold[:, None], axis=1)
            cost += int(np.maximum(rank - k, 0).sum())
    return 1 - cost * 2 / (len(judged) * k * (2 * n - 3 * k - 1))
