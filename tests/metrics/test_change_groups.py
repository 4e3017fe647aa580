"""Groups of rows whose neighbours changed alike: planted groups are found and described."""

import numpy as np
import pytest

from tvae.errors import InputError
from tvae.metrics.change_groups import groups, jaccard_distances
from tvae.metrics.neighbour_changes import Changes, changes
from tvae.metrics.neighbours import nearest_neighbours

DIGITS = [str(digit) for digit in range(10)]


def moved_fours() -> tuple[Changes, np.ndarray, np.ndarray]:
    """Fours, eight of which lie close together among the nines on the left and among the other fours on the right."""
    rng = np.random.default_rng(1)
    labels = np.repeat([4, 9, 1], [60, 40, 40])
    left = rng.normal(size=(140, 3)) + 20 * labels[:, None]
    right = left.copy()
    movers = np.arange(8)
    left[movers] = 0.01 * rng.normal(size=(8, 3)) + 20 * 9
    right[movers] = 0.01 * rng.normal(size=(8, 3)) + 20 * 4
    return changes(nearest_neighbours(left, 15).rows, nearest_neighbours(right, 15).rows), labels, movers


def test_planted_groups_are_found_and_described() -> None:
    moved, labels, movers = moved_fours()
    members = {(group.kind, group.sentence): set(group.rows.tolist()) for group in groups(moved, labels, DIGITS)}
    assert members[("lost", "8 fours leave the nines")] == set(movers)
    assert members[("gained", "8 fours join other fours")] == set(movers)


def test_nothing_moved_makes_no_group() -> None:
    moved, labels, _ = moved_fours()
    assert groups(changes(moved.left, moved.left), labels, DIGITS) == []


def test_only_the_most_changed_rows_are_clustered(monkeypatch: pytest.MonkeyPatch) -> None:
    moved, labels, _ = moved_fours()
    monkeypatch.setattr("tvae.metrics.change_groups.MOST_CLUSTERED", 12)
    kept = {int(row) for c in (1, 4, 9) for row in [i for i in moved.most_changed(140) if labels[i] == c][:12]}
    found_groups = groups(moved, labels, DIGITS, least_members=2)
    assert found_groups
    assert all(set(group.rows.tolist()) <= kept for group in found_groups)


def test_jaccard_distances_are_those_of_the_sets() -> None:
    moved, _, _ = moved_fours()
    rows = np.flatnonzero(moved.lost.any(axis=1))[:30]
    sets = [set(moved.lost_by(int(row)).tolist()) for row in rows]
    plain = [[1 - len(a & b) / len(a | b) for b in sets] for a in sets]
    np.testing.assert_allclose(jaccard_distances(rows, moved.left, moved.lost), plain, atol=1e-12)


def test_names_that_are_no_digits() -> None:
    moved, labels, _ = moved_fours()
    names = ["x"] * 10
    names[4], names[9] = "Ankle boot", "a\nvery long name of a class that nobody reads to its end"
    sentences = [group.sentence for group in groups(moved, labels, names)]
    assert "8 Ankle boot images leave the a very long name of a c… images" in sentences


def test_mixed_neighbours_are_described_by_their_two_most_frequent_classes() -> None:
    moved, labels, movers = moved_fours()
    relabelled = labels.copy()
    relabelled[np.unique(moved.left[movers][moved.lost[movers]])[::2]] = 1
    sentences = {group.sentence for group in groups(moved, relabelled, DIGITS)}
    assert sentences & {"8 fours leave the nines and the ones", "8 fours leave the ones and the nines"}


def test_groups_that_changed_class_come_first() -> None:
    moved, labels, _ = moved_fours()
    found_groups = groups(moved, labels, DIGITS)
    crossed = [group.elsewhere > 0.5 for group in found_groups]
    assert crossed == sorted(crossed, reverse=True)
    assert any(crossed)
    assert not all(crossed)
    for group in found_groups:
        (own,) = set(labels[group.rows].tolist())
        by = moved.lost_by if group.kind == "lost" else moved.gained_by
        neighbour_classes = [int(labels[j]) for row in group.rows for j in by(int(row))]
        assert group.elsewhere == pytest.approx(sum(c != own for c in neighbour_classes) / len(neighbour_classes))


def test_wrong_input_is_refused() -> None:
    moved, labels, _ = moved_fours()
    with pytest.raises(InputError, match="labels"):
        groups(moved, labels[1:], DIGITS)
    with pytest.raises(InputError, match="labels of 9 classes: 9 is not possible"):
        groups(moved, labels, DIGITS[:9])
    with pytest.raises(InputError, match=r"cut: 1\.0 is not possible"):
        groups(moved, labels, DIGITS, cut=1.0)
    with pytest.raises(InputError, match="least_members: 1 is not possible"):
        groups(moved, labels, DIGITS, least_members=1)
