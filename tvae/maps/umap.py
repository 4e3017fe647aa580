"""UMAP with exact neighbours and a given start."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from jaxtyping import Float, Float32, Float64, Int

from tvae.metrics.neighbours import Neighbours, nearest_neighbours

BANDWIDTH_STEPS = 64
"""Halvings while looking for a row's bandwidth."""

NEGATIVES = 5
"""Random rows pushed away at each visit of an edge."""


def memberships(near: Neighbours) -> Float64[np.ndarray, "n k"]:
    """Weight of each neighbour, exp(-(d - rho_i) / sigma_i), so that the weights of row i sum to log2(k + 1).

    rho_i is the distance to the nearest row that is not a duplicate (section 3.1 of the paper). The paper counts the
    row itself among its neighbours: with 15 neighbours, 14 others are weighted and their sum is log2(15).
    """
    distance = near.distances.astype(np.float64)
    apart = np.where(distance > 0, distance, np.inf).min(axis=1)
    rho = np.where(np.isfinite(apart), apart, 0.0)
    beyond = np.maximum(distance - rho[:, None], 0)
    wanted = np.log2(distance.shape[1] + 1)
    sigma, low, high = np.ones(len(distance)), np.zeros(len(distance)), np.full(len(distance), np.inf)
    for _ in range(BANDWIDTH_STEPS):
        wide = np.exp(-beyond / sigma[:, None]).sum(axis=1) > wanted
        low, high = np.where(wide, low, sigma), np.where(wide, sigma, high)
        sigma = np.where(np.isinf(high), np.minimum(sigma * 2, 1e300), (low + high) / 2)
    # Duplicates would drive the bandwidth to zero; the reference keeps it above this share of the mean distance.
    mean = np.where(rho > 0, distance.mean(axis=1), distance.mean())
    sigma = np.maximum(sigma, np.maximum(1e-3 * mean, 1e-300))
    return np.exp(-beyond / sigma[:, None])


def fuzzy_edges(
    near: Neighbours,
) -> tuple[Int[np.ndarray, " edges"], Int[np.ndarray, " edges"], Float64[np.ndarray, " edges"]]:
    """Head, tail and weight w_ij + w_ji - w_ij w_ji of every edge, both directions listed, in order of head."""
    from scipy.sparse import csr_array

    n, k = near.rows.shape
    begin = np.arange(n + 1, dtype=np.int64) * k
    one_way = csr_array((memberships(near).ravel(), near.rows.ravel().astype(np.int64), begin), shape=(n, n))
    other_way = one_way.T.tocsr()
    union = (one_way + other_way - one_way * other_way).tocoo()
    order = np.lexsort((union.col, union.row))
    return union.row[order].astype(np.int32), union.col[order].astype(np.int32), union.data[order]


def curve(min_dist: float) -> tuple[float, float]:
    """a and b of 1 / (1 + a d^2b), fitted to 1 below `min_dist` and exp(min_dist - d) above it, over d from 0 to 3."""
    from scipy.optimize import curve_fit

    distance = np.linspace(0, 3, 300)
    wanted = np.where(distance < min_dist, 1.0, np.exp(min_dist - distance))
    (a, b), _ = curve_fit(lambda d, a, b: 1 / (1 + a * d ** (2 * b)), distance, wanted)
    return float(a), float(b)


def epochs_for(n: int) -> int:
    """Passes over the edges: the reference's choice, 500 up to 10,000 rows and 200 above."""
    return 500 if n <= 10_000 else 200


def umap_positions(
    points: Float[np.ndarray, "n d"],
    start: Float[np.ndarray, "n 2"],
    neighbours: int,
    min_dist: float,
    seed: int,
    progress: Callable[[float], None],
) -> Float32[np.ndarray, "n 2"]:
    """Descend from `start`; `progress` is told the share that is done and may raise to stop.

    `neighbours` counts the row itself, as the paper does. Time grows with n * neighbours.
    """
    from tvae.maps.kernels import umap_epoch

    n = len(points)
    head, tail, weight = fuzzy_edges(nearest_neighbours(points, min(n - 1, neighbours - 1)))
    epochs = epochs_for(n)
    seen = weight >= weight.max() / epochs  # weaker edges would never be visited
    head, tail, period = head[seen], tail[seen], (weight.max() / weight[seen]).astype(np.float32)
    due = period.copy()
    a, b = (np.float32(value) for value in curve(min_dist))
    position = np.ascontiguousarray(start, dtype=np.float32).copy()
    state = np.random.default_rng(seed).integers(0, 2**63, size=1, dtype=np.uint64)
    for epoch in range(epochs):
        step = np.float32(1 - epoch / epochs)
        umap_epoch(position, head, tail, period, due, np.float32(epoch + 1), a, b, step, NEGATIVES, state)
        progress((epoch + 1) / epochs)
    return position - position.mean(axis=0)
