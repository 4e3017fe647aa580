"""Paths, traversals and ranked latents against plain loops, and special cases of paths."""

import math

import numpy as np
import pytest

from tvae.config import ModelConfig
from tvae.errors import InputError
from tvae.explore.latent_paths import latent_path, picture_changes, ranked_latents, traversals
from tvae.model.network import Network

A = np.array([1.0, 2.0, -0.5, 0.3])
B = np.array([-0.7, 0.4, 1.5, 2.0])


def shoemake(a: np.ndarray, b: np.ndarray, t: float) -> list[float]:
    """Spherical interpolation by Shoemake's formula, for directions that are neither equal nor opposite."""
    length_a, length_b = math.hypot(*a), math.hypot(*b)
    u, v = [x / length_a for x in a], [x / length_b for x in b]
    angle = math.acos(sum(x * y for x, y in zip(u, v, strict=True)))
    length = (1 - t) * length_a + t * length_b
    first, second = math.sin((1 - t) * angle) / math.sin(angle), math.sin(t * angle) / math.sin(angle)
    return [length * (first * x + second * y) for x, y in zip(u, v, strict=True)]


@pytest.mark.parametrize("steps", [2, 5, 21])
def test_paths_are_those_of_plain_loops(steps):
    straight, round_ = latent_path(A, B, steps, "linear"), latent_path(A, B, steps, "spherical")
    assert straight.shape == round_.shape == (steps, 4)
    for i in range(steps):
        t = i / (steps - 1)
        expected = [(1 - t) * x + t * y for x, y in zip(A, B, strict=True)]
        np.testing.assert_allclose(straight[i], expected, atol=1e-6)
        np.testing.assert_allclose(round_[i], shoemake(A, B, t), atol=1e-6)


@pytest.mark.parametrize("kind", ["linear", "spherical"])
@pytest.mark.parametrize(("start", "end"), [(A, B), (A, A), (A, -A), (A, 0 * A), (0 * A, 0 * A), (A, -2 * A)])
def test_a_path_begins_and_ends_exactly_at_its_ends_and_moves_at_every_step(kind, start, end):
    path = latent_path(start, end, 9, kind)
    np.testing.assert_array_equal(path[0], start.astype(np.float32))
    np.testing.assert_array_equal(path[-1], end.astype(np.float32))
    steps = np.linalg.norm(np.diff(path, axis=0), axis=1)
    assert np.isfinite(path).all()
    if np.array_equal(start, end):
        np.testing.assert_array_equal(path, np.tile(start.astype(np.float32), (9, 1)))
    else:
        assert steps.min() > 0.3 * steps.max()


@pytest.mark.parametrize("kind", ["linear", "spherical"])
def test_one_step_is_the_start(kind):
    np.testing.assert_array_equal(latent_path(A, B, 1, kind), A[None].astype(np.float32))


def test_opposite_codes_turn_without_passing_the_origin():
    path = latent_path(A, -A, 11, "spherical")
    lengths = np.linalg.norm(path, axis=1)
    np.testing.assert_allclose(lengths, np.linalg.norm(A), rtol=1e-6)
    cosines = path @ A / np.linalg.norm(A) ** 2
    np.testing.assert_allclose(cosines, np.cos(np.linspace(0, np.pi, 11)), atol=1e-6)
    assert abs(path[5] @ A) < 1e-6
    assert abs(path[5][3]) == np.abs(path[5]).max()  # through the fourth latent, the smallest of A


def test_opposite_codes_of_different_lengths_and_nearly_opposite_codes_have_even_lengths():
    lengths = np.linalg.norm(latent_path(A, -3 * A, 5, "spherical"), axis=1)
    np.testing.assert_allclose(lengths, np.linalg.norm(A) * np.array([1, 1.5, 2, 2.5, 3]), rtol=1e-6)
    for nudge in (1e-12, 1e-8, 1e-5, 1e-3):
        path = latent_path(A, -A + nudge * B, 9, "spherical")
        np.testing.assert_allclose(np.linalg.norm(path, axis=1), np.linalg.norm(A), rtol=2e-3)


def test_with_a_single_latent_a_spherical_path_is_linear():
    np.testing.assert_allclose(latent_path(np.array([2.0]), np.array([-2.0]), 5, "spherical")[:, 0], [2, 1, 0, -1, -2])


@pytest.mark.parametrize(
    ("start", "end", "steps", "kind", "said"),
    [
        (A, B[:3], 5, "linear", "from 4 latents to 3"),
        (A, B, 0, "linear", "steps: 0 is not possible"),
        (A, B, 2.5, "linear", "steps: 2.5"),
        (A, B, 1001, "linear", "steps: 1001"),
        (A, B, 5, "curly", "kind: 'curly'"),
        (A, B * np.nan, 5, "linear", "finite"),
        (np.zeros(0), np.zeros(0), 5, "linear", "shape"),
        (A[None], B, 5, "linear", "shape"),
    ],
)
def test_impossible_paths_are_refused(start, end, steps, kind, said):
    with pytest.raises(InputError, match=said):
        latent_path(start, end, steps, kind)


def test_traversals_change_one_latent_at_a_time():
    values = np.array([-3.0, 0.0, 1.5])
    codes = traversals(A, values)
    assert codes.shape == (4, 3, 4)
    for latent in range(4):
        for place, value in enumerate(values):
            expected = [value if other == latent else x for other, x in enumerate(A.tolist())]
            np.testing.assert_allclose(codes[latent, place], expected, rtol=1e-6)


def test_the_change_of_the_picture_is_the_largest_squared_error_between_two_of_five():
    random = np.random.default_rng(2)
    shapes = {"decoder.0.weight": (6, 4), "decoder.0.bias": (6,), "decoder.2.weight": (9, 6), "decoder.2.bias": (9,)}
    weights = {name: random.normal(size=shape).astype(np.float32) for name, shape in shapes.items()}
    weights["decoder.0.weight"][:, 2] = 0  # a latent that the decoder does not look at
    network = Network(weights, (3, 3, 1), ModelConfig(hidden=6, latent_dim=4))
    changes = picture_changes(network, A)
    for latent in range(4):
        pictures = []
        for value in (-3.0, -1.5, 0.0, 1.5, 3.0):
            code = A.astype(np.float32).copy()
            code[latent] = value
            pictures.append(network.decoded(code[None])[0].astype(float))
        expected = max(((one - other) ** 2).sum() for one in pictures for other in pictures)
        assert changes[latent] == pytest.approx(expected, rel=1e-4)
    assert changes[2] == 0 and changes[[0, 1, 3]].min() > 0.1


def test_latents_are_ranked_by_kl_and_those_that_hardly_change_the_picture_are_listed_apart():
    ranked = ranked_latents(np.array([0.2, 0.0, 3.0, 0.0099, 0.01, 3.0]), np.array([9.0, 0.1, 2.0, 0.5, 0.4, 0.1]), 0.5)
    assert ranked.drawn.tolist() == [2, 0, 3]
    assert ranked.faint.tolist() == [5, 4, 1]
    assert ranked.on.tolist() == [2, 5, 0, 4], "a latent may be on and yet draw next to nothing"


def test_all_latents_may_be_off_and_draw_nothing():
    ranked = ranked_latents(np.zeros(3), np.zeros(3), 1.0)
    assert ranked.on.tolist() == ranked.drawn.tolist() == [] and ranked.faint.tolist() == [0, 1, 2]


@pytest.mark.parametrize(
    ("kl", "changes"),
    [(np.zeros((2, 2)), np.zeros(2)), (np.array([1.0, np.nan]), np.zeros(2)), (np.zeros(2), np.zeros(3))],
)
def test_latents_that_are_no_rows_of_finite_numbers_are_refused(kl, changes):
    with pytest.raises(InputError, match="latents: "):
        ranked_latents(kl, changes, 1.0)
