"""The interpolation page, run without a browser: ends, steps, votes, wrong input."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from tests.conftest import small_run_config
from tvae.config import LossConfig
from tvae.data import DataUnavailable
from tvae.explore.example_images import most_confusable_pair
from tvae.explore.latent_paths import latent_path
from tvae.metrics.class_vote import class_votes, prior_log_density
from tvae.model.encoding import Encoding
from tvae.runs.encodings import read_encoding
from tvae.runs.recording import record
from tvae.runs.run import read_run
from tvae.ui import cached

ROOT = Path(__file__).parents[2]
DIGITS = ROOT / "checkpoints" / "digits"


def page(query: dict[str, str]) -> AppTest:
    app = AppTest.from_file(str(ROOT / "streamlit_app.py"), default_timeout=120)
    app.switch_page("pages/3_Interpolation.py")
    app.query_params.update(query)
    return app.run()


def words(app: AppTest) -> str:
    parts = [*app.markdown, *app.caption, *app.error, *app.warning, *app.info]
    return "\n".join(part.value for part in parts)


def numbers(app: AppTest, arm: str) -> Any:
    """Table of the steps of an arm's path."""
    table = app.dataframe[0].value
    return table[table["arm"] == arm]


def encoding() -> Encoding:
    found = read_encoding(read_run(DIGITS), "test")
    assert found is not None
    return found


@pytest.mark.parametrize(("way", "kind"), [("straight", "linear"), ("spherical", "spherical")])
def test_the_steps_are_those_of_the_library(way, kind):
    app = page({"run": "digits", "ends": "two rows", "from-row": "5", "to-row": "44", "steps": "7", "way": way})
    assert not app.exception
    found = encoding()
    for arm in ("vae", "tvae"):
        shown, means = numbers(app, arm.upper()), found.arms[arm].means
        codes = latent_path(means[5], means[44], 7, kind)
        votes = class_votes(codes, means, found.labels, 10, 15, left_out=(5, 44))
        assert list(shown["class"]) == [str(label) for label in votes.winners]
        assert list(shown["share of the vote"]) == pytest.approx(votes.sureness.tolist(), abs=1e-4)
        assert list(shown["nearest row"]) == votes.nearest.rows[:, 0].tolist()
        assert list(shown["log density of the prior, nats"]) == pytest.approx(
            prior_log_density(codes).tolist(), abs=1e-3
        )
    assert "rows 5 and 44" in words(app) and "n = 359" in words(app) and "checkpoint digits" in words(app)


def test_the_most_confusable_pair_is_that_of_the_chosen_arm():
    found = encoding()
    app = page({"run": "digits", "ends": "confusable pair", "class-a": "3", "class-b": "5"})
    pair = most_confusable_pair(found.arms["vae"].means, found.labels, 3, 5)
    assert f"lie nearest in VAE ({pair.distance:.3f} apart)" in words(app)
    app.selectbox(key="judge").set_value("tvae").run()
    pair = most_confusable_pair(found.arms["tvae"].means, found.labels, 3, 5)
    assert f"lie nearest in TVAE ({pair.distance:.3f} apart)" in words(app)
    app.selectbox(key="class-b").set_value("3").run()
    assert not app.exception
    assert "both classes are the same" in app.error[0].value


def test_two_rows_of_the_address_are_the_ends():
    app = page({"run": "digits", "rows": "7.90"})
    assert not app.exception
    assert app.selectbox(key="ends").value == "map selection"
    assert "first and the last of 2 images" in words(app)
    found = encoding()
    codes = latent_path(found.arms["vae"].means[7], found.arms["vae"].means[90], 11, "linear")
    assert list(numbers(app, "VAE")["log density of the prior, nats"]) == pytest.approx(
        prior_log_density(codes).tolist(), abs=1e-3
    )


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ({"ends": "map selection"}, "Nothing is selected on the latent map"),
        ({"ends": "map selection", "rows": "4"}, "both ends are that image"),
        ({"ends": "two rows", "from-row": "9", "to-row": "9"}, "Both ends are one and the same image"),
    ],
)
def test_ends_that_are_one_are_said(query, said):
    app = page({"run": "digits", **query})
    assert not app.exception and not app.error
    assert any(said in info.value for info in app.info)
    assert len(numbers(app, "VAE")) == 11


@pytest.mark.parametrize(("steps", "shown"), [("2", 5), ("nan", 11), ("22", 21)])
def test_nonsense_in_the_address_is_fitted_and_said(steps, shown):
    app = page({"run": "digits", "ends": "two rows", "steps": steps, "from-row": "-4", "t": "7", "way": "curly"})
    assert not app.exception and not app.error
    assert len(numbers(app, "TVAE")) == shown
    assert f"steps can't be '{steps}' here. Shown is {shown}." in [warning.value for warning in app.warning]
    assert "t can't be '7' here. Shown is 1." in [warning.value for warning in app.warning]
    assert {"from-row", "way"} & set(app.query_params) == set()
    assert app.query_params["t"] in ("1", ["1"])


def test_a_place_on_the_way_stays_in_the_address():
    app = page({"run": "digits", "t": "0.25"})
    assert app.query_params["t"] in ("0.25", ["0.25"])


def test_many_pairs_are_counted_on_demand():
    app = page({"run": "digits"})
    assert "of 200 pairs" not in words(app)
    app.toggle(key="many-pairs").set_value(True).run()
    assert not app.exception
    assert "through a third class in so many of 200 pairs: **VAE: " in words(app)


def test_more_voters_than_images_are_as_many_as_there_are():
    app = page({"run": "digits", "voters": "100"})
    assert not app.exception
    assert "classes of the 100 nearest means" in words(app)


def test_without_images_rows_are_told_by_number(monkeypatch):
    def missing(*_):
        raise DataUnavailable("no source had them")

    monkeypatch.setattr(cached, "split", missing)
    app = page({"run": "digits"})
    assert not app.exception
    assert "The nearest images are told by number only. no source had them" in words(app)
    assert len(numbers(app, "VAE")) == 11


def test_a_run_without_an_encoding_is_a_message(tmp_path, monkeypatch):
    shutil.copytree(DIGITS, tmp_path / "bare")
    (tmp_path / "bare" / "encoding-test.npz").unlink()
    shutil.rmtree(tmp_path / "bare" / "snapshots", ignore_errors=True)
    monkeypatch.setenv("TVAE_RUNS", str(tmp_path))
    app = page({"run": "bare"})
    assert not app.exception
    assert "holds no encoded test split" in app.info[0].value


def test_a_ladder_shows_its_ends_until_others_are_chosen(tmp_path, monkeypatch, digits):
    arms = {"vae": LossConfig(triplet_weight=0), "w3": LossConfig(triplet_weight=3), "w9": LossConfig(triplet_weight=9)}
    for _ in record(replace(small_run_config(), arms=arms), digits, tmp_path / "ladder", "command"):
        pass
    monkeypatch.setenv("TVAE_RUNS", str(tmp_path))
    app = page({"run": "ladder"})
    assert not app.exception
    assert set(app.dataframe[0].value["arm"]) == {"VAE", "weight 9, margin 1"}
    app.multiselect(key="arms").set_value(["w3"]).run()
    assert not app.exception
    assert set(app.dataframe[0].value["arm"]) == {"weight 3, margin 1"}


def test_snapshots_have_ways_of_their_own():
    run = read_run(DIGITS)
    early = run.snapshots[0]
    app = page({"run": "digits", "ends": "two rows", "from-row": "5", "to-row": "44"})
    before = list(numbers(app, "TVAE")["log density of the prior, nats"])
    app.select_slider(key="epoch").set_value(early).run()
    assert not app.exception
    assert list(numbers(app, "TVAE")["log density of the prior, nats"]) != before
    assert "at epoch" in words(app)
    found = read_encoding(run.at(early), "test")
    assert found is not None
    codes = latent_path(found.arms["tvae"].means[5], found.arms["tvae"].means[44], 11, "linear")
    assert np.allclose(numbers(app, "TVAE")["log density of the prior, nats"], prior_log_density(codes), atol=1e-3)
