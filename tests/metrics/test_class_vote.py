"""Votes and densities against plain loops."""

import json
import math
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from tvae.errors import InputError
from tvae.metrics.class_vote import class_votes, knn_accuracy, prior_log_density, winning_classes
from tvae.metrics.neighbours import nearest_neighbours, nearest_to


def plain_nearest(query: np.ndarray, points: np.ndarray, left_out: set[int]) -> list[tuple[float, int]]:
    distances = [
        (sum((float(x) - float(y)) ** 2 for x, y in zip(query, point, strict=True)), row)
        for row, point in enumerate(points)
        if row not in left_out
    ]
    return sorted(distances)


@pytest.fixture(params=["gaussian", "grid", "equal", "far"])
def points(request) -> np.ndarray:
    rng = np.random.default_rng(5)
    if request.param == "grid":  # nearly every distance is met many times
        return rng.integers(0, 3, (80, 3)).astype(np.float32)
    if request.param == "equal":
        return np.full((30, 2), 0.1, np.float32)
    if request.param == "far":
        return (rng.integers(0, 4, (70, 3)) / 8 + 1e4).astype(np.float32)
    return rng.normal(size=(90, 5)).astype(np.float32)


@pytest.mark.parametrize("k", [1, 7, 28])
def test_votes_are_those_of_plain_loops(points, k):
    rng = np.random.default_rng(1)
    labels = rng.integers(0, 4, len(points))
    codes = np.concatenate([points[3:6], points[:4] + rng.normal(size=(4, points.shape[1])).astype(np.float32)])
    vote = class_votes(codes, points, labels, 5, k, left_out=(3, 0))
    assert vote.shares.shape == (7, 5)
    for i, code in enumerate(codes):
        near = plain_nearest(code, points, {0, 3})[:k]
        assert vote.nearest.rows[i].tolist() == [row for _, row in near]
        np.testing.assert_allclose(vote.nearest.distances[i], [math.sqrt(d) for d, _ in near], rtol=1e-6)
        votes = Counter(int(labels[row]) for _, row in near)
        assert vote.shares[i].tolist() == pytest.approx([votes[label] / k for label in range(5)])
        most = max(votes.values())
        first = next(int(labels[row]) for _, row in near if votes[int(labels[row])] == most)
        assert vote.winners[i] == first
        assert vote.sureness[i] == pytest.approx(most / k)


def test_each_row_left_out_alone_gives_its_neighbours(points):
    expected = nearest_neighbours(points, 5)
    for row in range(0, len(points), 9):
        nearest = nearest_to(points[row][None], points, 5, left_out=(row,))
        np.testing.assert_array_equal(nearest.rows[0], expected.rows[row])
        np.testing.assert_array_equal(nearest.distances[0], expected.distances[row])


def test_many_queries_are_those_of_one_by_one(monkeypatch, points):
    import tvae.metrics.neighbours

    whole = nearest_to(points, points, 3)
    monkeypatch.setattr(tvae.metrics.neighbours, "BLOCK_VALUES", 2 * len(points))  # two queries at a time
    parts = nearest_to(points, points, 3)
    np.testing.assert_array_equal(whole.rows, parts.rows)


def test_a_tied_vote_goes_to_the_nearest():
    means = np.array([[1.0], [2.0], [-3.0], [-4.0]])
    vote = class_votes(np.array([[0.0]]), means, np.array([2, 1, 1, 2]), 3, 4)
    assert vote.winners[0] == 2 and vote.sureness[0] == 0.5


def plain_winner(classes: list[int]) -> int:
    """Winner by counting one by one; `max` takes the first of equal counts, which is the nearest neighbour's class."""
    return max(classes, key=classes.count)


@pytest.mark.parametrize("k", [1, 2, 5, 40])
def test_the_class_with_most_votes_wins_and_the_nearest_breaks_ties(k):
    classes = np.random.default_rng(2).integers(-2, 3, (300, k))
    assert winning_classes(classes).tolist() == [plain_winner(row) for row in classes.tolist()]


@pytest.mark.parametrize("k", [1, 2, 5, 28])
def test_knn_accuracy_is_that_of_plain_loops(points, k):
    labels = np.random.default_rng(1).integers(0, 4, len(points))
    right = 0
    for row, point in enumerate(points):
        nearest = [other for _, other in plain_nearest(point, points, {row})[:k]]
        right += plain_winner(labels[nearest].tolist()) == labels[row]
    assert knn_accuracy(nearest_neighbours(points, k), labels) == right / len(points)


def test_an_image_does_not_vote_on_itself_but_its_double_does():
    means = np.array([[0.0], [0.0], [5.0], [5.0], [9.0]])
    assert knn_accuracy(nearest_neighbours(means, 1), np.array([0, 1, 2, 2, 3])) == 2 / 5


def test_knn_accuracy_refuses_labels_of_other_rows():
    with pytest.raises(InputError, match=r"shape of labels: \(4,\)"):
        knn_accuracy(nearest_neighbours(np.arange(5.0)[:, None], 1), np.zeros(4, int))


@pytest.mark.parametrize("arm", ["vae", "tvae"])
def test_the_shipped_run_has_the_knn_accuracies_of_the_numba_kernel_that_came_before(arm):
    """metrics.json was written with another search and another vote: both must agree to the last image."""
    run = Path(__file__).parents[2] / "checkpoints" / "mnist"
    measured = json.loads((run / "metrics.json").read_text(encoding="utf-8"))["arms"][arm]
    with np.load(run / "encoding-test.npz") as encoding:
        nearest = nearest_neighbours(encoding[f"{arm}/means"], 5)
        labels = encoding["labels"]
    assert knn_accuracy(nearest.first(1), labels) == measured["knn_accuracy"]
    assert knn_accuracy(nearest, labels) == measured["knn_accuracy_5"]


def test_log_density_is_that_of_a_product_of_normals():
    codes = np.random.default_rng(0).normal(size=(6, 4)) * 2
    for code, log_density in zip(codes, prior_log_density(codes), strict=True):
        density = math.prod(math.exp(-z * z / 2) / math.sqrt(2 * math.pi) for z in code)
        assert log_density == pytest.approx(math.log(density))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"k": 0}, "k nearest of 5 rows: 0 is not possible"),
        ({"k": 5, "left_out": (1, 1)}, "k nearest of 4 rows: 5 is not possible"),
        ({"labels": np.zeros(4, int)}, "one label for each row of means"),
        ({"labels": np.full(5, 3)}, "labels of 3 classes: 3 is not possible; it must be a whole number from 0 to 2"),
        ({"codes": np.zeros((1, 3))}, "3 coordinates; the points have 2"),
        ({"codes": np.full((1, 2), np.nan)}, "not finite"),
        ({"left_out": (5,)}, "can't be left out"),
    ],
)
def test_wrong_input_is_refused(change, said):
    given = {"codes": np.zeros((1, 2)), "means": np.zeros((5, 2)), "labels": np.zeros(5, int), "class_count": 3, "k": 2}
    with pytest.raises(InputError, match=said):
        class_votes(**{**given, **change})
