"""The trade-off figure draws the frontier and the marks, and keeps labels apart."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from tests.figures.drawn import drawn
from tvae.config import LossConfig, RunConfig
from tvae.figures.arm_styles import arm_styles
from tvae.figures.colours import TVAE_ORANGE, VAE_BLUE
from tvae.figures.trade_off import label_places, trade_off

PLAIN, USUAL = LossConfig(triplet_weight=0), LossConfig()


def test_the_trade_draws_the_frontier_from_cheap_to_dear_and_marks_what_it_is_told_to():
    figure = drawn(
        trade_off(
            ["vae", "w1", "tvae"],
            np.array([0.9, 0.8, 0.7]),
            np.array([5.0, 6.0, 1.0]),
            np.array([True, False, True]),
            arm_styles(RunConfig(arms={"vae": PLAIN, "w1": replace(USUAL, triplet_weight=1), "tvae": USUAL})),
            "cost",
            preset="tvae",
            literal="w1",
            chosen=["w1"],
            ink="#111111",
        )
    )
    line, diamond, square, ring, arms = figure["data"]
    assert line["x"] == [1.0, 5.0]
    assert (diamond["x"], diamond["marker"]["symbol"]) == ([1.0], "diamond")
    assert (square["x"], square["marker"]["symbol"]) == ([6.0], "square")
    assert ring["x"] == [6.0]
    assert np.allclose(arms["y"], [90, 80, 70])
    assert arms["customdata"] == ["vae", "w1", "tvae"]
    assert arms["text"] == ["VAE", "w 1 · m 1", "TVAE"]
    assert arms["hovertext"] == ["VAE", "weight 1, margin 1", "TVAE"]
    assert arms["marker"]["color"][0] == VAE_BLUE and arms["marker"]["color"][2] == TVAE_ORANGE


def test_labels_of_near_points_stand_apart():
    near = np.array([0.0, 0.01, 1.0])
    places = label_places(near, near, ["one", "two", "three"])
    assert places[0] != places[1]
    assert label_places(np.zeros(1), np.zeros(1), ["alone"]) == ["top left"]
