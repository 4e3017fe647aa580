"""Accuracy curves and gap densities show what the arrays hold."""

from __future__ import annotations

import numpy as np
import pytest

from tests.figures.drawn import drawn
from tvae.config import RunConfig
from tvae.figures.arm_styles import arm_styles
from tvae.figures.margins import accuracy_curves, gap_distribution
from tvae.metrics.gap_histogram import gap_histogram
from tvae.metrics.triplet_curve import margin_where, triplet_curve

GENERATOR = np.random.default_rng(1)
LABELS = np.repeat([0, 1, 4], [6, 5, 4])
MEANS = {"vae": GENERATOR.normal(size=(15, 2)), "tvae": GENERATOR.normal(size=(15, 2)) + 3 * LABELS[:, None]}
STYLES = arm_styles(RunConfig())
CURVES = {arm: triplet_curve(means, LABELS) for arm, means in MEANS.items()}


def test_the_curve_is_drawn_in_percent_with_the_margin_and_where_it_meets_a_target():
    where = margin_where(CURVES["vae"], 0.3)
    assert where is not None
    figure = drawn(accuracy_curves(CURVES, STYLES, 1.0, {"paper": 0.3}, leading=["vae"], dashed=["tvae"]))
    vae, tvae, rings, points = figure["data"]
    assert np.allclose(vae["y"], 100 * CURVES["vae"].accuracy)
    assert (vae["name"], vae["line"]["dash"], tvae["line"]["dash"]) == ("VAE", "solid", "dot")
    assert vae["line"]["width"] > tvae["line"]["width"]
    assert (rings["x"], rings["y"]) == ([where], [30.0])
    assert (points["x"], points["y"]) == ([1.0], [pytest.approx(100 * CURVES["vae"].at(1.0).accuracy)])
    assert {line["x0"] for line in figure["layout"]["shapes"]} == {0, 1.0}


def test_without_rings_the_curve_does_not_say_where_it_meets_a_target():
    figure = drawn(accuracy_curves(CURVES, STYLES, 1.0, {"paper": 0.3}, leading=["vae"], rings=False))
    assert not figure["data"][2]["x"] and "meets" not in str(figure)
    assert {line["y0"] for line in figure["layout"]["shapes"]} >= {30.0}, "the target itself stays"


def test_a_margin_beyond_the_curve_draws_no_line_for_it():
    figure = drawn(accuracy_curves(CURVES, STYLES, 1e6, {}, leading=["vae", "tvae"]))
    assert "shapes" not in figure["layout"]
    assert len(figure["data"]) == 3


def test_the_gap_densities_add_up_to_everything():
    gaps = {arm: gap_histogram(means, LABELS) for arm, means in MEANS.items()}
    figure = drawn(gap_distribution(gaps, STYLES, 0.5))
    for trace in figure["data"]:
        assert np.sum(np.diff(trace["x"]) * np.array(trace["y"])[:-1]) == pytest.approx(100)
    assert [line["x0"] for line in figure["layout"]["shapes"]] == [0.5]
