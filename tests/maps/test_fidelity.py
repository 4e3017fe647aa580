"""Trustworthiness against scikit-learn's, 2-D kNN accuracy against plain voting."""

import math

import numpy as np
import pytest
from sklearn.manifold import trustworthiness as reference

from tvae.errors import InputError
from tvae.maps.fidelity import accuracy_on_map, fidelity, measured_rows
from tvae.metrics.class_vote import winning_classes
from tvae.metrics.neighbours import nearest_neighbours

RNG = np.random.default_rng(4)
POINTS = RNG.normal(size=(300, 6)).astype(np.float32)
POSITIONS = (POINTS[:, :2] + 0.3 * RNG.normal(size=(300, 2))).astype(np.float32)
LABELS = (POINTS[:, 0] > 0).astype(int) * 5 + 2


def test_trustworthiness_is_that_of_the_reference() -> None:
    measures = fidelity(POINTS, POSITIONS, LABELS)
    assert measures.trustworthiness == pytest.approx(reference(POINTS, POSITIONS, n_neighbors=5), abs=1e-9)
    assert (measures.k, measures.rows) == (5, 300)


def test_knn_accuracy_is_that_of_plain_voting() -> None:
    neighbours = nearest_neighbours(POSITIONS, 5).rows
    right = 0
    for row in range(300):
        votes = [int(LABELS[j]) for j in neighbours[row]]
        right += max(votes, key=votes.count) == LABELS[row]  # at a tie the class of the nearest
    accuracy = fidelity(POINTS, POSITIONS, LABELS).knn_accuracy
    assert accuracy == pytest.approx(right / 300)
    assert 0.6 < right / 300 < 1
    assert fidelity(POINTS, POSITIONS, None).knn_accuracy is None


def test_an_exact_map_is_trustworthy_and_a_shuffled_one_is_not() -> None:
    flat = POINTS[:, :2]
    assert fidelity(flat, flat, None).trustworthiness == 1
    shuffled = fidelity(flat, flat[RNG.permutation(300)], None).trustworthiness
    assert shuffled is not None
    assert 0.4 < shuffled < 0.6


def test_trustworthiness_of_many_rows_is_that_of_a_sample(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = fidelity(POINTS, POSITIONS, LABELS)
    monkeypatch.setattr("tvae.maps.fidelity.MOST_ROWS", 100)
    monkeypatch.setattr("tvae.maps.fidelity.BLOCK_VALUES", 1000)
    part = fidelity(POINTS, POSITIONS, LABELS)
    assert part.rows == 100
    assert part.trustworthiness == pytest.approx(whole.trustworthiness, abs=0.03)
    assert part == fidelity(POINTS, POSITIONS, LABELS)
    rows = measured_rows(300)
    nearest = nearest_neighbours(POSITIONS, 5).rows[rows]
    assert part.knn_accuracy == pytest.approx((winning_classes(LABELS[nearest]) == LABELS[rows]).mean())
    assert part.knn_accuracy == accuracy_on_map(POSITIONS, LABELS, 5) != whole.knn_accuracy


@pytest.mark.parametrize(("n", "defined"), [(1, False), (2, False), (3, True), (4, True)])
def test_few_rows(n: int, defined: bool) -> None:
    measures = fidelity(POINTS[:n], POSITIONS[:n], LABELS[:n])
    assert (measures.trustworthiness is not None) == defined
    if measures.trustworthiness is not None:
        assert 0 <= measures.trustworthiness <= 1


def test_of_equal_points_trustworthiness_is_not_defined() -> None:
    assert fidelity(np.ones((20, 3)), POSITIONS[:20], None).trustworthiness is None


@pytest.mark.parametrize("spread", [1.0, 1e-3])
def test_trustworthiness_far_from_the_origin_is_that_of_plain_loops(spread: float) -> None:
    points = (1e4 + spread * POINTS[:120]).astype(np.float32)  # at the small spread many distances are equal
    near = nearest_neighbours(POSITIONS[:120], 5).rows.tolist()
    rows = points.astype(np.float64).tolist()
    cost = 0
    for i in range(120):
        distances = [math.dist(rows[i], rows[j]) if j != i else math.inf for j in range(120)]
        ranks = [1 + sum(d < distances[j] for d in distances) for j in near[i]]
        cost += sum(max(0, rank - 5) for rank in ranks)
    plain = 1 - 2 * cost / (120 * 5 * (2 * 120 - 3 * 5 - 1))
    assert fidelity(points, POSITIONS[:120], None).trustworthiness == pytest.approx(plain, abs=1e-12)


def test_arrays_that_do_not_match_are_refused() -> None:
    with pytest.raises(InputError, match="must match"):
        fidelity(POINTS, POSITIONS[1:], None)
