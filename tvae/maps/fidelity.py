"""Trustworthiness and 2-D k-NN accuracy of a layout."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from tvae.errors import InputError
from tvae.metrics.anchor_sample import Sampling, sampled_rows
from tvae.metrics.class_vote import knn_accuracy
from tvae.metrics.neighbours import checked_points, nearest_neighbours

NEIGHBOURS = 5
"""Nearest rows on the map whose true ranks and classes are looked up."""

MOST_ROWS = 10_000
"""Rows that both measures are averaged over; of larger sets a sample of this size, drawn with a fixed seed."""

BLOCK_VALUES = 1 << 19
"""Distances held at a time."""


@dataclass(frozen=True)
class Fidelity:
    """Two measures of one arm's map, and the number of rows they were measured on."""

    trustworthiness: float | None
    """Venna & Kaski 2001, in [0, 1]; None with fewer than 3 rows, or where all means are equal: it is not defined."""
    knn_accuracy: float | None
    """Share of rows whose class is that of most of their k nearest on the map (the row itself left out; ties as
    in `winning_classes`); None without labels or with one row."""
    k: int
    """Nearest rows on the map that both measures use."""
    rows: int
    """Rows that both measures were averaged over."""

    @property
    def trustworthiness_text(self) -> str:
        """Trustworthiness to three decimals, or that it is not defined."""
        return "not defined" if self.trustworthiness is None else f"{self.trustworthiness:.3f}"


def fidelity(
    points: Float[np.ndarray, "n d"], positions: Float[np.ndarray, "n 2"], labels: Int[np.ndarray, " n"] | None
) -> Fidelity:
    """Trustworthiness and k-NN accuracy of one map of latent points.

    Raises:
        InputError: the arrays do not have the same rows, or are not finite.
    """
    n = len(points)
    if len(positions) != n or (labels is not None and len(labels) != n):
        raise InputError(f"fidelity: {n} points, {len(positions)} positions; points, positions and labels must match")
    k = min(NEIGHBOURS, (n - 1) // 2)
    if k < 1:
        return Fidelity(None, None, 0, n)
    sample = measured_rows(n)
    nearest = nearest_neighbours(positions, k, sample)
    accuracy = None if labels is None else knn_accuracy(nearest, labels, sample)
    equal = bool((points == points[:1]).all())  # no row is nearer than another, so no neighbour is a wrong one
    return Fidelity(None if equal else trustworthiness(points, nearest.rows, sample), accuracy, k, len(sample))


def accuracy_on_map(positions: Float[np.ndarray, "n 2"], labels: Int[np.ndarray, " n"], k: int) -> float:
    """k-NN accuracy of a map by these labels, as in `Fidelity.knn_accuracy`.

    Raises:
        InputError: the arrays do not have the same rows, are not finite, or k is not from 1 to n - 1.
    """
    sample = measured_rows(len(positions))
    return knn_accuracy(nearest_neighbours(positions, k, sample), labels, sample)


def measured_rows(n: int) -> Int[np.ndarray, " m"]:
    """The rows of n that a layout is measured on, ascending: all, or a sample of `MOST_ROWS`."""
    rows = sampled_rows(n, Sampling(exact_to=MOST_ROWS, anchors=MOST_ROWS))
    return np.arange(n) if rows is None else rows


def trustworthiness(
    points: Float[np.ndarray, "n d"], map_neighbours: Int[np.ndarray, "m k"], sample: Int[np.ndarray, " m"]
) -> float:
    """Trustworthiness (Venna & Kaski 2001): how many neighbours on the map are neighbours in the latent space too.

    A neighbour on the map that is only the r-th nearest row in the latent space, r > k, costs r - k. The result is 1
    less the mean cost, scaled so that 0 is the worst possible. Equally far rows share the best of their ranks.

    Args:
        map_neighbours: the k nearest on the map of each sampled row; k must be under n / 2.
        sample: the rows to average over.
    """
    from tvae.metrics.kernels.distances import distance_rows  # imports numba

    points = checked_points(points, "trustworthiness").astype(np.float64)
    columns = np.ascontiguousarray(points.T)
    n, k = len(points), map_neighbours.shape[1]
    cost = 0
    size = max(1, BLOCK_VALUES // n)
    for start in range(0, len(sample), size):
        rows = sample[start : start + size]
        distance = np.empty((len(rows), n))
        distance_rows(columns, points[rows], distance)
        distance[np.arange(len(rows)), rows] = np.inf
        for neighbours in map_neighbours[start : start + size].T:
            to_neighbour = distance[np.arange(len(rows)), neighbours]
            rank = 1 + np.count_nonzero(distance < to_neighbour[:, None], axis=1)
            cost += int(np.maximum(rank - k, 0).sum())
    return 1 - cost * 2 / (len(sample) * k * (2 * n - 3 * k - 1))
