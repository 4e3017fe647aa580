"""Arrows of a step's forces: directions, lengths on one scale, and the share of each in the plane."""

import numpy as np
import pytest

from tvae.figures.colours import TERM_COLOURS
from tvae.figures.training_step import ROLES, share_in_plane, step_figure

POINTS = {"anchor": [0.0, 0.0], "positive": [2.0, 0.0], "negative": [0.5, 1.0]}
PULLS = {
    "reconstruction": {"anchor": [0.3, 0.4], "positive": [-0.3, 0.0], "negative": [0.0, 0.0]},
    "kl": {"anchor": [0.0, 0.0], "positive": [-0.2, 0.0], "negative": [0.0, -0.1]},
    "triplet": {"anchor": [1.0, -1.0], "positive": [-1.0, 0.0], "negative": [0.0, 1.0]},
}
LENGTHS = {
    "reconstruction": {"anchor": 2.5, "positive": 0.6, "negative": 0.1},
    "kl": {"anchor": 0.0, "positive": 0.2, "negative": 0.1},
    "triplet": {"anchor": 2**0.5, "positive": 1.0, "negative": 1.0},
}
EXPLAINED = {
    "points": POINTS,
    "pulls": PULLS,
    "lengths": LENGTHS,
    "weights": {"reconstruction": 1.0, "kl": 0.5, "triplet": 15.0},
}


def test_an_arrow_is_the_part_in_the_plane_and_the_dotted_line_ends_at_the_whole_length():
    figure = step_figure(EXPLAINED, "#000000").to_dict()
    scale = 0.45 * 2.0 / 2.5  # the longest force, 2.5, is 0.45 of the longest distance
    drawn = {(a["arrowcolor"], a["ax"], a["ay"]): (a["x"], a["y"]) for a in figure["layout"]["annotations"]}
    dotted = {trace["line"]["color"]: trace for trace in figure["data"] if trace.get("line", {}).get("width") == 1.5}
    for term, pulls in PULLS.items():
        for place, role in enumerate(ROLES):
            start, pull = np.array(POINTS[role]), np.array(pulls[role])
            tip = start + scale * pull
            trace = dotted[TERM_COLOURS[term]]
            end = np.array([trace["x"][3 * place + 1], trace["y"][3 * place + 1]])
            if pull.any():
                assert drawn[TERM_COLOURS[term], *start] == pytest.approx(tuple(tip))
                assert np.linalg.norm(end - start) == pytest.approx(scale * LENGTHS[term][role])
                assert np.linalg.det([end - start, pull]) == pytest.approx(0)
            else:
                assert (TERM_COLOURS[term], *start) not in drawn and np.allclose(end, start)


def test_the_legend_says_how_much_of_each_term_is_in_the_plane():
    share = ((0.5**2 + 0.3**2) / (2.5**2 + 0.6**2 + 0.1**2)) ** 0.5
    assert share_in_plane(EXPLAINED, "reconstruction") == pytest.approx(share)
    names = [trace["name"] for trace in step_figure(EXPLAINED, "#000000").to_dict()["data"] if "name" in trace]
    assert names == [
        f"1 × reconstruction, {100 * share:.0f} % in the plane",
        "0.5 × KL, 100 % in the plane",
        "15 × triplet, 100 % in the plane",
    ]


def test_a_term_whose_arrows_are_too_short_to_be_drawn_says_so():
    weak = {role: [1e-4, 0.0] for role in ROLES}
    one = EXPLAINED | {"pulls": PULLS | {"kl": weak}, "lengths": LENGTHS | {"kl": dict.fromkeys(ROLES, 1e-4)}}
    figure = step_figure(one, "#000000").to_dict()
    assert TERM_COLOURS["kl"] not in {arrow["arrowcolor"] for arrow in figure["layout"]["annotations"]}
    names = [trace["name"] for trace in figure["data"] if "name" in trace]
    assert names[1] == "0.5 × KL, too weak for an arrow"


@pytest.mark.parametrize("positive", [0.1, 2.0])
def test_names_of_points_that_are_near_each_other_go_apart(positive):
    points = POINTS | {"positive": [positive, 0.0], "negative": [0.5, 1.0]}
    figure = step_figure(EXPLAINED | {"points": points}, "#000000").to_dict()
    (named,) = (trace for trace in figure["data"] if trace["mode"] == "markers+text")
    near = ["bottom left", "bottom right", "top center"]
    assert list(named["textposition"]) == (
        near if positive == 0.1 else ["bottom center", "bottom center", "top center"]
    )


def test_a_term_of_weight_0_and_one_without_force_are_no_arrows():
    nothing = {role: [0.0, 0.0] for role in ROLES}
    still = EXPLAINED | {
        "weights": {"reconstruction": 0.0, "kl": 1.0, "triplet": 0.0},
        "pulls": PULLS | {"kl": nothing},
        "lengths": LENGTHS | {"kl": dict.fromkeys(ROLES, 0.0)},
    }
    figure = step_figure(still, "#000000").to_dict()
    assert not figure["layout"].get("annotations")
    assert [trace["name"] for trace in figure["data"] if "name" in trace] == ["1 × KL, no force"]
