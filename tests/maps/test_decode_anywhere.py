"""From a place to a code and back: exact where it is said to be, plain loops elsewhere."""

from __future__ import annotations

import math

import numpy as np
import pytest

from tvae.errors import InputError
from tvae.maps.alignment import align
from tvae.maps.pca import principal_axes
from tvae.maps.projection import ProjectionRequest, layout
from tvae.maps.shown_map import NEIGHBOURS, pca_behind, shown_map


def pca_maps(latents: int, n: int = 80):
    random = np.random.default_rng(latents)
    means = {
        name: (random.normal(size=(n, latents)) @ random.normal(size=(latents, latents))).astype(np.float32)
        for name in ("vae", "tvae")
    }
    return means, layout(ProjectionRequest(means=means))


@pytest.mark.parametrize("arm", ["vae", "tvae"])
def test_with_two_latents_pca_gives_every_code_back(arm):
    means, made = pca_maps(2)
    found = shown_map(means[arm], made.positions[arm], made.maps[arm])
    for row in range(20):
        place = found.at(tuple(made.positions[arm][row]))
        np.testing.assert_allclose(place.code, means[arm][row], atol=1e-4)
        assert place.likeness == "exact" and not place.far
        np.testing.assert_allclose(found.place_of(means[arm][row])[0], made.positions[arm][row], atol=1e-4)


def test_with_more_latents_pca_gives_the_code_of_the_plane():
    means, made = pca_maps(5)
    found = shown_map(means["tvae"], made.positions["tvae"], made.maps["tvae"])
    spot = (0.4, -1.3)
    place = found.at(spot)
    assert place.likeness == "plane"
    np.testing.assert_allclose(found.place_of(place.code)[0], spot, atol=1e-5)
    off_plane = place.code - means["tvae"].mean(axis=0)
    plane = made.maps["tvae"].components
    np.testing.assert_allclose(off_plane - off_plane @ plane.T @ plane, 0, atol=1e-5)


def test_a_map_that_is_laid_over_another_is_undone():
    means, made = pca_maps(3)
    random = np.random.default_rng(0)
    other = random.normal(size=(80, 2)) * 7 + 3
    laid = align(other, made.positions["vae"])
    shown = laid.apply(made.positions["vae"])
    found, plain = (
        shown_map(means["vae"], shown, made.maps["vae"], laid),
        shown_map(means["vae"], made.positions["vae"], made.maps["vae"]),
    )
    for row in range(5):
        np.testing.assert_allclose(
            found.at(tuple(shown[row])).code, plain.at(tuple(made.positions["vae"][row])).code, atol=1e-4
        )
        np.testing.assert_allclose(found.place_of(means["vae"][row])[0], shown[row], atol=1e-4)


def plain_mean(distances: list[float], values: np.ndarray) -> np.ndarray:
    """Local inverse distance weights over the nearest eight, the ninth's distance being the reach."""
    order = sorted(range(len(distances)), key=lambda row: (distances[row], row))
    reach = distances[order[NEIGHBOURS]]
    total, mean = 0.0, np.zeros(values.shape[1])
    for row in order[:NEIGHBOURS]:
        weight = ((reach - distances[row]) / (reach * distances[row])) ** 2
        total, mean = total + weight, mean + weight * values[row]
    return mean / total


def test_elsewhere_the_nearest_points_speak_for_a_place_and_the_nearest_means_for_a_code():
    random = np.random.default_rng(3)
    means, positions = random.normal(size=(60, 4)), random.normal(size=(60, 2))
    found = shown_map(means, positions)
    for _ in range(20):
        spot, code = random.normal(size=2), random.normal(size=4)
        place = found.at(tuple(spot))
        assert place.likeness == "approximate"
        np.testing.assert_allclose(
            place.code, plain_mean([math.dist(spot, at) for at in positions], means), rtol=1e-5, atol=1e-6
        )
        at, likeness = found.place_of(code)
        assert likeness == "approximate"
        np.testing.assert_allclose(at, plain_mean([math.dist(code, mean) for mean in means], positions))


def test_on_a_point_that_point_alone_speaks_and_nothing_jumps_on_the_way():
    random = np.random.default_rng(3)
    means, positions = random.normal(size=(60, 4)), random.normal(size=(60, 2))
    found = shown_map(means, positions)
    np.testing.assert_allclose(found.at(tuple(positions[7])).code, means[7], atol=1e-6)
    way = np.linspace(positions[7], positions[8], 20_001)
    codes = np.array([found.at(tuple(spot)).code for spot in way])
    assert np.abs(np.diff(codes, axis=0)).max() < 0.02


def test_far_from_any_point_is_said():
    grid = np.stack(np.meshgrid(np.arange(10.0), np.arange(10.0)), axis=-1).reshape(-1, 2)
    found = shown_map(np.zeros((100, 3)), grid)
    assert found.reach == pytest.approx(3.0)  # three times the spacing
    assert not found.at((4.4, 4.5)).far and not found.at((11.9, 4.0)).far
    assert found.at((12.1, 4.0)).far


@pytest.mark.parametrize("n", [1, 2, 5])
def test_few_points_and_points_in_one_place_are_defined(n):
    means = np.arange(3.0 * n).reshape(n, 3)
    alike = shown_map(means, np.zeros((n, 2)))
    np.testing.assert_allclose(alike.at((0, 0)).code, means.mean(axis=0))
    np.testing.assert_allclose(alike.at((5, 5)).code, means.mean(axis=0))
    assert np.isfinite(shown_map(means, np.arange(2.0 * n).reshape(n, 2)).at((0.3, 0.4)).code).all()


def test_impossible_places_are_one_line():
    found = shown_map(np.zeros((4, 3)), np.zeros((4, 2)))
    with pytest.raises(InputError, match="no place"):
        found.at((math.nan, 0))
    with pytest.raises(InputError, match="3 finite numbers"):
        found.place_of(np.zeros(2))
    with pytest.raises(InputError, match="same rows"):
        shown_map(np.zeros((4, 3)), np.zeros((5, 2)))


@pytest.mark.parametrize("latents", [1, 2, 5])
def test_pca_is_known_however_it_was_laid(latents):
    rng = np.random.default_rng(latents)
    means = (rng.normal(size=(60, latents)) * np.arange(1, latents + 1)).astype(np.float32)
    mean, components, _ = principal_axes(means)
    flat = (means - mean) @ components.T
    turned = (-3.0 * flat[:, ::-1] @ np.array([[0.6, 0.8], [-0.8, 0.6]]) + (5, 9)).astype(np.float32)
    found = pca_behind(means, turned)
    assert found is not None
    shown = shown_map(means, turned, *found)
    place, likeness = shown.place_of(means[7])
    assert likeness == "exact"
    np.testing.assert_allclose(place, turned[7], atol=1e-3)
    if latents == 2:
        np.testing.assert_allclose(shown.at((float(turned[7, 0]), float(turned[7, 1]))).code, means[7], atol=1e-3)


def test_another_picture_is_not_taken_for_pca():
    rng = np.random.default_rng(0)
    means = rng.normal(size=(60, 5)).astype(np.float32)
    mean, components, _ = principal_axes(means)
    flat = ((means - mean) @ components.T).astype(np.float32)
    assert pca_behind(means, rng.normal(size=(60, 2)).astype(np.float32)) is None
    flat[3, 0] += 0.1 * np.ptp(flat)
    assert pca_behind(means, flat) is None
