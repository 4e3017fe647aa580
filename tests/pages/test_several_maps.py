"""The latent map page with one map and with several, run without a browser."""

from __future__ import annotations

import pytest

from tests.pages.test_latent_map_page import page, words
from tvae.ui.maps import linked_maps


@pytest.fixture
def shown(monkeypatch) -> list[dict]:
    """What the maps are given, run by run."""
    calls: list[dict] = []
    drawn = linked_maps.latent_map

    def spy(*sides, **how):
        calls.append({"sides": sides, **how})
        return drawn(*sides, **how)

    monkeypatch.setattr(linked_maps, "latent_map", spy)
    return calls


def titles(call: dict) -> list[str]:
    return [side.title for side in call["sides"]]


def test_a_space_that_would_stand_there_twice_is_shown_once(shown):
    app = page(left="VAE", right="VAE")
    assert not app.exception
    assert titles(shown[-1]) == ["VAE"]
    assert "The right map" not in words(app)
    assert words(app).count("**VAE**, t-SNE") == 1


def test_two_projections_of_one_space_are_two_maps(shown):
    page(left="VAE", right="VAE", **{"right-projection": "PCA"})
    assert titles(shown[-1]) == ["VAE", "VAE"]
