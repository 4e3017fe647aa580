"""The latent map page, run without a browser: its controls, its notes, its panels."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from tvae.data import DataUnavailable
from tvae.maps.projection import Layout, ProjectionRequest, cache_key
from tvae.maps.projector import Progress, ProjectionCancelled, ProjectionFailed
from tvae.model.encoding import EncodedArm
from tvae.runs.encodings import read_encoding, write_encoding
from tvae.runs.run import read_run
from tvae.ui import cached
from tvae.ui.address.row_numbers import LONGEST, rows_from_address, rows_to_address
from tvae.ui.session import keys

ROOT = Path(__file__).parents[2]
SHIPPED = ROOT / "checkpoints"


class FakeTicket:
    """Ticket of a layout that is never computed, or fails at once."""

    def __init__(self, failure: str) -> None:
        self.failure, self.cancelled = failure, False

    @property
    def over(self) -> bool:
        return self.cancelled or bool(self.failure)

    given_up = False

    def progress(self) -> Progress:
        return Progress(0.25, "descending", 30.0)

    def cancel(self) -> None:
        self.cancelled = True

    def result(self, timeout: float | None = None) -> Layout:
        raise ProjectionCancelled("cancelled") if self.cancelled else ProjectionFailed(self.failure)


class FakeProjector:
    """Projector that takes requests and computes nothing."""

    def __init__(self) -> None:
        self.requests: list[ProjectionRequest] = []
        self.failure = ""

    def submit(self, request: ProjectionRequest) -> FakeTicket:
        self.requests.append(request)
        return FakeTicket(self.failure)


@pytest.fixture
def projector(monkeypatch) -> FakeProjector:
    """A fake projector in place of the server's projection process."""
    fake = FakeProjector()
    monkeypatch.setattr(cached, "projector", lambda: fake)
    return fake


def page(**query: str | list[str]) -> AppTest:
    app = AppTest.from_file(str(ROOT / "streamlit_app.py"), default_timeout=60)
    app.switch_page("pages/1_Latent_map.py")
    app.query_params.update({"run": "digits", **query})
    return app.run()


def open_tab(app: AppTest, tab: str) -> None:
    """Open a tab of the drawer as a person does: it is drawn at once."""
    app.session_state[keys.DRAWER_TABS] = tab
    app.run()
    assert not app.exception


def words(app: AppTest) -> str:
    parts = [*app.markdown, *app.caption, *app.error, *app.warning, *app.info]
    return "\n".join(part.value for part in parts)


def picks(app: AppTest):
    (found,) = app.session_state["map-picks"].values()
    return found


def test_it_opens_with_captions_that_say_what_was_measured():
    app = page()
    assert not app.exception
    for said in (
        "n = 359",
        "training seed",
        "checkpoint digits",
        "trustworthiness 0.",
        "2-D 5-NN accuracy",
        "What changed",
    ):
        assert said in words(app)
    assert app.selectbox(key="left").value == "VAE"
    assert app.selectbox(key="right").value == "TVAE"


def test_of_a_collapsed_arm_trustworthiness_is_not_defined(tmp_path, monkeypatch):
    shutil.copytree(SHIPPED / "digits", tmp_path / "collapsed")
    encoding = read_encoding(read_run(SHIPPED / "digits"), "test")
    assert encoding is not None
    arm = encoding.arms["tvae"]
    encoding.arms["tvae"] = EncodedArm(np.ones_like(arm.means), arm.errors, arm.kl)
    write_encoding(tmp_path / "collapsed", encoding)
    monkeypatch.setenv("TVAE_RUNS", str(tmp_path))
    app = page(run="collapsed", projection="PCA")
    assert not app.exception
    assert "**TVAE**, PCA: trustworthiness not defined" in words(app)
    assert "**VAE**, PCA: trustworthiness 0." in words(app)


def test_the_address_opens_rows_and_says_what_it_dropped():
    app = page(rows="3.5-8.99999.x")
    assert not app.exception
    assert picks(app).rows.tolist() == [3, 5, 6, 7, 8]
    assert "rows that don't exist" in words(app)
    assert app.query_params["rows"] == "3.5-8"
    assert app.metric[0].value == "5"


def test_a_selection_outlives_recolouring_another_projection_and_another_k():
    app = page(rows="1-4")
    for key, value in (("colour", "neighbourhood change"), ("projection", "PCA"), ("colour", "lost triplets")):
        app.selectbox(key=key).set_value(value).run()
        assert not app.exception
        assert picks(app).rows.tolist() == [1, 2, 3, 4]
    app.slider(key="k").set_value(20).run()
    open_tab(app, "Findings")
    assert "image's 20 nearest" in words(app)
    assert picks(app).rows.tolist() == [1, 2, 3, 4]


def test_the_histograms_range_selects_those_rows_and_the_whole_scale_none():
    app = page()
    app.slider(key="change-range").set_value((0.9, 1.0)).run()
    assert not app.exception
    rows = picks(app).rows
    assert 0 < len(rows) < 359
    open_tab(app, "Selected")
    assert app.metric[0].value == f"{len(rows):,}"
    open_tab(app, "Findings")
    assert app.slider(key="change-range").value == (0.9, 1.0), "it is where it was left"
    app.slider(key="change-range").set_value((0.0, 1.0)).run()
    assert len(picks(app).rows) == 0


def test_the_most_changed_and_a_group_are_shown_on_the_maps():
    app = page()
    app.button(key="show-most").click().run()
    assert len(picks(app).rows) == 6
    most = picks(app).rows.tolist()
    app.button(key="show-least").click().run()
    assert not app.exception
    assert picks(app).rows.tolist() != most


def test_a_focused_row_is_compared_in_both_spaces():
    app = page()
    picks(app).walk_to(7)
    open_tab(app, "Selected")
    assert "Row **7**" in words(app)


def test_one_arm_under_two_projections_keeps_its_neighbourhoods():
    app = page(left="VAE", right="VAE", **{"right-projection": "PCA"})
    assert not app.exception
    assert "one and the same latent space" in words(app)
    assert "**VAE**, PCA: trustworthiness" in words(app)
    assert "**VAE**, t-SNE, perplexity 30: trustworthiness" in words(app)


def test_arms_of_other_images_are_refused_and_what_fits_is_offered():
    app = page(right="mnist/tvae")
    assert not app.exception
    assert "run mnist: 10,000 other images (mnist)" in words(app)
    assert "These fit: VAE, TVAE" in words(app)


def test_arms_of_two_runs_on_the_same_images_stand_side_by_side(tmp_path, monkeypatch, projector):
    shutil.copytree(SHIPPED / "digits", tmp_path / "copy")
    monkeypatch.setenv("TVAE_RUNS", str(tmp_path))
    app = page(left="VAE", right="copy/TVAE")
    assert not app.exception
    assert app.selectbox(key="right").value == "copy/TVAE"
    assert list(projector.requests[0].means) == ["copy/tvae", "digits/vae"]
    assert len({cache_key(request) for request in projector.requests}) == 1, "both sides share one layout"
    assert "from VAE to copy/TVAE" in words(app)


def test_pca_is_shown_while_a_layout_is_computed_and_cancelling_leaves_the_last_standing(projector):
    app = page()
    app.number_input(key="perplexity").set_value(12.0)
    app.button(key="FormSubmitter:projection-parameters-Compute").click().run()
    assert not app.exception
    assert projector.requests[-1].parameters.perplexity == 12
    assert "PCA, while t-SNE is computed: not measured" in words(app)
    next(button for button in app.button if button.label == "Cancel").click().run()
    app.run()
    assert not app.exception
    assert "t-SNE was cancelled. t-SNE, perplexity 30 is shown instead." in words(app)
    next(button for button in app.button if button.label == "Try again").click().run()
    assert "was cancelled" not in words(app)


def test_a_projection_that_was_given_up_while_nobody_looked_is_asked_for_again(projector):
    app = page()
    app.number_input(key="perplexity").set_value(12.0)
    app.button(key="FormSubmitter:projection-parameters-Compute").click().run()
    assert len(projector.requests) == 1
    for ticket in app.session_state["map-layouts"].tickets.values():
        ticket.given_up = True
    app.run()
    assert len(projector.requests) == 2
    assert "cancelled" not in words(app)


def test_a_projection_that_fails_says_why_and_leaves_the_last_standing(projector):
    projector.failure = "out of luck"
    app = page()
    app.selectbox(key="projection").set_value("UMAP").run()
    app.number_input(key="neighbours").set_value(7)
    app.button(key="FormSubmitter:projection-parameters-Compute").click().run()
    assert not app.exception
    assert "UMAP failed: out of luck. UMAP, 15 neighbours is shown instead." in words(app)


def test_images_that_cannot_be_had_leave_maps_without_thumbnails(monkeypatch):
    def missing(*_):
        raise DataUnavailable("no source had them")

    monkeypatch.setattr(cached, "split", missing)
    app = page(rows="1-4")
    assert not app.exception
    assert "no thumbnails: no source had them" in words(app)
    assert app.metric[0].value == "4"


@pytest.mark.parametrize("content", [b"junk", None])
def test_a_run_without_an_encoding_is_a_message(tmp_path, monkeypatch, content):
    shutil.copytree(SHIPPED / "digits", tmp_path / "copy", ignore=shutil.ignore_patterns("snapshots"))
    path = tmp_path / "copy" / "encoding-test.npz"
    path.unlink() if content is None else path.write_bytes(content)
    monkeypatch.setenv("TVAE_RUNS", str(tmp_path))
    app = page(run="copy")
    assert not app.exception
    assert "no encoded test split" in words(app)


def test_rows_to_an_address_and_back():
    generator = np.random.default_rng(5)
    for count in (0, 1, 3, 500, 5_000, 10_000):
        rows = np.sort(generator.choice(10_000, count, replace=False))
        told = rows_to_address(rows, 10_000)
        assert told is not None
        assert len(told) < LONGEST
        found, dropped = rows_from_address(told, 10_000)
        assert found.tolist() == rows.tolist()
        assert dropped == 0
    scattered = np.sort(generator.choice(70_000, 20_000, replace=False))
    assert rows_to_address(scattered, 70_000) is None
    assert rows_from_address("4-2", 10)[1] == 1
    for junk in ("z", "zAAAA", "é", "-", "1e5", "9" * 5_000):
        assert rows_from_address(junk, 10)[0].tolist() == []


@pytest.mark.parametrize(
    ("parameter", "text", "fits"),
    [
        ("zoom", "2_0.1_-0.2", True),
        ("zoom", "abc", False),
        ("zoom-right", "1_0", False),
        ("zoom", "2_nan_0", False),
        ("hidden", "0.3-5", True),
        ("hidden", "2.55", False),
        ("hidden", "x", False),
    ],
)
def test_an_address_that_asks_the_maps_in_vain_is_told_so(parameter, text, fits):
    app = page(**{parameter: text})
    assert not app.exception
    assert (f"{parameter} can't be " in words(app)) is not fits
