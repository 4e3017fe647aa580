"""Neighbours gained and lost, against sets."""

import numpy as np
import pytest

from tvae.errors import InputError
from tvae.metrics.neighbour_changes import changes
from tvae.metrics.neighbours import nearest_neighbours


@pytest.fixture
def two_spaces() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    left = rng.normal(size=(200, 4))
    right = left + 0.7 * rng.normal(size=left.shape)
    return nearest_neighbours(left, 12).rows, nearest_neighbours(right, 12).rows


def test_change_is_one_minus_the_jaccard_overlap_of_the_sets(two_spaces: tuple[np.ndarray, np.ndarray]) -> None:
    left, right = two_spaces
    comparison = changes(left, right)
    assert 0 < comparison.change.mean() < 1
    for row in range(len(left)):
        before, after = set(left[row].tolist()), set(right[row].tolist())
        assert comparison.change[row] == pytest.approx(1 - len(before & after) / len(before | after))
        assert comparison.in_either(row) == len(before | after)
        assert comparison.lost_by(row).tolist() == [j for j in left[row] if j not in after]
        assert comparison.gained_by(row).tolist() == [j for j in right[row] if j not in before]
        assert comparison.shared_by(row).tolist() == [j for j in left[row] if j in after]


def test_the_scale_is_absolute(two_spaces: tuple[np.ndarray, np.ndarray]) -> None:
    left, _ = two_spaces
    assert (changes(left, left[:, ::-1]).change == 0).all()  # the order within a set does not count
    apart = changes(np.array([[1, 2], [0, 2]]), np.array([[3, 4], [3, 4]]))
    assert (apart.change == 1).all()
    assert apart.lost.all()
    assert apart.gained.all()


def test_many_blocks_give_what_one_block_gives(
    two_spaces: tuple[np.ndarray, np.ndarray], monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = changes(*two_spaces)
    monkeypatch.setattr("tvae.metrics.neighbour_changes.MARKS", 700)
    parts = changes(*two_spaces)
    np.testing.assert_array_equal(whole.lost, parts.lost)
    np.testing.assert_array_equal(whole.gained, parts.gained)


def test_most_and_least_changed_rows_are_in_order(two_spaces: tuple[np.ndarray, np.ndarray]) -> None:
    comparison = changes(*two_spaces)
    rows = range(len(comparison.change))
    assert comparison.most_changed(10).tolist() == sorted(rows, key=lambda i: (-comparison.change[i], i))[:10]
    assert comparison.least_changed(10).tolist() == sorted(rows, key=lambda i: (comparison.change[i], i))[:10]


def test_spaces_that_do_not_match_are_refused() -> None:
    with pytest.raises(InputError, match="the left has 3, the right 4"):
        changes(np.zeros((3, 2), int), np.zeros((4, 2), int))
    with pytest.raises(InputError, match="it is 2 and 1"):
        changes(np.zeros((3, 2), int), np.zeros((3, 1), int))
