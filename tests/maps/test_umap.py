"""UMAP's parts against plain loops and published values."""

import math

import numpy as np
import pytest

from tvae.maps.kernels import umap_epoch
from tvae.maps.umap import curve, fuzzy_edges, memberships, umap_positions
from tvae.metrics.neighbours import Neighbours, nearest_neighbours

RNG = np.random.default_rng(8)
POINTS = RNG.normal(size=(60, 4)).astype(np.float32)


def test_memberships_sum_to_log2_of_the_neighbours_and_the_nearest_belongs_wholly() -> None:
    near = nearest_neighbours(POINTS, 9)
    weights = memberships(near)
    np.testing.assert_allclose(weights.sum(axis=1), math.log2(10), rtol=1e-6)
    np.testing.assert_allclose(weights[:, 0], 1)
    for row, distances in zip(weights, near.distances.astype(float), strict=True):
        sigma = (distances[0] - distances[5]) / math.log(row[5])
        np.testing.assert_allclose(row, [math.exp(-(d - distances[0]) / sigma) for d in distances], rtol=1e-5)


def test_duplicates_do_not_set_the_local_scale() -> None:
    distances = np.array([[0.0, 0.0, 1.0, 2.0, 3.0]], np.float32)
    weights = memberships(Neighbours(np.array([[1, 2, 3, 4, 5]], np.int32), distances))
    np.testing.assert_allclose(weights[0, :3], 1)
    assert np.isfinite(memberships(Neighbours(np.array([[1, 2]], np.int32), np.zeros((1, 2), np.float32)))).all()


def test_edges_are_the_fuzzy_union_of_both_directions() -> None:
    near = nearest_neighbours(POINTS, 6)
    one_way = np.zeros((60, 60))
    np.put_along_axis(one_way, near.rows.astype(int), memberships(near), 1)
    head, tail, weight = fuzzy_edges(near)
    found = np.zeros((60, 60))
    found[head, tail] = weight
    np.testing.assert_allclose(found, one_way + one_way.T - one_way * one_way.T, atol=1e-12)
    assert (np.diff(head) >= 0).all()


def test_the_curve_is_the_published_one() -> None:
    a, b = curve(0.1)  # umap-learn's documentation gives 1.577 and 0.8951 for these
    assert a == pytest.approx(1.577, abs=0.001)
    assert b == pytest.approx(0.8951, abs=0.0001)


def test_one_visit_moves_both_ends_by_the_gradient() -> None:
    a, b, step = 1.6, 0.9, 0.5
    at = np.array([[0.0, 0.0], [2.0, 1.0]], np.float32)
    edge = (np.array([0], np.int32), np.array([1], np.int32), np.array([2], np.float32), np.array([2], np.float32))
    state = np.array([1], np.uint64)
    settings = (np.float32(a), np.float32(b), np.float32(step), 0, state)
    umap_epoch(at, *edge, np.float32(1), *settings)
    assert at.tolist() == [[0, 0], [2, 1]]  # an edge of period 2 is not due in the first epoch
    umap_epoch(at, *edge, np.float32(2), *settings)
    away = np.array([-2.0, -1.0])
    pull = -2 * a * b * 5 ** (b - 1) / (1 + a * 5**b) * away
    np.testing.assert_allclose(at, [step * pull, [2, 1] - step * pull], rtol=1e-5)


def test_random_rows_push_the_head_away() -> None:
    at = np.array([[0.0, 0.0], [1.0, 0.0]], np.float32)
    edge = (np.array([0], np.int32), np.array([0], np.int32), np.array([1], np.float32), np.array([1], np.float32))
    settings = (np.float32(1.6), np.float32(0.9), np.float32(0.1), 8, np.array([1], np.uint64))
    umap_epoch(at, *edge, np.float32(1), *settings)
    assert at[0, 0] < 0
    assert at[1].tolist() == [1, 0]


def test_a_seed_gives_one_picture_and_another_seed_another() -> None:
    start = 3 * POINTS[:, :2]
    shares: list[float] = []
    first = umap_positions(POINTS, start, 8, 0.1, 1, shares.append)
    assert shares[-1] == 1
    np.testing.assert_array_equal(first, umap_positions(POINTS, start, 8, 0.1, 1, shares.append))
    assert not np.array_equal(first, umap_positions(POINTS, start, 8, 0.1, 2, shares.append))


@pytest.mark.filterwarnings("ignore:Tensorflow not installed:ImportWarning")
def test_the_fuzzy_set_is_umap_learns() -> None:
    from umap.umap_ import fuzzy_simplicial_set

    reference, *_ = fuzzy_simplicial_set(POINTS, 15, np.random.RandomState(0), "euclidean")
    head, tail, weight = fuzzy_edges(nearest_neighbours(POINTS, 14))  # umap-learn counts the row itself
    found = np.zeros((60, 60))
    found[head, tail] = weight
    wanted = reference.toarray()  # pyright: ignore[reportAttributeAccessIssue]
    np.testing.assert_allclose(found, wanted, atol=1e-4)
