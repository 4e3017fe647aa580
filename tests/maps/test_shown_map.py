"""Codes of map positions and positions of codes: exact for PCA, else equal to plain loops."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from tvae.errors import InputError
from tvae.maps.alignment import align
from tvae.maps.layout_files import stored_layout
from tvae.maps.parameters import METHODS, PcaParameters, TsneParameters
from tvae.maps.projection import ProjectionRequest, cache_key, project
from tvae.maps.shown_map import NEIGHBOURS, arm_maps, shown_map
from tvae.runs.encodings import read_encoding
from tvae.runs.run import read_run

CHECKPOINTS = Path(__file__).parents[2] / "checkpoints"


def pca_layout(latents: int, n: int = 80):
    random = np.random.default_rng(latents)
    means = {
        name: (random.normal(size=(n, latents)) @ random.normal(size=(latents, latents))).astype(np.float32)
        for name in ("vae", "tvae")
    }
    return means, project(ProjectionRequest(means=means))


@pytest.mark.parametrize("arm", ["vae", "tvae"])
def test_with_two_latents_pca_gives_every_code_back(arm):
    means, pca = pca_layout(2)
    shown = shown_map(means[arm], pca.positions[arm], pca.maps[arm])
    placed = shown.place_of(means[arm])
    assert placed.exact and placed.beyond == 0
    np.testing.assert_allclose(placed.positions, pca.positions[arm], atol=1e-4)
    for row in range(20):
        place = shown.at(tuple(pca.positions[arm][row]))
        np.testing.assert_allclose(place.code, means[arm][row], atol=1e-4)
        assert place.likeness == "exact" and not place.far


def test_with_more_latents_pca_gives_the_code_of_the_plane():
    means, pca = pca_layout(5)
    shown = shown_map(means["tvae"], pca.positions["tvae"], pca.maps["tvae"])
    place = shown.at((0.4, -1.3))
    assert place.likeness == "plane"
    np.testing.assert_allclose(shown.place_of(place.code[None]).positions, [(0.4, -1.3)], atol=1e-5)
    off_plane = place.code - means["tvae"].mean(axis=0)
    plane = pca.maps["tvae"].components
    np.testing.assert_allclose(off_plane - off_plane @ plane.T @ plane, 0, atol=1e-5)


def test_a_map_that_is_aligned_to_another_goes_both_ways():
    means, pca = pca_layout(3)
    other = np.random.default_rng(0).normal(size=(80, 2)) * 7 + 3
    alignment = align(other, pca.positions["vae"])
    positions = alignment.apply(pca.positions["vae"])
    shown = shown_map(means["vae"], positions, pca.maps["vae"].aligned(alignment))
    plain = shown_map(means["vae"], pca.positions["vae"], pca.maps["vae"])
    np.testing.assert_allclose(shown.place_of(means["vae"]).positions, positions, atol=1e-4)
    for row in range(5):
        code = plain.at(tuple(pca.positions["vae"][row])).code
        np.testing.assert_allclose(shown.at(tuple(positions[row])).code, code, atol=1e-4)


def plain_mean(distances: list[float], values: np.ndarray) -> np.ndarray:
    """Local inverse distance weights over the nearest eight; the ninth's distance is where weights reach zero."""
    order = sorted(range(len(distances)), key=lambda row: (distances[row], row))
    reach = distances[order[NEIGHBOURS]]
    total, mean = 0.0, np.zeros(values.shape[1])
    for row in order[:NEIGHBOURS]:
        weight = ((reach - distances[row]) / (reach * distances[row])) ** 2
        total, mean = total + weight, mean + weight * values[row]
    return mean / total


def test_other_maps_decode_a_position_by_its_nearest_points():
    random = np.random.default_rng(3)
    means, positions = random.normal(size=(60, 4)), random.normal(size=(60, 2))
    shown = shown_map(means, positions)
    for position in random.normal(size=(20, 2)):
        place = shown.at(tuple(position))
        assert place.likeness == "approximate"
        expected = plain_mean([math.dist(position, other) for other in positions], means)
        np.testing.assert_allclose(place.code, expected, rtol=1e-5, atol=1e-6)


def test_other_maps_place_a_code_by_its_nearest_means():
    random = np.random.default_rng(3)
    means, positions = random.normal(size=(60, 4)).astype(np.float32), random.normal(size=(60, 2))
    codes = random.normal(size=(20, 4)).astype(np.float32)
    placed = shown_map(means, positions).place_of(codes)
    assert not placed.exact
    for code, position in zip(codes.astype(float), placed.positions, strict=True):
        expected = plain_mean([math.dist(code, mean) for mean in means.astype(float)], positions)
        np.testing.assert_allclose(position, expected, rtol=1e-4, atol=1e-5)


def test_rows_keep_their_positions_and_equal_rows_share_the_mean_of_theirs():
    random = np.random.default_rng(4)
    means, positions = random.normal(size=(50, 4)).astype(np.float32), random.normal(size=(50, 2))
    means[7] = means[3]
    placed = shown_map(means, positions).place_of(means)
    apart = np.delete(np.arange(50), [3, 7])
    np.testing.assert_array_equal(placed.positions[apart], positions[apart])
    np.testing.assert_allclose(placed.positions[[3, 7]], [(positions[3] + positions[7]) / 2] * 2)
    assert placed.beyond == 0


def test_a_position_does_not_depend_on_which_other_codes_come():
    random = np.random.default_rng(5)
    shown = shown_map(random.normal(size=(50, 4)), random.normal(size=(50, 2)))
    codes = random.normal(size=(40, 4))
    np.testing.assert_array_equal(shown.place_of(codes).positions[5:6], shown.place_of(codes[5:6]).positions)


def test_codes_far_from_all_means_are_counted():
    random = np.random.default_rng(6)
    means, codes = random.normal(size=(200, 5)), random.normal(scale=1.5, size=(80, 5))
    nearest = [min(math.dist(a, b) for j, b in enumerate(means) if j != i) for i, a in enumerate(means)]
    usual = float(np.quantile(nearest, 0.99))
    far = [min(math.dist(code, mean) for mean in means) > usual for code in codes]
    shown = shown_map(means, random.normal(size=(200, 2)))
    assert 0.1 < sum(far) / 80 < 0.9
    assert shown.place_of(codes).beyond == sum(far) / 80
    assert shown.place_of(codes + 100).beyond == 1


@pytest.mark.parametrize(("run", "arm"), [("mnist", "vae"), ("mnist", "tvae")])
def test_held_out_rows_of_the_shipped_tsne_are_placed_near_where_tsne_put_them(run, arm):
    encoding = read_encoding(read_run(CHECKPOINTS / run), "test")
    assert encoding is not None
    request = ProjectionRequest(means=encoding.means, parameters=METHODS["tsne"](), labels=encoding.labels)
    tsne = stored_layout(cache_key(request), [CHECKPOINTS / run / "layouts"])
    assert tsne is not None
    held_out = np.arange(len(encoding.labels)) % 10 == 0
    means, positions = encoding.means[arm], tsne.positions[arm]
    placed = shown_map(means[~held_out], positions[~held_out]).place_of(means[held_out])
    error = np.linalg.norm(placed.positions - positions[held_out], axis=1) / np.ptp(positions, axis=0).max()
    assert np.median(error) <= 0.005


def test_on_a_point_its_own_code_is_decoded_and_nothing_jumps_on_the_way_to_another():
    random = np.random.default_rng(3)
    means, positions = random.normal(size=(60, 4)), random.normal(size=(60, 2))
    shown = shown_map(means, positions)
    np.testing.assert_allclose(shown.at(tuple(positions[7])).code, means[7], atol=1e-6)
    way = np.linspace(positions[7], positions[8], 20_001)
    codes = np.array([shown.at(tuple(position)).code for position in way])
    assert np.abs(np.diff(codes, axis=0)).max() < 0.02


def test_a_position_far_from_every_point_is_said_to_be_far():
    grid = np.stack(np.meshgrid(np.arange(10.0), np.arange(10.0)), axis=-1).reshape(-1, 2)
    shown = shown_map(np.zeros((100, 3)), grid)
    assert shown.reach == pytest.approx(3.0)  # three times the spacing
    assert not shown.at((4.4, 4.5)).far and not shown.at((11.9, 4.0)).far
    assert shown.at((12.1, 4.0)).far


@pytest.mark.parametrize("n", [1, 2, 5])
def test_few_points_and_points_in_one_place_are_defined(n):
    means = np.arange(3.0 * n).reshape(n, 3)
    in_one_place = shown_map(means, np.zeros((n, 2)))
    np.testing.assert_allclose(in_one_place.at((0, 0)).code, means.mean(axis=0))
    np.testing.assert_allclose(in_one_place.at((5, 5)).code, means.mean(axis=0))
    spread = shown_map(means, np.arange(2.0 * n).reshape(n, 2))
    assert np.isfinite(spread.at((0.3, 0.4)).code).all()
    assert np.isfinite(spread.place_of(means + 0.1).positions).all()
    np.testing.assert_allclose(spread.place_of(means).positions, spread.positions)


def test_impossible_positions_and_codes_are_refused_in_one_line():
    shown = shown_map(np.zeros((4, 3)), np.zeros((4, 2)))
    with pytest.raises(InputError, match="no place"):
        shown.at((math.nan, 0))
    for codes in (np.zeros(3), np.zeros((1, 2)), np.full((2, 3), np.nan)):
        with pytest.raises(InputError, match="rows of 3 finite numbers"):
            shown.place_of(codes)
    with pytest.raises(InputError, match="same rows"):
        shown_map(np.zeros((4, 3)), np.zeros((5, 2)))


@pytest.fixture(scope="module")
def turned_arms() -> dict[str, np.ndarray]:
    """Two arms; the second is the first one turned, scaled and moved."""
    rng = np.random.default_rng(3)
    first = rng.normal(size=(120, 4)) * (4, 2, 1, 0.5)
    turned = first @ np.linalg.qr(rng.normal(size=(4, 4)))[0] * 3 + 7
    return {"vae": first.astype(np.float32), "tvae": turned.astype(np.float32)}


@pytest.mark.parametrize("stored", [True, False], ids=["layout", "without"])
def test_pca_of_several_arms_places_every_row_where_it_is_shown(turned_arms, stored):
    pca = project(ProjectionRequest(means=turned_arms, parameters=PcaParameters())) if stored else None
    maps = arm_maps(turned_arms, pca)
    assert list(maps) == ["vae", "tvae"]
    for arm, shown in maps.items():
        placed = shown.place_of(turned_arms[arm])
        assert placed.exact
        np.testing.assert_allclose(placed.positions, shown.positions, atol=1e-4)
    np.testing.assert_allclose(maps["tvae"].positions, maps["vae"].positions, atol=1e-3)


def test_maps_of_some_arms_are_aligned_to_the_first_of_them(turned_arms):
    third = {"other": turned_arms["vae"] * (1, -5, 1, 1), **turned_arms}
    maps = arm_maps(turned_arms, project(ProjectionRequest(means=third)))
    np.testing.assert_allclose(maps["tvae"].positions, maps["vae"].positions, rtol=1e-3, atol=1e-3)
    for arm, shown in maps.items():
        np.testing.assert_allclose(shown.place_of(turned_arms[arm]).positions, shown.positions, rtol=1e-3, atol=1e-3)


def test_other_maps_of_several_arms_place_by_the_nearest_means(turned_arms):
    tsne = project(ProjectionRequest(means=turned_arms, parameters=TsneParameters(perplexity=10, iterations=60)))
    maps = arm_maps(turned_arms, tsne)
    for arm, shown in maps.items():
        placed = shown.place_of(turned_arms[arm])
        assert not placed.exact
        np.testing.assert_allclose(placed.positions, shown.positions, atol=1e-4)
    np.testing.assert_allclose(maps["vae"].positions, tsne.positions["vae"], atol=1e-6)
