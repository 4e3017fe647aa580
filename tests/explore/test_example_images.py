"""The choice of images to show, against plain loops."""

import math

import numpy as np
import pytest

from tvae.errors import InputError
from tvae.explore.example_images import (
    first_of_each_class,
    most_confusable_pair,
    most_different_rows,
    random_pairs,
    random_rows,
    rows_of_class,
    worst_rows,
)

LABELS = np.array([2, 0, 0, 2, 1, 0, 2, 2])


@pytest.mark.parametrize(
    ("count", "expected"),
    [(1, [1]), (3, [1, 4, 0]), (5, [1, 2, 4, 0, 3]), (8, [1, 2, 5, 4, 0, 3, 6, 7]), (99, [1, 2, 5, 4, 0, 3, 6, 7])],
)
def test_the_first_images_of_all_classes_are_taken_in_turn_and_ordered_by_class(count, expected):
    assert first_of_each_class(LABELS, count).tolist() == expected


def test_fewer_images_than_classes_are_spread_over_the_classes():
    labels = np.repeat(np.arange(26), 3)
    classes = labels[first_of_each_class(labels, 10)]
    assert len(set(classes)) == 10 and classes[0] == 0 and classes[-1] >= 22
    assert np.diff(classes).max() <= 3
    counts = np.bincount(labels[first_of_each_class(labels, 40)])
    assert counts.tolist().count(2) == 14 and counts.min() == 1
    assert len(first_of_each_class(labels, 0)) == 0


def test_the_first_of_a_class():
    assert rows_of_class(LABELS, 2, 3).tolist() == [0, 3, 6]
    assert rows_of_class(LABELS, 7, 3).tolist() == []


def test_random_rows_depend_on_the_seed_and_a_smaller_count_gives_the_first_of_a_larger():
    few, many = random_rows(50, 5, 3), random_rows(50, 20, 3)
    assert few.tolist() == many[:5].tolist()
    assert len(set(many.tolist())) == 20
    assert random_rows(50, 5, 4).tolist() != few.tolist()
    assert sorted(random_rows(3, 10, 0).tolist()) == [0, 1, 2]
    with pytest.raises(InputError, match="seed: -1"):
        random_rows(5, 2, -1)


def test_all_pairs_of_different_classes_are_drawn_equally_often():
    pairs = random_pairs(LABELS, 6000, 0)
    assert (LABELS[pairs[:, 0]] != LABELS[pairs[:, 1]]).all()
    allowed = [(i, j) for i in range(8) for j in range(8) if LABELS[i] != LABELS[j]]
    counts = [int(((pairs[:, 0] == i) & (pairs[:, 1] == j)).sum()) for i, j in allowed]
    assert sum(counts) == 6000
    expected = 6000 / len(allowed)
    assert max(abs(count - expected) for count in counts) < 5 * expected**0.5
    with pytest.raises(InputError, match="of one class"):
        random_pairs(np.zeros(5, int), 2, 0)


def test_the_worst_and_the_most_different():
    first, second = np.array([1.0, 5.0, 2.0, 5.0, 3.0]), np.array([2.0, 1.0, 9.0, 5.0, 1.0])
    assert worst_rows(first, 3).tolist() == [1, 3, 4]
    assert most_different_rows(first, second, 3).tolist() == [2, 1, 4]
    assert most_different_rows(first, second, 9, "first").tolist() == [2, 0]
    assert most_different_rows(first, second, 9, "second").tolist() == [1, 4]
    assert most_different_rows(first, first, 3).tolist() == []
    with pytest.raises(InputError, match="5 of one arm, 4 of the other"):
        most_different_rows(first, second[:4], 3)


@pytest.mark.parametrize("kind", ["gaussian", "grid"])
def test_the_most_confusable_pair_is_that_of_a_loop_over_all_pairs(kind):
    rng = np.random.default_rng(2)
    means = rng.normal(size=(60, 4)) if kind == "gaussian" else rng.integers(0, 3, (60, 3)).astype(float)
    labels = rng.integers(0, 4, 60)
    for a, b in ((0, 1), (3, 2)):
        best = min(
            (math.dist(means[i], means[j]), i, j)
            for i in range(60)
            for j in range(60)
            if labels[i] == a and labels[j] == b
        )
        pair = most_confusable_pair(means, labels, a, b)
        assert (pair.first, pair.second) == best[1:]
        assert pair.distance == pytest.approx(best[0], abs=1e-6)


@pytest.mark.parametrize(("classes", "said"), [((1, 1), "both classes are the same"), ((0, 7), "no images")])
def test_an_impossible_pair_of_classes_is_refused(classes, said):
    with pytest.raises(InputError, match=said):
        most_confusable_pair(np.eye(3), np.array([0, 1, 1]), *classes)
