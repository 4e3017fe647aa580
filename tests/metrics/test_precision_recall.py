"""Improved precision and recall against plain loops, and on sets whose values are obvious."""

from __future__ import annotations

import math

import numpy as np
import pytest

from tvae.errors import InputError
from tvae.metrics.precision_recall import inside, manifold, sample_quality
from tvae.metrics.uncertainty.share import Share


def plain_radius(points: list[list[float]], i: int, k: int) -> float:
    return sorted(math.dist(points[i], other) for j, other in enumerate(points) if j != i)[k - 1]


def plain_share(centres: list[list[float]], points: list[list[float]], k: int) -> float:
    radii = [plain_radius(centres, i, k) for i in range(len(centres))]
    hits = sum(any(math.dist(p, c) <= r for c, r in zip(centres, radii, strict=True)) for p in points)
    return hits / len(points)


@pytest.mark.parametrize("kind", ["gaussian", "grid", "duplicates", "unequal", "far", "close and far"])
@pytest.mark.parametrize("k", [1, 3])
def test_precision_and_recall_are_those_of_plain_loops(kind, k):
    random = np.random.default_rng(4)
    if kind == "gaussian":
        real, samples = random.normal(size=(60, 5)), random.normal(0.4, 0.8, size=(50, 5))
    elif kind == "grid":  # nearly every distance is met many times: surfaces count as inside
        real, samples = random.integers(0, 5, (60, 3)), random.integers(2, 7, (60, 3))
    elif kind == "duplicates":
        real, samples = np.repeat(random.normal(size=(12, 4)), 5, axis=0), random.normal(size=(40, 4))
        samples[:9] = real[::7][:9]
    elif kind == "close and far":  # float32 features of much the same images
        real, samples = (random.normal(1e4, 2e-3, (50, 3)).astype(np.float32).astype(float) for _ in range(2))
    elif kind == "far":
        real, samples = random.normal(1e4, 1, (50, 3)), random.normal(1e4, 1, (50, 3))
    else:
        real, samples = random.normal(size=(80, 2)), random.normal(size=(7, 2))
    quality = sample_quality(manifold(real, k), manifold(samples, k))
    assert quality.precision.value == plain_share(real.tolist(), samples.tolist(), k)
    assert quality.recall.value == plain_share(samples.tolist(), real.tolist(), k)
    assert quality.sample_inside.mean() == quality.precision.value


def test_blocks_don_t_matter():
    random = np.random.default_rng(0)
    real, samples = random.normal(size=(700, 3)), random.normal(size=(600, 3))
    quality = sample_quality(manifold(real), manifold(samples))
    assert quality.precision.value == plain_share(real.tolist(), samples.tolist(), 3)


def test_the_same_images_are_all_there():
    points = np.random.default_rng(0).normal(size=(30, 4))
    quality = sample_quality(manifold(points), manifold(points))
    assert quality.precision == quality.recall == Share(30, 30)


def test_samples_in_one_spot_are_true_but_reach_little_and_wild_ones_are_false():
    random = np.random.default_rng(0)
    real = random.normal(size=(300, 2))
    narrow = sample_quality(manifold(real), manifold(random.normal(0, 0.05, (300, 2))))
    assert narrow.precision.value > 0.9 and narrow.recall.value < 0.1
    wild = sample_quality(manifold(real), manifold(random.normal(50, 1, (300, 2))))
    assert wild.precision == wild.recall == Share(0, 300)


def test_collapsed_samples_are_defined():
    quality = sample_quality(manifold(np.random.default_rng(0).normal(size=(30, 2))), manifold(np.zeros((9, 2))))
    assert quality.recall.value == 0 and quality.precision.value in (0, 1)
    assert inside(manifold(np.full((9, 3), 0.1)), np.full((2, 3), 0.1)).all()


def test_shares_are_of_the_samples_and_of_the_real_images():
    points = np.random.default_rng(0).normal(size=(100, 2))
    quality = sample_quality(manifold(points[:60]), manifold(points[60:] + 1))
    assert (quality.precision.n, quality.recall.n) == (40, 60)


@pytest.mark.parametrize(("points", "k"), [(np.zeros((3, 2)), 3), (np.zeros((3, 2)), 0), (np.zeros(3), 1)])
def test_impossible_sets_are_one_line(points, k):
    with pytest.raises(InputError, match=r"precision and recall: points|k nearest of 3 points"):
        manifold(points, k)


def test_values_that_are_not_finite_and_spaces_that_differ():
    with pytest.raises(InputError, match="finite"):
        manifold(np.full((9, 2), np.nan))
    with pytest.raises(InputError, match="same k"):
        sample_quality(manifold(np.zeros((9, 2))), manifold(np.zeros((9, 3))))
