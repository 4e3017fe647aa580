"""t-SNE: exact gradients up to 16,000 rows, openTSNE's interpolated ones (FFT) above."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float, Float32, Float64

from tvae.metrics.neighbours import Neighbours, nearest_neighbours

if TYPE_CHECKING:
    from scipy.sparse import csr_array

MOST_ROWS_EXACT = 16_000
"""Above this the n² of the exact gradients costs more than openTSNE's grid.

On 10,000 x 20 means the exact descent is 2.4 times as fast as openTSNE and 3.2 times as fast as scikit-learn at equal
trustworthiness (`python -m benchmarks`, table of projections); at 70,000 rows openTSNE is ten times as fast a step."""

BLOCK_ROWS = 2048
"""Rows whose repulsion one thread sums at a time; part of the result, as sums of blocks are added in order."""

EXAGGERATION = 12.0
"""Attraction is this many times stronger while clusters form, in the first third of the iterations."""

SHRUNK = 0.1
"""The cloud only shrinks when it falls to this share of its start's spread: then there are no clusters to form."""

CALIBRATION_STEPS = 64
"""Halvings while looking for a row's precision; by then the bracket is at the limit of float64."""

Progress = Callable[[float], None]
"""Called with the share done, in [0, 1], after every step; what it raises ends the descent."""


def tsne_positions(
    points: Float[np.ndarray, "n d"],
    start: Float[np.ndarray, "n 2"],
    perplexity: float,
    iterations: int,
    progress: Progress,
) -> Float32[np.ndarray, "n 2"]:
    """2-D positions by t-SNE (van der Maaten & Hinton 2008), with exact neighbours, from a given start.

    Up to MOST_ROWS_EXACT rows the gradients are exact, and time grows with n² (10,000 rows: about 20 ms a step on one
    thread); above, openTSNE interpolates the repulsion on a grid (Linderman et al. 2019) and time grows with n. Memory
    grows with n * perplexity.
    """
    count = min(len(points) - 1, max(1, round(3 * perplexity)))
    near = nearest_neighbours(points, count, threads=os.cpu_count() or 1)
    affinities = joint_affinities(near, perplexity)
    descend = exact_descent if len(points) <= MOST_ROWS_EXACT else fft_descent
    positions = descend(affinities, start, iterations, progress)
    return positions - positions.mean(axis=0)


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
    target = np.log(perplexity)
    for _ in range(CALIBRATION_STEPS):
        weight = np.exp(-beta[:, None] * squared)
        total = weight.sum(axis=1)
        entropy = np.log(total) + beta * (weight * squared).sum(axis=1) / total
        broad = entropy > target
        low, high = np.where(broad, beta, low), np.where(broad, high, beta)
        beta = np.where(np.isinf(high), np.minimum(beta * 2, 1e30), (low + high) / 2)
    weight = np.exp(-beta[:, None] * squared)
    return weight / weight.sum(axis=1, keepdims=True)


def joint_affinities(near: Neighbours, perplexity: float) -> csr_array:
    """p_ij = (p(j|i) + p(i|j)) / 2n, a sparse (n, n) matrix whose sum is 1."""
    from scipy.sparse import csr_array

    n, k = near.rows.shape
    conditional = calibrated_affinities(near.distances.astype(np.float64) ** 2, perplexity)
    begin = np.arange(n + 1, dtype=np.int64) * k
    one_way = csr_array((conditional.ravel(), near.rows.ravel().astype(np.int64), begin), shape=(n, n))
    return ((one_way + one_way.T) / (2 * n)).tocsr()


def exact_descent(
    affinities: csr_array, start: Float[np.ndarray, "n 2"], iterations: int, progress: Progress
) -> Float32[np.ndarray, "n 2"]:
    """Gradient descent with every pair's repulsion; the result does not depend on the number of threads."""
    from tvae.maps.kernels import attraction

    begin, neighbour = affinities.indptr.astype(np.int64), affinities.indices.astype(np.int32)
    affinity = affinities.data.astype(np.float32)
    x, y = (np.ascontiguousarray(start[:, axis], dtype=np.float32) for axis in (0, 1))
    n = len(x)
    pull, push = np.empty((2, n), np.float32), np.empty((2, n), np.float32)
    velocity, gain = np.zeros((2, n), np.float32), np.ones((2, n), np.float32)
    early, spread = iterations // 3, np.hypot(x.std(), y.std())
    with ThreadPoolExecutor(min(os.cpu_count() or 1, -(-n // BLOCK_ROWS))) as pool:
        for step in range(iterations):
            # With many of few rows for neighbours, exaggerated attraction beats all repulsion: the rows would meet in
            # one point, which nothing parts again.
            if step < early and np.hypot(x.std(), y.std()) < SHRUNK * spread:
                early = step
            if step in (0, early):
                velocity[:], gain[:] = 0, 1  # the second phase has another objective
            exaggeration, momentum = (EXAGGERATION, 0.5) if step < early else (1.0, 0.8)
            attraction(x, y, begin, neighbour, affinity, pull[0], pull[1])
            total = _repulsion_of_all(x, y, push, pool)
            gradient = exaggeration * pull - push / np.float32(max(total, 1e-30))
            same_way = (velocity > 0) == (gradient > 0)  # the velocity goes against the gradient
            gain = np.maximum(np.where(same_way, gain * np.float32(0.8), gain + np.float32(0.2)), np.float32(0.01))
            # No floor on the step size, as other programs have it: with few rows it tears up the order of the start.
            velocity = momentum * velocity - np.float32(n / exaggeration) * gain * gradient
            # A step longer than 5 throws a point across the map, which a few far outliers would otherwise do.
            velocity /= np.maximum(np.sqrt((velocity**2).sum(axis=0)) / 5, 1)
            x += velocity[0]
            y += velocity[1]
            progress((step + 1) / iterations)
    return np.stack([x, y], axis=1)


def _repulsion_of_all(
    x: Float32[np.ndarray, " n"],
    y: Float32[np.ndarray, " n"],
    push: Float32[np.ndarray, "2 n"],
    pool: ThreadPoolExecutor,
) -> float:
    """Write every row's repulsion into `push`, blocks of rows in threads; the sum of all pairs' weights."""
    from tvae.maps.kernels import repulsion

    n = len(x)
    if n <= BLOCK_ROWS:
        return repulsion(x, y, push[0], push[1], 0, n)
    blocks = [(first, min(first + BLOCK_ROWS, n)) for first in range(0, n, BLOCK_ROWS)]
    return sum(pool.map(lambda block: repulsion(x, y, push[0], push[1], *block), blocks))


def fft_descent(
    affinities: csr_array, start: Float[np.ndarray, "n 2"], iterations: int, progress: Progress
) -> Float32[np.ndarray, "n 2"]:
    """Gradient descent by openTSNE, whose repulsion is interpolated on a grid and summed by FFT."""
    from openTSNE import TSNEEmbedding
    from openTSNE.affinity import PrecomputedAffinities
    from scipy.sparse import csr_matrix

    done, exaggerated = 0, iterations // 3

    def step_done(iteration: int, error: float, embedding: np.ndarray) -> None:
        nonlocal done
        done += 1
        progress(done / iterations)

    map_so_far = TSNEEmbedding(
        np.asarray(start, np.float64),
        PrecomputedAffinities(csr_matrix(affinities), normalize=False),
        negative_gradient_method="fft",
        n_jobs=os.cpu_count() or 1,
        callbacks=[step_done],
        callbacks_every_iters=1,
    )
    for steps, exaggeration, momentum in ((exaggerated, EXAGGERATION, 0.5), (iterations - exaggerated, 1.0, 0.8)):
        if steps > 0:
            map_so_far = map_so_far.optimize(
                steps, exaggeration=exaggeration, momentum=momentum, inplace=True, propagate_exception=True
            )
    return np.asarray(map_so_far, np.float32)
