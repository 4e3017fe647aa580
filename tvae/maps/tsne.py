"""t-SNE with exact gradients."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from jaxtyping import Float, Float32, Float64, Int

from tvae.metrics.neighbours import Neighbours, nearest_neighbours

EXAGGERATION = 12.0
"""Attraction is this many times stronger while clusters form, in the first third of the iterations."""

SHRUNK = 0.1
"""The cloud only shrinks when it falls to this share of its start's spread: then there are no clusters to form."""

CALIBRATION_STEPS = 64
"""Halvings while looking for a row's precision; by then the bracket is at the limit of float64."""


def calibrated_affinities(squared: Float[np.ndarray, "n k"], perplexity: float) -> Float64[np.ndarray, "n k"]:
    """Conditional probabilities p(j|i) over the k nearest of each row, of the given perplexity.

    p(j|i) is proportional to exp(-beta_i d_ij²), and beta_i is found by bisection so that the entropy of row i is
    log(perplexity). Where neighbours are equally far no beta does, and the row is uniform.
    """
    squared = squared - squared.min(axis=1, keepdims=True)  # the same distribution, with no underflow of its largest
    scale = squared.mean(axis=1, keepdims=True)
    squared = squared / np.where(scale > 0, scale, 1)  # so that beta is near 1 and its bounds fit every unit
    beta = np.ones(len(squared))
    low, high = np.zeros(len(squared)), np.full(len(squared), np.inf)
    wanted = np.log(perplexity)
    for _ in range(CALIBRATION_STEPS):
        weight = np.exp(-beta[:, None] * squared)
        total = weight.sum(axis=1)
        entropy = np.log(total) + beta * (weight * squared).sum(axis=1) / total
        broad = entropy > wanted
        low, high = np.where(broad, beta, low), np.where(broad, high, beta)
        beta = np.where(np.isinf(high), np.minimum(beta * 2, 1e30), (low + high) / 2)
    weight = np.exp(-beta[:, None] * squared)
    return weight / weight.sum(axis=1, keepdims=True)


def joint_affinities(
    near: Neighbours, perplexity: float
) -> tuple[Int[np.ndarray, " n+1"], Int[np.ndarray, " edges"], Float32[np.ndarray, " edges"]]:
    """p_ij = (p(j|i) + p(i|j)) / 2n as the rows of a compressed sparse matrix: beginnings, columns, values (sum 1)."""
    from scipy.sparse import csr_array

    n, k = near.rows.shape
    conditional = calibrated_affinities(near.distances.astype(np.float64) ** 2, perplexity)
    begin = np.arange(n + 1, dtype=np.int64) * k
    one_way = csr_array((conditional.ravel(), near.rows.ravel().astype(np.int64), begin), shape=(n, n))
    both = ((one_way + one_way.T) / (2 * n)).tocsr()
    return both.indptr.astype(np.int64), both.indices.astype(np.int32), both.data.astype(np.float32)


def tsne_positions(
    points: Float[np.ndarray, "n d"],
    start: Float[np.ndarray, "n 2"],
    perplexity: float,
    iterations: int,
    progress: Callable[[float], None],
) -> Float32[np.ndarray, "n 2"]:
    """Descend from `start` for `iterations` steps; `progress` is told the share that is done and may raise to stop.

    Time grows with n² (10,000 rows: about 30 ms a step on one thread), memory with n * perplexity.
    """
    from tvae.maps.kernels import attraction, repulsion

    n = len(points)
    near = nearest_neighbours(points, min(n - 1, max(1, round(3 * perplexity))))
    begin, neighbour, affinity = joint_affinities(near, perplexity)
    x, y = (np.ascontiguousarray(start[:, axis], dtype=np.float32) for axis in (0, 1))
    pull, push = np.empty((2, n), np.float32), np.empty((2, n), np.float32)
    velocity, gain = np.zeros((2, n), np.float32), np.ones((2, n), np.float32)
    early, spread = iterations // 3, np.hypot(x.std(), y.std())
    for step in range(iterations):
        # With many of few rows for neighbours, exaggerated attraction beats all repulsion: the rows would meet in one
        # point, which nothing parts again.
        if step < early and np.hypot(x.std(), y.std()) < SHRUNK * spread:
            early = step
        if step in (0, early):
            velocity[:], gain[:] = 0, 1  # the second phase has another objective
        exaggeration, momentum = (EXAGGERATION, 0.5) if step < early else (1.0, 0.8)
        attraction(x, y, begin, neighbour, affinity, pull[0], pull[1])
        total = repulsion(x, y, push[0], push[1], 0, n)
        gradient = exaggeration * pull - push / np.float32(max(total, 1e-30))
        same_way = (velocity > 0) == (gradient > 0)  # the velocity goes against the gradient
        gain = np.maximum(np.where(same_way, gain * np.float32(0.8), gain + np.float32(0.2)), np.float32(0.01))
        # No floor on the step size, as other programs have it: with few rows it tears up the order of the start.
        velocity = momentum * velocity - np.float32(n / exaggeration) * gain * gradient
        # A step longer than 5 throws a point across the picture, which a few far outliers would otherwise do.
        velocity /= np.maximum(np.sqrt((velocity**2).sum(axis=0)) / 5, 1)
        x += velocity[0]
        y += velocity[1]
        progress((step + 1) / iterations)
    positions = np.stack([x, y], axis=1)
    return positions - positions.mean(axis=0)
