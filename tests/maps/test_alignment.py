"""Alignment undoes a planted rotation, mirroring and scale, and keeps the size of maps that agree little."""

import numpy as np
import pytest

from tvae.errors import InputError
from tvae.maps.alignment import align, mean_motion

RNG = np.random.default_rng(2)
LEFT = RNG.normal(size=(60, 2)) * [3, 1] + [10, -4]


def turned(angle: float, mirrored: bool) -> np.ndarray:
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    return turn @ np.diag([1.0, -1.0]) if mirrored else turn


@pytest.mark.parametrize("mirrored", [False, True])
@pytest.mark.parametrize("rows", [None, np.arange(0, 60, 7)])
def test_a_planted_rotation_reflection_and_scale_are_found(mirrored: bool, rows: np.ndarray | None) -> None:
    turn = turned(2.1, mirrored)
    right = 0.37 * LEFT @ turn + [5.0, 100.0]
    found = align(LEFT, right, rows)
    np.testing.assert_allclose(found.apply(right), LEFT, atol=1e-9)
    np.testing.assert_allclose(found.rotation, turn.T, atol=1e-12)
    assert found.scale == pytest.approx(1 / 0.37)
    assert np.linalg.det(found.rotation) == pytest.approx(-1 if mirrored else 1)
    np.testing.assert_allclose(found.undo(found.apply(right)), right, atol=1e-9)


def test_no_other_rotation_moves_the_rows_less() -> None:
    right = LEFT @ turned(0.5, True) * 2 + RNG.normal(size=LEFT.shape)
    found = align(LEFT, right)
    best = ((found.apply(right) - LEFT) ** 2).sum()
    for angle, mirrored in [(0.02, False), (-0.02, False), (0.0, True), (1.5, True)]:
        other = (right - right.mean(axis=0)) @ found.rotation @ turned(angle, mirrored) * found.scale
        assert ((other + LEFT.mean(axis=0) - LEFT) ** 2).sum() > best


def test_a_picture_that_agrees_little_keeps_its_size() -> None:
    right = 7 * RNG.normal(size=LEFT.shape)
    assert align(LEFT, right).apply(right).var(axis=0).sum() == pytest.approx(LEFT.var(axis=0).sum())


def test_aligning_to_a_selection_moves_it_less_than_aligning_to_all() -> None:
    centred, chosen = LEFT - LEFT.mean(axis=0), np.arange(10)
    right = centred @ turned(1.0, False)
    right[chosen] = centred[chosen] @ turned(-2.0, False)
    to_all, to_chosen = align(LEFT, right), align(LEFT, right, chosen)

    def motion(points: np.ndarray) -> float:
        return float(np.linalg.norm(points[chosen] - LEFT[chosen], axis=1).mean())

    assert motion(to_chosen.apply(right)) < 0.5 * motion(to_all.apply(right))
    assert to_chosen.scale == to_all.scale


@pytest.mark.parametrize("n", [1, 2, 3])
def test_few_rows_and_rows_in_one_place_are_defined(n: int) -> None:
    for left, right in [(LEFT[:n], LEFT[:n] * 2), (np.ones((n, 2)), LEFT[:n]), (LEFT[:n], np.ones((n, 2)))]:
        found = align(left, right)
        assert np.isfinite(found.apply(right)).all()
        assert found.scale > 0
        np.testing.assert_allclose(found.apply(right).mean(axis=0), left.mean(axis=0), atol=1e-9)
    np.testing.assert_allclose(align(LEFT[:n], LEFT[:n] * 2).apply(LEFT[:n] * 2), LEFT[:n], atol=1e-9)


def test_wrong_input_is_refused() -> None:
    with pytest.raises(InputError, match="same n"):
        align(LEFT, LEFT[1:])
    with pytest.raises(InputError, match="not finite"):
        align(LEFT, LEFT * np.nan)
    for rows in ([60], [-1], []):
        with pytest.raises(InputError, match="from 0 to 59"):
            align(LEFT, LEFT, np.array(rows, int))


def test_mean_motion_is_in_radii_of_the_left_map() -> None:
    square = np.array([[1, 1], [-1, 1], [-1, -1], [1, -1]])  # its radius is the root of 2
    assert mean_motion(square, square + np.array([0.0, np.sqrt(2) / 2])) == pytest.approx(0.5)
    assert mean_motion(square, square) == mean_motion(np.ones((3, 2)), np.ones((3, 2))) == 0
