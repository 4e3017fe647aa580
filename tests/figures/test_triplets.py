"""Figures say what the arrays say, and never run a label as HTML."""

from __future__ import annotations

import base64
import json
from typing import Any

import numpy as np
import plotly.graph_objects as go
import pytest

from tvae.figures.class_matrix import class_heat_map
from tvae.figures.margins import accuracy_curves, gap_distribution
from tvae.figures.trade_off import label_places, trade_off
from tvae.metrics.gap_histogram import gap_histogram
from tvae.metrics.triplet_accuracy import class_matrix
from tvae.metrics.triplet_curve import margin_where, triplet_curve

GENERATOR = np.random.default_rng(1)
LABELS = np.repeat([0, 1, 4], [6, 5, 4])
MEANS = {"vae": GENERATOR.normal(size=(15, 2)), "tvae": GENERATOR.normal(size=(15, 2)) + 3 * LABELS[:, None]}
COLOURS = {"vae": "#3d7cc4", "tvae": "#d9722e"}
CURVES = {arm: triplet_curve(means, LABELS) for arm, means in MEANS.items()}


def drawn(figure: go.Figure) -> dict[str, Any]:
    """What travels to the browser, with packed arrays as lists."""

    def unpacked(value: dict[str, Any]) -> Any:
        if "bdata" not in value:
            return value
        array = np.frombuffer(base64.b64decode(value["bdata"]), value["dtype"])
        return array.reshape([int(n) for n in value.get("shape", "-1").split(",")]).tolist()

    return json.loads(figure.to_json() or "", object_hook=unpacked)


def test_the_curve_is_drawn_in_percent_with_the_margin_and_where_it_meets_a_target():
    where = margin_where(CURVES["vae"], 0.3)
    assert where is not None
    figure = drawn(accuracy_curves(CURVES, COLOURS, 1.0, {"paper": 0.3}, leading=["vae"], dashed=["tvae"]))
    vae, tvae, rings, points = figure["data"]
    assert np.allclose(vae["y"], 100 * CURVES["vae"].accuracy)
    assert (vae["name"], vae["line"]["dash"], tvae["line"]["dash"]) == ("VAE", "solid", "dot")
    assert vae["line"]["width"] > tvae["line"]["width"]
    assert (rings["x"], rings["y"]) == ([where], [30.0])
    assert (points["x"], points["y"]) == ([1.0], [pytest.approx(100 * CURVES["vae"].at(1.0).accuracy)])
    assert {line["x0"] for line in figure["layout"]["shapes"]} == {0, 1.0}


def test_a_margin_beyond_the_curve_draws_no_line_for_it():
    figure = drawn(accuracy_curves(CURVES, COLOURS, 1e6, {}, leading=["vae", "tvae"]))
    assert "shapes" not in figure["layout"]
    assert len(figure["data"]) == 3


def test_the_gap_densities_add_up_to_everything():
    gaps = {arm: gap_histogram(means, LABELS) for arm, means in MEANS.items()}
    figure = drawn(gap_distribution(gaps, COLOURS, 0.5))
    for trace in figure["data"]:
        assert np.sum(np.diff(trace["x"]) * np.array(trace["y"])[:-1]) == pytest.approx(100)
    assert [line["x0"] for line in figure["layout"]["shapes"]] == [0.5]


@pytest.mark.parametrize(("low", "said"), [(0.2, "%"), (None, "points")])
def test_every_cell_carries_its_classes_and_its_share(low, said):
    matrix = class_matrix(MEANS["vae"], LABELS, 0.5)
    names = ["a", "<b>", "c"]
    figure = drawn(class_heat_map(matrix.accuracy, [0, 1, 4], names, (4, 1), "VAE", ink="#000000", low=low))
    heat, cells = figure["data"]
    assert np.allclose(np.array(heat["z"], float), 100 * matrix.accuracy, equal_nan=True)
    assert cells["customdata"] == [[0, 1], [0, 4], [1, 0], [1, 4], [4, 0], [4, 1]]
    for text, x, y in zip(cells["hovertext"], cells["x"], cells["y"], strict=True):
        assert f"{100 * matrix.accuracy[y, x]:.2f} {said}" in text
    assert cells["hovertext"][0].startswith("anchor a, negative &lt;b&gt;: ")
    assert "<b>" not in json.dumps(figure)
    row, column = figure["layout"]["shapes"]
    assert (row["y0"], row["y1"]) == (1.5, 2.5)
    assert (column["x0"], column["x1"]) == (0.5, 1.5)


def test_classes_called_alike_keep_cells_of_their_own():
    matrix = class_matrix(MEANS["vae"], LABELS, 0.5)
    figure = drawn(class_heat_map(matrix.accuracy, [0, 1, 4], ["x" * 40] * 3, (None, None), "", ink="#000000", low=0.0))
    assert figure["data"][0]["x"] == [0, 1, 2]
    assert figure["layout"]["xaxis"]["ticktext"] == ["x" * 11 + "…"] * 3


def test_the_trade_draws_the_frontier_from_cheap_to_dear_and_marks_what_it_is_told_to():
    figure = drawn(
        trade_off(
            ["vae", "w1", "tvae"],
            np.array([0.9, 0.8, 0.7]),
            np.array([5.0, 6.0, 1.0]),
            np.array([True, False, True]),
            {**COLOURS, "w1": "#000000"},
            "cost",
            paper="tvae",
            chosen=["w1"],
            ink="#111111",
        )
    )
    line, diamond, ring, arms = figure["data"]
    assert line["x"] == [1.0, 5.0]
    assert (diamond["x"], diamond["marker"]["symbol"]) == ([1.0], "diamond")
    assert ring["x"] == [6.0]
    assert np.allclose(arms["y"], [90, 80, 70])
    assert arms["customdata"] == ["vae", "w1", "tvae"]
    assert arms["text"] == ["VAE", "W1", "TVAE"]


def test_labels_of_near_points_stand_apart():
    near = np.array([0.0, 0.01, 1.0])
    places = label_places(near, near, ["one", "two", "three"])
    assert places[0] != places[1]
    assert label_places(np.zeros(1), np.zeros(1), ["alone"]) == ["top left"]
