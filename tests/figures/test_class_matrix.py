"""Every cell of the class matrix carries its classes and its share, and never runs a label as HTML."""

from __future__ import annotations

import json

import numpy as np
import pytest

from tests.figures.drawn import drawn
from tvae.config import LossConfig, RunConfig
from tvae.figures.arm_styles import ArmStyle, arm_styles
from tvae.figures.class_matrix import class_heat_map
from tvae.metrics.triplet_accuracy import class_matrix

LABELS = np.repeat([0, 1, 4], [6, 5, 4])
MEANS = np.random.default_rng(1).normal(size=(15, 2))
STYLES = arm_styles(RunConfig(arms={"vae": LossConfig(triplet_weight=0), "w3": LossConfig(triplet_weight=3)}))


def styled(arms: list[str]) -> list[ArmStyle]:
    return [STYLES[arm] for arm in arms]


@pytest.mark.parametrize(("arms", "said"), [(["vae"], "%"), (["vae", "w3"], "points")])
def test_every_cell_carries_its_classes_and_its_share(arms, said):
    matrix = class_matrix(MEANS, LABELS, 0.5)
    names = ["a", "<b>", "c"]
    figure = drawn(class_heat_map(matrix.accuracy, [0, 1, 4], names, (4, 1), styled(arms), ink="#000000", low=0.2))
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


def test_a_difference_has_the_colour_of_the_arm_that_is_better_and_the_title_says_whose_that_is():
    matrix = class_matrix(MEANS, LABELS, 0.5)
    vae, other = styled(["vae", "w3"])
    names = ["a", "b", "c"]
    figure = drawn(class_heat_map(matrix.accuracy, [0, 1, 4], names, (None, None), [vae, other], ink="#000000", low=0))
    heat = figure["data"][0]
    assert [colour for _, colour in heat["colorscale"]][::2] == [vae.colour, other.colour]
    assert heat["zmin"] == -heat["zmax"]
    title = figure["layout"]["title"]["text"]
    assert title.index(other.colour) < title.index("w 3 · m 1") < title.index(vae.colour) < title.index("VAE, points")


def test_classes_called_alike_keep_cells_of_their_own():
    matrix = class_matrix(MEANS, LABELS, 0.5)
    figure = drawn(
        class_heat_map(
            matrix.accuracy, [0, 1, 4], ["x" * 40] * 3, (None, None), styled(["vae"]), ink="#000000", low=0.0
        )
    )
    assert figure["data"][0]["x"] == [0, 1, 2]
    assert figure["layout"]["xaxis"]["ticktext"] == ["x" * 15 + "…"] * 3


def test_many_classes_have_cells_that_do_not_cover_each_other_and_names_with_room():
    labels = np.repeat(np.arange(62), 3)
    matrix = class_matrix(np.random.default_rng(2).normal(size=(len(labels), 2)), labels, 0.5)
    names = [f"class {label}" for label in range(62)]
    figure = drawn(
        class_heat_map(matrix.accuracy, list(range(62)), names, (None, None), styled(["vae"]), ink="#000000", low=0.0)
    )
    assert figure["data"][1]["marker"]["size"] * 62 <= 260
    assert len(figure["layout"]["xaxis"]["ticktext"]) <= 16
    assert figure["layout"]["height"] >= 62 * 14 and figure["layout"]["yaxis"]["ticktext"] == names
    assert "texttemplate" not in figure["data"][0]
    assert figure["layout"]["xaxis"]["ticktext"][1] == names[figure["layout"]["xaxis"]["tickvals"][1]]
