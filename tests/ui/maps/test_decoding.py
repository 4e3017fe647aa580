"""Decoded positions and places of new codes on the maps: exact for PCA, by the points of other maps."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tvae.errors import InputError
from tvae.maps.alignment import mean_motion
from tvae.maps.parameters import Parameters, PcaParameters, TsneParameters
from tvae.model.network import to_bytes
from tvae.runs.encodings import read_encoding
from tvae.runs.run import read_run
from tvae.runs.weights import network
from tvae.ui import cached
from tvae.ui.components.decoding_probe import Decoded, question_in
from tvae.ui.maps.decoding import FAR, answer_for
from tvae.ui.maps.linked_maps import motion_caption
from tvae.ui.maps.projecting import Picture, kept_still, laid_over, picture, request_for
from tvae.ui.maps.view_pair import ViewPair
from tvae.ui.maps.views import View
from tvae.ui.session import Layouts

RUN = read_run(Path(__file__).parents[3] / "checkpoints" / "digits")


@pytest.fixture
def pair() -> ViewPair:
    found = read_encoding(RUN, "test")
    assert found is not None
    views = View(RUN, "vae"), View(RUN, "tvae")
    return ViewPair(*views, found.labels, RUN.class_names, 10)


def pictures_of(pair: ViewPair, parameters: Parameters) -> tuple[Picture, Picture]:
    """Both maps as the latent map page shows them; the run ships their layouts."""
    kept = Layouts()
    left, right = (
        picture(view, other, request_for(view, other, parameters, 0), kept)
        for view, other in ((pair.left, pair.right), (pair.right, pair.left))
    )
    assert left.ticket is right.ticket is None
    return left, laid_over(left, right, None)


def test_at_a_point_of_its_map_an_arm_draws_that_image(pair):
    pictures = pictures_of(pair, TsneParameters())
    answer = answer_for(pair, pictures)
    for side, view in enumerate((pair.left, pair.right)):
        for row in (3, 200):
            x, y = pictures[side].positions[row]
            decoded = answer((float(x), float(y)))[side]
            assert decoded.accuracy_note == "approximate" and not decoded.far
            expected = to_bytes(network(RUN, view.arm).decoded(view.encoded.means[row][None]))[0]
            assert decoded.image is not None
            assert np.abs(decoded.image.astype(int) - expected).max() <= 1


def test_pca_is_exact_and_never_far(pair):
    pictures = pictures_of(pair, PcaParameters())
    decoded = answer_for(pair, pictures)((float(pictures[0].positions.max()) * 5, 0.0))
    assert [side.accuracy_note for side in decoded] == ["exact in this plane"] * 2
    assert not any(side.far for side in decoded)


@pytest.mark.parametrize("snapshot", [None, RUN.snapshots[0]], ids=["trained", "at the start"])
def test_pca_stays_exact_however_the_map_was_turned(pair, snapshot):
    """The left map of a snapshot is aligned to the trained arm's, the right one to the left."""
    run = RUN.at(snapshot)
    views = View(run, "vae"), View(run, "tvae")
    left, right = pictures_of(ViewPair(*views, pair.labels, pair.class_names, 10), PcaParameters())
    left = kept_still(views[0], left)
    for view, shown in zip(views, (left, laid_over(left, right, np.arange(20))), strict=True):
        assert shown.linear is not None
        width = float(np.ptp(shown.positions, axis=0).max())
        np.testing.assert_allclose(shown.linear.positions(view.encoded.means), shown.positions, atol=1e-5 * width)


def test_far_from_every_point_is_said(pair):
    pictures = pictures_of(pair, TsneParameters())
    decoded = answer_for(pair, pictures)((float(pictures[0].positions.max()) * 5, 0.0))
    assert [(side.accuracy_note, side.far) for side in decoded] == [(FAR, True)] * 2


def test_an_arm_without_weights_says_so(pair, monkeypatch):
    def refuse(*_):
        raise InputError("weights: lost")

    monkeypatch.setattr(cached, "network", refuse)
    decoded = answer_for(pair, pictures_of(pair, TsneParameters()))((0.0, 0.0))
    assert [(side.image, side.accuracy_note) for side in decoded] == [(None, "weights: lost")] * 2


@pytest.mark.parametrize("method", ["pca", "tsne", "umap"])
def test_all_pages_place_a_new_code_at_the_same_position(method):
    """The page of a person's own digit asks a run's maps; the training page asks for the codes of other snapshots."""
    layout = cached.layout(RUN, method)
    trained, snapshot = (cached.encoding(run) for run in (RUN, RUN.at(RUN.snapshots[-1])))
    assert layout is not None and trained is not None and snapshot is not None
    own_digit_maps = cached.arm_maps(trained.arms, layout)
    training_page = cached.placed_codes(trained.arms, layout, snapshot.arms)
    for arm, codes in snapshot.means.items():
        for row in (0, 100, 250):
            placed = own_digit_maps[arm].place_of(codes[row][None])
            np.testing.assert_allclose(placed.positions[0], training_page[arm].positions[row], rtol=1e-6)


@pytest.mark.parametrize(
    "sent",
    [None, "place", {}, {"number": 1, "x": "a", "y": 0}, {"number": 1, "x": float("nan"), "y": 0}, {"number": 1}],
)
def test_nonsense_from_a_browser_is_no_question(sent):
    assert question_in({"place": sent}) is None


def test_a_question_is_read():
    assert question_in({"place": {"number": 7, "x": 1, "y": -2.5}}) == (7, (1.0, -2.5))
    assert Decoded(None, "").far is False


def test_the_caption_compares_the_motion_between_two_maps_with_that_between_two_seeds(pair):
    assert motion_caption(pictures_of(pair, PcaParameters())) == ""
    left, right = pictures_of(pair, TsneParameters())
    assert f"points move {mean_motion(left.positions, right.positions):.2f} of the map's radius" in motion_caption(
        (left, right)
    )
    assert "points move 0.00 of" in motion_caption((left, left))
    assert motion_caption((left, pictures_of(pair, PcaParameters())[1])) == ""
