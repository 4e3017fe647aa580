"""The axis from one group's mean to another's, against slow plain code and scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from tvae.errors import InputError
from tvae.explore.mean_axis import SEED, mean_axis, pairs_in_order


def slow_pairs_in_order(lower: np.ndarray, upper: np.ndarray) -> float:
    return sum(1.0 if a < b else 0.5 if a == b else 0.0 for a in lower for b in upper)


def made(n: int = 60, shift: float = 1.0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(n)
    means = rng.normal(size=(n, 4)).astype(np.float32)
    first, second = np.arange(0, n // 3), np.arange(n // 3, n // 2)
    means[second, 1] += shift
    return means, first, second


def test_pairs_are_counted_as_by_a_loop_with_ties_as_halves():
    rng = np.random.default_rng(0)
    for a, b in ((1, 1), (7, 5), (40, 13)):
        lower, upper = rng.integers(0, 6, a).astype(float), rng.integers(1, 7, b).astype(float)
        assert pairs_in_order(lower, upper) == slow_pairs_in_order(lower, upper)
        labels = [0] * a + [1] * b
        assert pairs_in_order(lower, upper) / (a * b) == pytest.approx(roc_auc_score(labels, [*lower, *upper]))


def test_the_coordinate_is_0_at_one_mean_and_1_at_the_other():
    means, first, second = made()
    axis = mean_axis(means, first, second)
    start, end = means[first].mean(axis=0, dtype=float), means[second].mean(axis=0, dtype=float)
    for row in range(len(means)):
        along = sum((float(means[row, i]) - start[i]) * (end[i] - start[i]) for i in range(4))
        assert axis.places[row] == pytest.approx(along / sum((end[i] - start[i]) ** 2 for i in range(4)), abs=1e-9)
    assert axis.places[first].mean() == pytest.approx(0, abs=1e-9)
    assert axis.places[second].mean() == pytest.approx(1)
    assert axis.pairs == len(first) * len(second)
    expected = slow_pairs_in_order(axis.places[first], axis.places[second]) / axis.pairs
    assert axis.share_on_own_axis == pytest.approx(expected)


def test_the_share_is_measured_on_images_that_did_not_make_the_axis():
    means, first, second = made(31)
    axis = mean_axis(means, first, second)
    rng = np.random.default_rng(SEED)
    a, b = (np.array_split(rng.permutation(rows), 2) for rows in (first, second))
    right = pairs = 0.0
    for fitted, other in ((0, 1), (1, 0)):
        u = means[b[fitted]].mean(axis=0, dtype=float) - means[a[fitted]].mean(axis=0, dtype=float)
        right += slow_pairs_in_order(means[a[other]] @ u, means[b[other]] @ u)
        pairs += len(a[other]) * len(b[other])
    assert axis.held_out_pairs == pairs
    assert axis.share == pytest.approx(right / pairs)


def test_groups_that_do_not_differ_look_ordered_on_their_own_axis_alone():
    """In many dimensions an axis always parts the images that made it: only the held-out share says half."""
    means = np.random.default_rng(5).normal(size=(400, 100))
    axis = mean_axis(means, np.arange(0, 100), np.arange(100, 200))
    assert axis.share_on_own_axis > 0.8
    assert axis.share == pytest.approx(0.5, abs=0.06)


def test_images_in_both_groups_are_left_out_and_counted():
    means, _, _ = made()
    axis = mean_axis(means, np.array([0, 1, 2, 3, 3]), np.array([3, 4, 5]))
    assert axis.in_both == 1
    assert axis.first.tolist() == [0, 1, 2] and axis.second.tolist() == [4, 5]


def test_a_group_of_one_image_can_not_be_held_out():
    means, first, _ = made()
    axis = mean_axis(means, first, np.array([59]))
    assert axis.share is None and axis.held_out_pairs == 0
    assert 0 <= axis.share_on_own_axis <= 1


def test_groups_without_an_axis_are_refused_in_one_line():
    means, first, second = made()
    nothing = np.zeros(0, np.int64)
    for groups, words in (
        ((nothing, second), "has no images"),
        ((first, nothing), "has no images"),
        ((first, first[:3]), "in the other too"),
    ):
        with pytest.raises(InputError, match=words) as error:
            mean_axis(means, *groups)
        assert "\n" not in str(error.value)
    for same in (np.zeros_like(means), np.tile(means[:1], (len(means), 1))):
        with pytest.raises(InputError, match="same mean"):
            mean_axis(same, first, second)
    mirrored = np.concatenate([means, -means])
    with pytest.raises(InputError, match="same mean"):
        mean_axis(mirrored, np.array([0, 60]), np.array([1, 61]))
