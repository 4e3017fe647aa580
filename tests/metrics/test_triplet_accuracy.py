"""Exact triplet accuracy against enumeration, ties and odd class sizes included."""

from __future__ import annotations

import math

import numpy as np
import pytest

from tvae.errors import InputError
from tvae.metrics.random_triplets import sampled_triplet_accuracy
from tvae.metrics.triplet_accuracy import anchor_accuracy, class_matrix, triplet_accuracy

MARGINS = [0.5, 0.0, 3.0, 0.25, 1.0, 100.0]  # in no order


def distance(x: np.ndarray, y: np.ndarray) -> float:
    return math.sqrt(sum((float(a) - float(b)) ** 2 for a, b in zip(x, y, strict=True)))


def by_enumeration(means: np.ndarray, labels: np.ndarray, margin: float) -> dict:
    """Reference over every triplet in plain loops: accuracy and hinge of each anchor, gap, and counts by class."""
    classes = sorted(set(labels.tolist()))
    satisfied = np.zeros((len(classes), len(classes)), np.int64)
    triplets = np.zeros_like(satisfied)
    accuracy, hinge, gap = np.full(len(means), np.nan), [], []
    distances = [[distance(x, y) for y in means] for x in means]
    for a in range(len(means)):
        hits, hinges, gaps = [], [], []
        for p in range(len(means)):
            if p == a or labels[p] != labels[a]:
                continue
            for n in range(len(means)):
                if labels[n] == labels[a]:
                    continue
                near, far = distances[a][p], distances[a][n]
                cell = classes.index(labels[a]), classes.index(labels[n])
                satisfied[cell] += near + margin <= far
                triplets[cell] += 1
                hits.append(near + margin <= far)
                hinges.append(max(0.0, near + margin - far))
                gaps.append(far - near)
        if hits:
            accuracy[a] = np.mean(hits)
            hinge.append(np.mean(hinges))
            gap.append(np.mean(gaps))
    return {
        "accuracy": accuracy,
        "hinge": np.mean(hinge),
        "gap": np.mean(gap),
        "satisfied": satisfied,
        "triplets": triplets,
    }


def small_sets() -> dict[str, tuple[np.ndarray, np.ndarray]]:
    rng = np.random.default_rng(0)
    clustered = rng.normal(size=(40, 2)).astype(np.float32)
    clustered[::5] *= 1e6  # a few far out, so that nearly all the rest share one bucket
    # With a margin of 100 added, distances some 2**-48 apart are rounded to multiples of 2**-46.
    swallowed = np.concatenate([rng.integers(0, 64, (30, 1)) * 2.0**-48, 100 + rng.integers(0, 16, (14, 1)) * 2.0**-46])
    return {
        "plain": (rng.normal(size=(30, 5)).astype(np.float32), rng.integers(0, 3, 30)),
        "lattice, full of ties": (rng.integers(0, 3, (45, 2)).astype(np.float32), rng.integers(0, 4, 45)),
        "classes of one, odd labels": (rng.normal(size=(20, 3)), np.array([7] * 8 + [-3] * 9 + [100, 101, 102])),
        "one dominant class": (rng.normal(size=(40, 1)), np.array([0] * 36 + [1, 1, 2, 3])),
        "outliers": (clustered, rng.integers(0, 2, 40)),
        "three places": (rng.integers(0, 3, (80, 1)).astype(np.float32), np.repeat([0, 1], [12, 68])),
        "duplicates": (np.repeat(rng.normal(size=(4, 6)), 10, axis=0), rng.integers(0, 3, 40)),
        "swallowed by the margin": (swallowed, np.repeat([0, 1], [30, 14])),
        "close and far from 0": ((1e4 + 2e-3 * rng.normal(size=(30, 5))).astype(np.float32), rng.integers(0, 3, 30)),
        "collapsed": (np.ones((20, 4)), rng.integers(0, 3, 20)),
        "nearly collapsed": (1e-300 * rng.normal(size=(20, 4)), rng.integers(0, 3, 20)),
    }


@pytest.mark.parametrize("name", small_sets())
def test_equals_enumeration(name: str) -> None:
    means, labels = small_sets()[name]
    result = triplet_accuracy(means, labels, MARGINS)
    np.testing.assert_array_equal(result.margins, MARGINS)
    for m, margin in enumerate(MARGINS):
        slow = by_enumeration(means, labels, margin)
        np.testing.assert_allclose(result.accuracy[m], np.nanmean(slow["accuracy"]), rtol=1e-14)
        of_class = [np.mean(slow["accuracy"][labels == c]) for c in set(labels.tolist()) if (labels == c).sum() > 1]
        np.testing.assert_allclose(result.balanced_accuracy[m], sum(of_class) / len(of_class), rtol=1e-14)
        np.testing.assert_allclose(result.mean_violation[m], slow["hinge"], rtol=1e-9, atol=1e-15)
        np.testing.assert_allclose(result.mean_gap, slow["gap"], rtol=1e-9, atol=1e-12)
        np.testing.assert_array_equal(anchor_accuracy(means, labels, margin), slow["accuracy"])
        matrix = class_matrix(means, labels, margin)
        np.testing.assert_array_equal(matrix.satisfied, slow["satisfied"])
        np.testing.assert_array_equal(matrix.triplets, slow["triplets"])
        assert result.n_triplets == slow["triplets"].sum()
        assert result.n_anchors == np.isfinite(slow["accuracy"]).sum()
        assert result.n_anchors_left_out == np.isnan(slow["accuracy"]).sum()


def test_the_mean_over_classes_is_the_accuracy_where_classes_are_equal_in_size_and_only_there() -> None:
    rng = np.random.default_rng(4)
    means = np.concatenate([rng.normal(size=(40, 2)), 4 + rng.normal(size=(40, 2)), 2 * rng.normal(size=(40, 2))])
    labels = np.repeat([0, 1, 2], 40)
    equal = triplet_accuracy(means, labels, MARGINS)
    np.testing.assert_allclose(equal.balanced_accuracy, equal.accuracy, rtol=1e-13)
    rare = triplet_accuracy(means[:85], labels[:85], [0.0])  # five left of the class that is the worst
    assert rare.balanced_accuracy[0] < rare.accuracy[0] - 0.1


def test_collapse_is_reported() -> None:
    labels = np.array([0, 0, 1, 1])
    collapsed = triplet_accuracy(np.full((4, 3), 0.7), labels, [0.0, 0.1])
    assert collapsed.accuracy.tolist() == [1.0, 0.0]
    assert collapsed.all_equal
    assert collapsed.spread < 1e-12
    spread = triplet_accuracy(np.array([[0.0], [0.0], [2.0], [2.0]]), labels, [0.0])
    assert not spread.all_equal
    assert spread.spread == 1.0


def test_threads_and_row_order_change_nothing() -> None:
    rng = np.random.default_rng(1)
    means, labels = rng.normal(size=(300, 4)), rng.integers(0, 5, 300)
    one = triplet_accuracy(means, labels, MARGINS)
    two = triplet_accuracy(means, labels, MARGINS, threads=2)
    np.testing.assert_array_equal(one.accuracy, two.accuracy)
    np.testing.assert_array_equal(one.mean_violation, two.mean_violation)
    order = rng.permutation(300)
    np.testing.assert_array_equal(
        anchor_accuracy(means[order], labels[order], 0.5), anchor_accuracy(means, labels, 0.5)[order]
    )
    np.testing.assert_array_equal(
        class_matrix(means, labels, 0.5).satisfied, class_matrix(means, labels, 0.5, threads=2).satisfied
    )


def test_matrix_is_nan_where_there_is_no_triplet() -> None:
    accuracy = class_matrix(np.arange(5.0)[:, None], np.array([0, 0, 1, 1, 9]), 0.0).accuracy
    np.testing.assert_array_equal(np.isnan(accuracy), [[True, False, False], [False, True, False], [True] * 3])


def test_a_thousand_classes() -> None:
    rng = np.random.default_rng(2)
    labels = np.repeat(np.arange(1000), 2)
    centres = rng.normal(size=(1000, 8))
    means = np.repeat(centres, 2, axis=0) + 0.1 * rng.normal(size=(2000, 8))
    matrix = class_matrix(means, labels, 0.5)
    assert matrix.accuracy.shape == (1000, 1000)
    np.testing.assert_allclose(
        np.nanmean(matrix.accuracy), triplet_accuracy(means, labels, [0.5]).accuracy[0], rtol=1e-12
    )


def test_sample_agrees_with_exact_within_four_standard_errors() -> None:
    from sklearn.datasets import load_digits
    from sklearn.decomposition import PCA

    images, labels = map(np.asarray, load_digits(return_X_y=True))
    means = PCA(10, random_state=0).fit_transform(images / 16)
    for margin in (0.0, 0.5):
        exact = triplet_accuracy(means, labels, [margin]).accuracy[0]
        sampled = sampled_triplet_accuracy(means, labels, margin, 100_000, seed=3)
        assert 0 < sampled.standard_error < 0.0017
        assert abs(sampled.accuracy - exact) < 4 * sampled.standard_error


def test_sample_weighs_anchors_not_triplets() -> None:
    # The class of three is always right, the class of thirty spread out and often wrong.
    rng = np.random.default_rng(4)
    labels = np.array([0] * 3 + [1] * 30 + [2])
    means = np.where(labels[:, None] == 0, 50.0, rng.normal(size=(34, 2)))
    exact = triplet_accuracy(means, labels, [0.1]).accuracy[0]
    sampled = sampled_triplet_accuracy(means, labels, 0.1, 200_000, seed=0)
    assert abs(sampled.accuracy - exact) < 4 * sampled.standard_error
    assert sampled == sampled_triplet_accuracy(means, labels, 0.1, 200_000, seed=0)


def test_size_of_the_mnist_test_split() -> None:
    # All 10,000 x 20: the accuracy of classes that overlap by a known amount, and the number of triplets.
    rng = np.random.default_rng(5)
    labels = np.repeat(np.arange(10), 1000)
    means = rng.normal(size=(10_000, 20)).astype(np.float32)
    result = triplet_accuracy(means, labels, [0.0])
    assert result.n_triplets == 10_000 * 999 * 9_000
    sampled = sampled_triplet_accuracy(means, labels, 0.0, 100_000, seed=0)
    assert abs(result.accuracy[0] - sampled.accuracy) < 4 * sampled.standard_error
    assert abs(result.accuracy[0] - 0.5) < 0.005


@pytest.mark.parametrize("margin", [math.nan, math.inf, -math.inf, -0.1, "wide"])
def test_impossible_margins(margin: float) -> None:
    means, labels = np.zeros((4, 2)), np.array([0, 0, 1, 1])
    for measure in (
        lambda: triplet_accuracy(means, labels, [0.0, margin]),
        lambda: anchor_accuracy(means, labels, margin),
        lambda: class_matrix(means, labels, margin),
        lambda: sampled_triplet_accuracy(means, labels, margin, 10, 0),
    ):
        with pytest.raises(InputError, match="margin"):
            measure()


@pytest.mark.parametrize(
    ("means", "labels", "says"),
    [
        (np.zeros((3, 2)), [1, 1, 1], "two classes"),
        (np.zeros((3, 2)), [0, 1, 2], "no anchor has a positive"),
        (np.zeros((2, 2)), [0, 1], "no anchor has a positive"),
        (np.zeros((2, 2)), [0, 0], "two classes"),
        (np.zeros((3, 2)), [0, 1], "shape"),
        (np.zeros((3, 2)), [0.0, 1.0, 1.0], "whole numbers"),
        (np.zeros(3), [0, 1, 1], "shape"),
        (np.zeros((0, 2)), [], "shape"),
        (np.array([[0.0], [np.nan], [1.0]]), [0, 1, 1], "row 1"),
        (np.array([[0.0], [1.0], [np.inf]]), [0, 1, 1], "row 2"),
        (np.array([["a"], ["b"], ["c"]]), [0, 1, 1], "real numbers"),
    ],
)
def test_impossible_input_is_one_line(means: np.ndarray, labels: list, says: str) -> None:
    with pytest.raises(InputError, match=says) as refusal:
        triplet_accuracy(means, np.array(labels), [0.0])
    assert "\n" not in str(refusal.value)


def test_other_wrong_arguments() -> None:
    means, labels = np.zeros((4, 2)), np.array([0, 0, 1, 1])
    with pytest.raises(InputError, match="margins"):
        triplet_accuracy(means, labels, [])
    with pytest.raises(InputError, match="n_triplets"):
        sampled_triplet_accuracy(means, labels, 0.0, 0, 0)
    with pytest.raises(InputError, match="threads"):
        triplet_accuracy(means, labels, [0.0], threads=0)


def test_importing_the_library_does_not_import_numba() -> None:
    import subprocess
    import sys

    code = (
        "import sys, tvae.metrics.scores, tvae.metrics.triplet_accuracy, tvae.metrics.triplet_curve\n"
        "import tvae.metrics.triplet_search\n"
        "sys.exit(bool({'numba', 'sklearn', 'torch'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
