"""Each metric against plain loops or scikit-learn."""

from __future__ import annotations

import math

import numpy as np
import pytest

from tvae.errors import InputError
from tvae.metrics.scores import (
    active_units,
    kl_per_latent,
    retrieval,
    silhouette,
)

RNG = np.random.default_rng(0)
MEANS = RNG.normal(size=(90, 4)).astype(np.float32)
LABELS = RNG.integers(0, 3, 90)
MEANS[:, 0] += LABELS


def retrieval_by_sorting(means: np.ndarray, labels: np.ndarray) -> tuple[float, float]:
    precisions, averages = [], []
    for i in range(len(means)):
        same = labels == labels[i]
        r = same.sum() - 1
        if r == 0:
            continue
        distances = [math.dist(means[i], other) for other in means]
        others = [j for j in range(len(means)) if j != i]
        others.sort(key=lambda j: (distances[j], same[j]))  # at a tie the other class first
        hits = [bool(same[j]) for j in others[:r]]
        precisions.append(sum(hits) / r)
        averages.append(sum(sum(hits[: rank + 1]) / (rank + 1) for rank in range(r) if hits[rank]) / r)
    return float(np.mean(precisions)), float(np.mean(averages))


@pytest.mark.parametrize(
    ("means", "labels"),
    [
        (MEANS, LABELS),
        ((1e4 + 1e-3 * MEANS).astype(np.float32), LABELS),
        (RNG.integers(0, 3, (60, 2)), RNG.integers(0, 3, 60)),
        (RNG.normal(size=(12, 2)), np.array([0] * 9 + [1, 1, 2])),
        (np.ones((10, 2)), np.array([0] * 5 + [1] * 5)),
    ],
)
def test_retrieval(means: np.ndarray, labels: np.ndarray) -> None:
    scores = retrieval(means, labels)
    np.testing.assert_allclose((scores.r_precision, scores.map_at_r), retrieval_by_sorting(means, labels), rtol=1e-12)
    assert scores == retrieval(means, labels, threads=2)
    assert scores.n_queries + scores.n_left_out == len(means)


@pytest.mark.parametrize(
    ("right", "r_precision", "map_at_r"),
    [([1], 0.1, 0.1), ([1, 10], 0.2, 0.12), ([1, 2], 0.2, 0.2), (list(range(1, 11)), 1.0, 1.0)],
)
def test_retrieval_of_the_published_example(right: list[int], r_precision: float, map_at_r: float) -> None:
    """One query with R = 10 and the results at these ranks right: the table of Musgrave et al. 2020, section 3.2."""
    from tvae.metrics.grouped_means import grouped_by_class
    from tvae.metrics.kernels.retrieval import retrieval_scores

    ranks = np.arange(1.0, 11.0)
    is_right = np.isin(ranks, right)
    never_retrieved = np.arange(100.0, 110.0)[: 10 - len(right)]
    means = np.concatenate([[0.0], ranks, never_retrieved, [1e6]])[:, None]
    labels = np.concatenate([[0], np.where(is_right, 0, 1), np.zeros(len(never_retrieved), int), [1]])
    groups = grouped_by_class(means, labels)
    precision, average = np.empty(1), np.empty(1)
    retrieval_scores(groups.columns, groups.points, groups.starts, 0, 0, 1, precision, average)
    np.testing.assert_allclose((precision[0], average[0]), (r_precision, map_at_r))


def test_nothing_to_retrieve() -> None:
    with pytest.raises(InputError, match="nothing to retrieve"):
        retrieval(np.zeros((3, 2)), np.arange(3))


def test_silhouette_far_from_the_origin() -> None:
    moved = 1e4 + 1e-3 * MEANS.astype(np.float64)
    assert silhouette(moved, LABELS) == pytest.approx(silhouette(MEANS, LABELS), abs=1e-7)


@pytest.mark.parametrize("labels", [LABELS, np.array([0] * 80 + [1] * 9 + [2])])
def test_silhouette_agrees_with_scikit_learn(labels: np.ndarray) -> None:
    from sklearn.metrics import silhouette_score

    np.testing.assert_allclose(silhouette(MEANS, labels), silhouette_score(MEANS.astype(float), labels), rtol=1e-9)
    assert silhouette(MEANS, labels) == silhouette(MEANS, labels, threads=2)


def test_silhouette_at_its_limits() -> None:
    labels = np.array([0, 0, 1, 1])
    assert silhouette(np.ones((4, 2)), labels) == 0
    assert silhouette(np.array([[0.0], [0.0], [1.0], [1.0]]), labels) == 1
    with pytest.raises(InputError, match="at least two"):
        silhouette(np.ones((4, 2)), np.zeros(4, int))


def test_kl_agrees_with_numerical_integration() -> None:
    means, log_vars = np.array([[0.5, 0.0], [-1.0, 0.0]]), np.array([[-1.0, 0.0], [0.7, 0.0]])
    z = np.linspace(-20, 20, 400_001)
    expected = []
    for mean, log_var in zip(means[:, 0], log_vars[:, 0], strict=True):
        log_q = -0.5 * ((z - mean) ** 2 / np.exp(log_var) + log_var + np.log(2 * np.pi))
        log_p = -0.5 * (z**2 + np.log(2 * np.pi))
        expected.append(np.sum(np.exp(log_q) * (log_q - log_p)) * (z[1] - z[0]))
    np.testing.assert_allclose(kl_per_latent(means, log_vars), np.array([np.mean(expected), 0.0]), rtol=1e-9)


def test_kl_refuses_what_it_cannot_take() -> None:
    with pytest.raises(InputError, match="overflows"):
        kl_per_latent(np.zeros((2, 2)), np.full((2, 2), 1e4))
    with pytest.raises(InputError, match="one shape"):
        kl_per_latent(np.zeros((2, 2)), np.zeros((2, 3)))
    with pytest.raises(InputError, match="log_vars: row 0"):
        kl_per_latent(np.zeros((2, 2)), np.full((2, 2), np.nan))


def test_active_units() -> None:
    means = np.zeros((100, 3))
    means[:, 0] = RNG.normal(size=100)
    means[:, 1] = 5 + 0.05 * RNG.normal(size=100)  # far from 0, but it says nothing about the image
    assert active_units(means) == 1
    assert active_units(means, threshold=1e-4) == 2
