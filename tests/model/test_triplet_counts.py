"""Counts of satisfied triplets by torch equal those of the processor's kernels to the bit, ties included."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from tvae.metrics.anchor_sample import ALL
from tvae.metrics.grouped_means import grouped_for_triplets
from tvae.metrics.triplet_accuracy import accuracy_of_counts, triplet_accuracy
from tvae.model import triplet_counts
from tvae.model.triplet_counts import anchor_counts

MARGINS = np.array([0.0, 0.1, 1.0, 30.0])
ON_A_GPU = pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no CUDA device")


def spread_means(generator, labels):
    return generator.normal(size=(len(labels), 7)) + labels[:, None] * 0.3


def means_with_ties(generator, labels):
    """Points of a coarse grid, many of them equal: most comparisons at margin 0 or 1 meet a tie."""
    return generator.integers(0, 3, size=(len(labels), 2))


def equal_means(generator, labels):
    return np.full((len(labels), 3), 0.1)


@pytest.mark.parametrize("device", ["cpu", pytest.param("cuda", marks=ON_A_GPU)])
@pytest.mark.parametrize("means_of", [spread_means, means_with_ties, equal_means])
def test_the_accuracy_is_that_of_the_processor_to_the_bit(means_of, device, monkeypatch):
    generator = np.random.default_rng(3)
    labels = np.concatenate([generator.integers(0, 4, 400), [9]])  # the last is alone in its class
    means = means_of(generator, labels).astype(np.float32)
    monkeypatch.setattr(triplet_counts, "BLOCK_VALUES", dict.fromkeys(("cpu", "cuda"), 401 * 37))  # uneven blocks
    expected = triplet_accuracy(means, labels, MARGINS.tolist(), sampling=ALL)
    groups = grouped_for_triplets(means, labels, ALL)
    counts = anchor_counts(groups.columns, groups.starts, groups.anchors, MARGINS.tolist(), torch.device(device))
    counted = accuracy_of_counts(groups, MARGINS, *counts)
    assert counts.satisfied.dtype == np.int64
    np.testing.assert_array_equal(counted.accuracy, expected.accuracy)
    np.testing.assert_array_equal(counted.balanced_accuracy, expected.balanced_accuracy)
    assert counted.n_triplets == expected.n_triplets
    np.testing.assert_allclose(counted.mean_violation, expected.mean_violation, rtol=1e-11, atol=1e-12)
    assert counted.mean_gap == pytest.approx(expected.mean_gap, rel=1e-11, abs=1e-12)


def test_equal_counts_of_each_anchor(digits):
    """By anchor, not only on average: on images, whose whole numbers make ties."""
    means = digits.test.images.reshape(len(digits.test), -1).astype(np.float64)
    groups = grouped_for_triplets(means, digits.test.labels, ALL)
    counts = anchor_counts(groups.columns, groups.starts, groups.anchors, [0.0], torch.device("cpu"))
    distances = np.sqrt(((groups.points[:, None] - groups.points[None]) ** 2).sum(axis=2))  # whole squares: exact
    for anchor in range(0, len(distances), 50):
        own = np.searchsorted(groups.starts, anchor, side="right") - 1
        is_own = np.zeros(len(distances), bool)
        is_own[groups.starts[own] : groups.starts[own + 1]] = True
        to_negatives = distances[anchor][~is_own]
        is_own[anchor] = False
        assert counts.satisfied[anchor, 0] == (distances[anchor][is_own][:, None] <= to_negatives).sum()
