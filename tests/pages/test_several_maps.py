"""The latent map page with one map and with several, run without a browser."""

from __future__ import annotations

import numpy as np
import pytest

from tests.pages.test_latent_map_page import page, projector, words
from tvae.ui.maps import linked_maps

__all__ = ["projector"]


@pytest.fixture
def shown(monkeypatch) -> list[dict]:
    """Arguments of each call that draws the maps, in order."""
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


def test_further_maps_stand_beside_the_two_in_the_layout_of_their_own_epoch(shown, projector):
    app = page(views=["VAE, epoch 0", "TVAE, epoch 100"], projection="PCA")
    assert not app.exception
    assert titles(shown[-1]) == ["VAE", "TVAE", "VAE, epoch 0", "TVAE, epoch 100.4"]
    assert len({side.positions.tobytes() for side in shown[-1]["sides"]}) == 4
    assert "The other maps are turned" in words(app)
    assert len(app.query_params["views"]) == 2


@pytest.mark.parametrize("colour", ["neighbourhood change", "reconstruction error", "wrong nearest neighbour"])
def test_further_maps_have_their_own_numbers_to_colour_by(shown, projector, colour):
    app = page(views="VAE, epoch 0", projection="PCA", colour=colour)
    assert not app.exception
    values = shown[-1]["colour_by"].sides
    assert len(values) == 3
    assert np.array_equal(values[0], values[2]) == (colour == "neighbourhood change")


def test_views_that_are_not_there_are_left_out_with_a_note(shown):
    app = page(views="nothing")
    assert not app.exception
    assert titles(shown[-1]) == ["VAE", "TVAE"]
    assert "nothing" in words(app)
