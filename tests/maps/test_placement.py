"""Places of new means against plain loops."""

import math

import numpy as np
import pytest

from tvae.errors import InputError
from tvae.maps.placement import NEAREST, Placing


def plain_place(point: np.ndarray, fitted: np.ndarray, positions: np.ndarray) -> list[float]:
    """All distances measured and sorted; the weighted mean summed up one by one."""
    measured = sorted((math.dist(point, other), row) for row, other in enumerate(fitted))[:NEAREST]
    if measured[0][0] == 0:
        weighed = [(1.0, row) for distance, row in measured if distance == 0]
    else:
        weighed = [(1 / distance**2, row) for distance, row in measured]
    total = sum(weight for weight, _ in weighed)
    return [sum(weight * positions[row][axis] for weight, row in weighed) / total for axis in (0, 1)]


@pytest.fixture
def fitted():
    points = np.random.default_rng(0).normal(size=(200, 5)).astype(np.float32)
    points[7] = points[3]  # two fitted means at one and the same spot
    return points


@pytest.fixture
def positions():
    return np.random.default_rng(1).normal(size=(200, 2)).astype(np.float32)


def test_places_are_those_of_a_plain_loop(fitted, positions):
    points = np.random.default_rng(2).normal(scale=2, size=(60, 5)).astype(np.float32)
    points[:10] = fitted[:10]
    points[11] = fitted[11] + np.float32(1e-12)
    found = Placing(fitted, positions).places(points).positions
    expected = [plain_place(*told) for told in ((point, fitted, positions) for point in points.astype(np.float64))]
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)


def test_fitted_means_keep_their_places(fitted, positions):
    placed = Placing(fitted, positions).places(fitted)
    apart = np.delete(np.arange(200), [3, 7])
    np.testing.assert_array_equal(placed.positions[apart], positions[apart])
    np.testing.assert_allclose(placed.positions[3], (positions[3] + positions[7]) / 2, rtol=1e-6)
    assert placed.beyond == 0


def test_a_place_does_not_depend_on_which_others_come(fitted, positions):
    points = np.random.default_rng(3).normal(size=(40, 5)).astype(np.float32)
    placing = Placing(fitted, positions)
    np.testing.assert_array_equal(placing.places(points).positions[5:6], placing.places(points[5:6]).positions)


def test_what_lies_beyond_is_counted(fitted, positions):
    nearest = sorted(
        min(math.dist(a, b) for j, b in enumerate(fitted) if j != i) for i, a in enumerate(fitted.astype(np.float64))
    )
    usual = float(np.quantile(nearest, 0.99))
    points = np.random.default_rng(4).normal(scale=1.5, size=(80, 5)).astype(np.float32)
    far = [min(math.dist(point, other) for other in fitted.astype(np.float64)) > usual for point in points]
    assert 0.1 < sum(far) / 80 < 0.9
    assert Placing(fitted, positions).places(points).beyond == sum(far) / 80
    assert Placing(fitted, positions).places(points + 100).beyond == 1


def test_what_does_not_fit_is_refused(fitted, positions):
    with pytest.raises(InputError, match="199 places of 200 rows"):
        Placing(fitted, positions[1:])
    with pytest.raises(InputError, match="4 coordinates; the points have 5"):
        Placing(fitted, positions).places(fitted[:, :4])
    with pytest.raises(InputError, match="not finite"):
        Placing(fitted, positions).places(np.full((2, 5), np.nan))
