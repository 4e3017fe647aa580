"""What the latent map answers to a place: each arm by its own map, PCA exactly, others by their points."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tvae.errors import InputError
from tvae.maps.alignment import align
from tvae.model.network import to_grey
from tvae.runs.encodings import read_encoding
from tvae.runs.run import read_run
from tvae.runs.weights import network
from tvae.ui import cached
from tvae.ui.components.decoding_probe import Decoded, question_in
from tvae.ui.maps.decoding import FAR, answer_for
from tvae.ui.maps.pair import Pair
from tvae.ui.maps.views import View

RUN = read_run(Path(__file__).parents[3] / "checkpoints" / "digits")


@pytest.fixture
def pair() -> Pair:
    found = read_encoding(RUN, "test")
    assert found is not None
    return Pair(View(RUN, "vae", "VAE"), View(RUN, "tvae", "TVAE"), found.labels, 10)


def positions_of(pair: Pair, method: str) -> tuple[np.ndarray, np.ndarray]:
    found = cached.layout(RUN, method)
    assert found is not None
    left, right = found.positions["vae"], found.positions["tvae"]
    return left, align(left, right).apply(right).astype(np.float32)


def test_at_a_point_of_its_map_an_arm_draws_that_image(pair):
    at = positions_of(pair, "tsne")
    answer = answer_for(pair, at)
    for side, view in enumerate((pair.left, pair.right)):
        for row in (3, 200):
            x, y = at[side][row]
            found = answer((float(x), float(y)))[side]
            assert found.told == "approximate" and not found.far
            expected = to_grey(network(RUN, view.arm).decoded(view.encoded.means[row][None]))[0]
            assert found.image is not None
            assert np.abs(found.image.astype(int) - expected).max() <= 1


def test_pca_is_exact_and_never_far(pair):
    at = positions_of(pair, "pca")
    found = answer_for(pair, at)((float(at[0].max()) * 5, 0.0))
    assert [one.told for one in found] == ["exact in this plane"] * 2
    assert not any(one.far for one in found)


def test_far_from_every_point_is_said(pair):
    at = positions_of(pair, "tsne")
    found = answer_for(pair, at)((float(at[0].max()) * 5, 0.0))
    assert [(one.told, one.far) for one in found] == [(FAR, True)] * 2


def test_an_arm_without_weights_says_so(pair, monkeypatch):
    def refuse(*_):
        raise InputError("weights: lost")

    monkeypatch.setattr(cached, "network", refuse)
    found = answer_for(pair, positions_of(pair, "tsne"))((0.0, 0.0))
    assert [(one.image, one.told) for one in found] == [(None, "weights: lost")] * 2


@pytest.mark.parametrize(
    "sent",
    [None, "place", {}, {"number": 1, "x": "a", "y": 0}, {"number": 1, "x": float("nan"), "y": 0}, {"number": 1}],
)
def test_nonsense_from_a_browser_is_no_question(sent):
    assert question_in({"place": sent}) is None


def test_a_question_is_read():
    assert question_in({"place": {"number": 7, "x": 1, "y": -2.5}}) == (7, (1.0, -2.5))
    assert Decoded(None, "").far is False
