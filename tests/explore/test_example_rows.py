"""Which images are chosen, against plain loops."""

import numpy as np
import pytest

from tvae.errors import InputError
from tvae.explore.example_images import (
    first_of_each_class,
    most_different_rows,
    of_class,
    random_pairs,
    random_rows,
    worst_rows,
)

LABELS = np.array([2, 0, 0, 2, 1, 0, 2, 2])


@pytest.mark.parametrize(
    ("count", "expected"),
    [(1, [1]), (3, [1, 4, 0]), (5, [1, 2, 4, 0, 3]), (8, [1, 2, 5, 4, 0, 3, 6, 7]), (99, [1, 2, 5, 4, 0, 3, 6, 7])],
)
def test_classes_take_turns_and_stand_together(count, expected):
    assert first_of_each_class(LABELS, count).tolist() == expected


def test_the_first_of_a_class():
    assert of_class(LABELS, 2, 3).tolist() == [0, 3, 6]
    assert of_class(LABELS, 7, 3).tolist() == []


def test_random_rows_come_from_the_seed_and_a_larger_count_only_adds():
    few, many = random_rows(50, 5, 3), random_rows(50, 20, 3)
    assert few.tolist() == many[:5].tolist()
    assert len(set(many.tolist())) == 20
    assert random_rows(50, 5, 4).tolist() != few.tolist()
    assert sorted(random_rows(3, 10, 0).tolist()) == [0, 1, 2]
    with pytest.raises(InputError, match="seed: -1"):
        random_rows(5, 2, -1)


def test_random_pairs_are_of_two_classes_each_equally_often():
    pairs = random_pairs(LABELS, 6000, 0)
    assert (LABELS[pairs[:, 0]] != LABELS[pairs[:, 1]]).all()
    allowed = [(i, j) for i in range(8) for j in range(8) if LABELS[i] != LABELS[j]]
    counts = [int(((pairs[:, 0] == i) & (pairs[:, 1] == j)).sum()) for i, j in allowed]
    assert sum(counts) == 6000
    expected = 6000 / len(allowed)
    assert max(abs(count - expected) for count in counts) < 5 * expected**0.5
    with pytest.raises(InputError, match="only one class"):
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
