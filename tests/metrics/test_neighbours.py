"""Exact neighbours against a plain loop over all pairs."""

import math

import numpy as np
import pytest

from tvae.errors import InputError
from tvae.metrics.anchor_sample import EXACT_TO, SAMPLED_ANCHORS
from tvae.metrics.neighbours import Neighbours, nearest_neighbours, nearest_to, searched_rows


def plain_neighbours(points: np.ndarray, k: int) -> tuple[list[list[int]], list[list[float]]]:
    """Neighbours by plain loops: every pair measured, then sorted by distance and row."""
    rows, distances = [], []
    for i, point in enumerate(points.astype(np.float64)):
        others = [
            (sum((a - b) ** 2 for a, b in zip(point, other, strict=True)), j)
            for j, other in enumerate(points.astype(np.float64))
            if j != i
        ]
        others.sort()
        rows.append([j for _, j in others[:k]])
        distances.append([math.sqrt(squared) for squared, _ in others[:k]])
    return rows, distances


def points_of(kind: str) -> np.ndarray:
    rng = np.random.default_rng(3)
    if kind == "gaussian":
        return rng.normal(size=(150, 7))
    if kind == "grid":  # nearly every distance is met many times
        return rng.integers(0, 3, size=(150, 3)).astype(float)
    if kind == "duplicates":
        return np.repeat(rng.normal(size=(15, 4)), 10, axis=0)[rng.permutation(150)]
    if kind == "equal":
        return np.full((60, 5), 0.1)
    if kind == "far from the origin":  # a product of float32 matrices alone would see nothing but rounding here
        return rng.integers(0, 4, size=(120, 3)) / 8 + 1e4
    if kind == "outlier":
        return np.concatenate([rng.normal(size=(80, 3)), [[1e6, -1e6, 1e6]]])
    raise AssertionError(kind)


@pytest.mark.parametrize("k", [1, 5, 40])
@pytest.mark.parametrize("kind", ["gaussian", "grid", "duplicates", "equal", "far from the origin", "outlier"])
def test_neighbours_are_those_of_a_plain_loop(kind: str, k: int) -> None:
    points = points_of(kind).astype(np.float32)
    neighbours = nearest_neighbours(points, k)
    rows, distances = plain_neighbours(points, k)
    assert neighbours.rows.tolist() == rows
    np.testing.assert_allclose(neighbours.distances, distances, rtol=1e-6)
    assert (neighbours.rows.dtype, neighbours.distances.dtype) == (np.int32, np.float32)


@pytest.mark.parametrize("rows", [None, np.array([3, 250, 11])])
def test_threads_change_no_bit_of_the_neighbours(monkeypatch: pytest.MonkeyPatch, rows: np.ndarray | None) -> None:
    monkeypatch.setattr("tvae.metrics.neighbours.BLOCK_VALUES", 3000)
    points = np.random.default_rng(7).integers(0, 4, (300, 3)).astype(np.float32)  # with many equal distances
    one, three = (nearest_neighbours(points, 9, rows, threads=threads) for threads in (1, 3))
    np.testing.assert_array_equal(one.rows, three.rows)
    np.testing.assert_array_equal(one.distances, three.distances)


@pytest.mark.parametrize("rows", [None, np.array([3, 149, 11])])
@pytest.mark.parametrize("kind", ["gaussian", "grid", "duplicates"])
def test_neighbours_among_some_rows_are_those_of_a_plain_loop(kind: str, rows: np.ndarray | None) -> None:
    points = points_of(kind).astype(np.float32)
    among = np.sort(np.random.default_rng(1).choice(150, 60, replace=False))
    found = nearest_neighbours(points, 7, rows, among=among)
    exact = points.astype(np.float64)
    for row, nearest, distances in zip(range(150) if rows is None else rows, *found_lists(found), strict=True):
        others = sorted((((exact[row] - exact[j]) ** 2).sum(), j) for j in among.tolist() if j != row)
        assert nearest == [j for _, j in others[:7]]
        np.testing.assert_allclose(distances, [math.sqrt(squared) for squared, _ in others[:7]], rtol=1e-6)


def found_lists(found: Neighbours) -> tuple[list[list[int]], list[list[float]]]:
    return found.rows.tolist(), found.distances.tolist()


def test_beyond_a_number_of_rows_neighbours_are_looked_for_among_a_sample() -> None:
    assert searched_rows(EXACT_TO) is None
    rows = searched_rows(EXACT_TO + 1)
    assert rows is not None and len(rows) == len(set(rows.tolist())) == SAMPLED_ANCHORS
    assert (np.diff(rows) > 0).all() and rows[-1] <= EXACT_TO
    np.testing.assert_array_equal(rows, searched_rows(EXACT_TO + 1))  # of every arm the same


def test_many_blocks_give_what_one_block_gives(monkeypatch: pytest.MonkeyPatch) -> None:
    points = points_of("grid")
    whole = nearest_neighbours(points, 9)
    monkeypatch.setattr("tvae.metrics.neighbours.BLOCK_VALUES", 1000)
    monkeypatch.setattr("tvae.metrics.neighbours.PAIR_VALUES", 100)
    parts = nearest_neighbours(points, 9)
    np.testing.assert_array_equal(whole.rows, parts.rows)
    np.testing.assert_array_equal(whole.distances, parts.distances)


def test_all_other_rows_can_be_asked_for() -> None:
    points = points_of("gaussian")[:40]
    neighbours = nearest_neighbours(points, 39)
    assert neighbours.rows.tolist() == plain_neighbours(points.astype(np.float32), 39)[0]
    assert nearest_neighbours(points[:2], 1).rows.tolist() == [[1], [0]]


def test_the_first_few_are_those_of_a_smaller_question() -> None:
    points = points_of("gaussian")
    np.testing.assert_array_equal(nearest_neighbours(points, 20).first(5).rows, nearest_neighbours(points, 5).rows)
    with pytest.raises(InputError, match=r"k of these neighbours: 6 is not .* a whole number from 1 to 5"):
        nearest_neighbours(points, 5).first(6)


@pytest.mark.parametrize("k", [0, 10, 11])
def test_an_impossible_k_is_refused(k: int) -> None:
    with pytest.raises(InputError, match=rf"k nearest of 10 rows: {k} is not .* a whole number from 1 to 9"):
        nearest_neighbours(np.zeros((10, 2)), k)


@pytest.mark.parametrize(
    "points", [np.zeros(3), np.zeros((0, 2)), np.zeros((3, 0)), np.full((3, 2), np.nan), np.full((3, 2), 1e300)]
)
def test_what_is_no_table_of_finite_numbers_is_refused(points: np.ndarray) -> None:
    with pytest.raises(InputError) as refusal:
        nearest_neighbours(points, 1)
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize("kept", [6, 40, 150])
@pytest.mark.parametrize("kind", ["gaussian", "grid", "duplicates", "equal", "outlier"])
def test_points_nearest_to_others_are_those_of_a_plain_loop(kind: str, kept: int) -> None:
    """Also where so many are left out that most groups of columns are empty."""
    points = points_of(kind).astype(np.float32)
    rng = np.random.default_rng(0)
    left = rng.permutation(len(points))[:kept]
    out = np.setdiff1d(np.arange(len(points)), left)
    queries = np.concatenate([points[:20], rng.normal(size=(20, points.shape[1]))]).astype(np.float32)
    neighbours = nearest_to(queries, points, 5, out)
    for query, rows, distances in zip(queries.astype(np.float64), neighbours.rows, neighbours.distances, strict=True):
        measured = sorted(
            (sum((a - b) ** 2 for a, b in zip(query, points[j].astype(np.float64), strict=True)), j) for j in left
        )[:5]
        assert rows.tolist() == [j for _, j in measured]
        np.testing.assert_allclose(distances, [math.sqrt(squared) for squared, _ in measured], rtol=1e-6)
