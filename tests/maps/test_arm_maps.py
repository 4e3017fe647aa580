"""Maps of several arms: what lies where, in the layout's own frame and in that of the first arm."""

from __future__ import annotations

import numpy as np
import pytest

from tvae.maps.parameters import PcaParameters, TsneParameters
from tvae.maps.projection import ProjectionRequest, layout
from tvae.maps.shown_map import arm_maps


@pytest.fixture(scope="module")
def means() -> dict[str, np.ndarray]:
    rng = np.random.default_rng(3)
    first = rng.normal(size=(120, 4)) * (4, 2, 1, 0.5)
    turned = first @ np.linalg.qr(rng.normal(size=(4, 4)))[0] * 3 + 7
    return {"vae": first.astype(np.float32), "tvae": turned.astype(np.float32)}


@pytest.mark.parametrize("stored", [True, False], ids=["layout", "without"])
def test_pca_places_every_row_where_it_is_shown(means, stored):
    found = layout(ProjectionRequest(means=means, parameters=PcaParameters())) if stored else None
    maps = arm_maps(means, found)
    assert list(maps) == ["vae", "tvae"]
    for arm, shown in maps.items():
        for row in (0, 50, 119):
            place, likeness = shown.place_of(means[arm][row])
            assert likeness == "exact"
            np.testing.assert_allclose(place, shown.positions[row], atol=1e-4)
    # The second space is the first one turned, scaled and moved, so its picture laid over the first one is the same.
    np.testing.assert_allclose(maps["tvae"].positions, maps["vae"].positions, atol=1e-3)


def test_other_maps_place_by_the_nearest_means(means):
    found = layout(ProjectionRequest(means=means, parameters=TsneParameters(perplexity=10, iterations=60)))
    maps = arm_maps(means, found)
    for arm, shown in maps.items():
        place, likeness = shown.place_of(means[arm][9])
        assert likeness == "approximate"
        np.testing.assert_allclose(place, shown.positions[9], atol=1e-4)
    np.testing.assert_allclose(maps["vae"].positions, found.positions["vae"], atol=1e-6)
