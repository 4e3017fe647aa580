"""The trade-off figure draws the frontier, marks, bounds and seeds, and keeps labels apart."""

from __future__ import annotations

import numpy as np

from tests.figures.drawn import drawn
from tvae.figures.arm_styles import ArmStyle
from tvae.figures.trade.trade_off import TradePoint, label_places, trade_off


def point(arm: str, accuracy: list[float], cost: list[float]) -> TradePoint:
    style = ArmStyle(name=f"long {arm}", short_name=f"short {arm}", label=arm, colour="#2f6fb4")
    return TradePoint(arm=arm, style=style, accuracy=accuracy, cost=cost)


def test_the_trade_draws_the_frontier_the_marks_the_bounds_and_the_spread_of_seeds():
    figure = drawn(
        trade_off(
            [point("vae", [70, 72], [0, 0]), point("w1", [80, 81], [6, 9]), point("tvae", [90, 91], [4, 6])],
            frontier=["vae", "tvae"],
            marks={"advice": ["tvae"], "knee": [], "Eq. 2 as written": ["w1"]},
            most_cost=5.0,
            least_accuracy=85.0,
            titles=("cost", "accuracy"),
            ink="#111111",
        )
    )
    line, advice, square, labels, arms = figure["data"]
    assert line["x"] == [0.0, 5.0]
    assert (advice["x"], advice["marker"]["symbol"]) == ([5.0], "circle-open")
    assert (square["x"], square["marker"]["symbol"]) == ([7.5], "square-open")
    assert np.allclose(arms["y"], [71, 80.5, 90.5])
    assert arms["customdata"] == ["vae", "w1", "tvae"]
    assert labels["text"] == ["short vae", "short w1", "short tvae"]
    assert labels["marker"]["size"] == [10, square["marker"]["size"], advice["marker"]["size"]]  # beside its mark
    assert np.allclose(arms["error_x"]["array"], [0, 1.5, 1]) and np.allclose(
        arms["error_x"]["arrayminus"], [0, 1.5, 1]
    )
    assert np.allclose(arms["error_y"]["array"], [1, 0.5, 0.5]) and arms["error_y"]["visible"]
    assert arms["hovertext"][1] == "<b>long w1</b><br>80.50 % (80.00 to 81.00)<br>at a cost of 7.50 % (6.00 to 9.00)"
    right, below = figure["layout"]["shapes"]
    assert right["x0"] == 5.0 and below["y1"] == 85.0


def test_one_seed_has_no_whiskers():
    figure = drawn(
        trade_off(
            [point("vae", [70], [0])],
            frontier=["vae"],
            marks={},
            most_cost=500.0,
            least_accuracy=0.0,
            titles=("cost", "accuracy"),
            ink="#111111",
        )
    )
    assert not figure["data"][-1]["error_x"]["visible"]


def test_labels_of_near_points_stand_apart():
    near = np.array([0.0, 0.01, 1.0])
    places = label_places(near, near, ["one", "two", "three"], [10] * 3)
    assert places[0] != places[1]
    assert label_places(np.zeros(1), np.zeros(1), ["alone"], [10]) == ["top left"]


def test_a_label_stays_clear_of_the_mark_around_a_point_beside_it():
    x, y = np.array([0.0, 0.15, 1.0]), np.array([0.0, -0.02, 1.0])
    small = label_places(x, y, ["", "a", ""], [10] * 3)
    beside_a_mark = label_places(x, y, ["", "a", ""], [60, 10, 10])
    assert (small[1], beside_a_mark[1]) == ("top left", "bottom right")


def test_labels_stay_within_the_plot_of_a_phone():
    x, y = np.array([0.0, 0.02, 1.0]), np.array([0.0, 0.1, 1.0])
    places = label_places(x, y, ["first arm", "second arm", "last arm"], [10] * 3)
    assert not any("left" in place for place in places[:2])
    assert "right" not in places[2]


def test_a_label_stands_nearer_to_its_own_point_than_to_another():
    x, y = np.array([0.0, 0.01, 1.0]), np.array([0.0, 0.055, 1.0])
    lower, upper, _ = label_places(x, y, ["VAE", "w 0.3", ""], [10] * 3)
    assert "top" not in lower and "bottom" not in upper
