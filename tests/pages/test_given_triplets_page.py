"""Given triplets on the triplets page, without a browser: accuracies, the list, answers, files, training on them."""

from __future__ import annotations

import re
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from tests.data.own.made_sources import class_files, write_files
from tests.pages.test_triplets_page import ROOT, page, words
from tests.training.test_given_triplets import ink_triplets, run_of
from tvae.config import DataConfig
from tvae.data import load_dataset
from tvae.data.own import OwnDatasets, default_choices, keep, understand
from tvae.data.triplets import Answers, GivenTriplets
from tvae.jobs.jobs import Jobs
from tvae.runs.recording import record
from tvae.runs.run import read_metrics, read_run
from tvae.runs.triplets import read_triplets_of
from tvae.ui.session import keys
from tvae.ui.session.identity import cookie_name

GIVEN = {"view": "Given triplets", "margin": "0"}


@pytest.fixture(scope="module")
def trained(tmp_path_factory, digits):
    rows = ink_triplets(digits.train.images, 320).rows[:300]
    triplets = GivenTriplets(np.concatenate([rows, rows[:30], rows[:4, [0, 2, 1]]]))
    folder = tmp_path_factory.mktemp("trained") / "ink"
    for _ in record(run_of(triplets), digits, folder, "", triplets=triplets):
        pass
    return folder


@pytest.fixture
def run(trained, tmp_path, monkeypatch):
    monkeypatch.setenv("TVAE_RUNS", str(tmp_path / "runs"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "home"))
    shutil.copytree(trained, tmp_path / "runs" / "ink")
    yield read_run(tmp_path / "runs" / "ink")
    jobs = Jobs()
    for job in jobs.runs():
        if not job.over:
            jobs.stop(job.id, None)


def button(app: AppTest, label: str):
    return next(button for button in app.button if button.label == label)


def test_both_held_out_accuracies_stand_with_their_intervals(run):
    app = page({"run": "ink", **GIVEN})
    assert not app.exception
    metrics = read_metrics(run.folder)
    assert metrics is not None
    table: Any = app.table[1].value
    about = metrics["given_triplets"]
    for name, title in (
        ("trained_on", "Trained on"),
        ("held_out_by_triplet", "Held out by triplet"),
        ("held_out_by_image", "Held out by image"),
    ):
        column = table[f"{title}, n = {about[name]:,}"]
        for arm in ("vae", "tvae"):
            figures = metrics["arms"][arm]["given_triplets"][name]
            low, high = figures["interval"]["0"]
            expected = f"{100 * figures['accuracy']['0']:.1f}\u00a0% ({100 * low:.1f} to {100 * high:.1f})"
            assert column[arm.upper()] == expected
    said = words(app)
    assert "304 distinct triplets, 334 times in all" in said
    assert re.search(r"\*\*\d+\*\* of them can't all be right: 4 contradictions", said)
    assert "exact" not in said[said.index("Given triplets that are right") :].split("Triplets of your own")[0]


def test_the_worst_stand_first_in_the_chosen_arm_and_part(run):
    app = page({"run": "ink", **GIVEN, "given": "held_out_by_image", "given-worst-of": "vae"})
    frame = app.dataframe[0].value
    gaps = (frame["VAE D(a,p)"] - frame["VAE D(a,n)"]).to_numpy()
    assert (np.diff(gaps) <= 1e-6).all() and set(frame["held out"]) == {"by image"}
    assert (gaps[0] <= 0) == (frame["VAE verdict"][0] == "right")
    other = page({"run": "ink", **GIVEN, "given": "held_out_by_image", "given-worst-of": "tvae"})
    assert list(other.dataframe[0].value["rows"]) != list(frame["rows"])


def test_answers_are_kept_undone_and_trained_on(run):
    app = page({"run": "digits", **GIVEN})
    assert not app.exception
    assert "Given triplets that are right" not in words(app)
    for number in (1, 2, 1):
        app.button(key=f"triplet-answer-{number}").click().run()
    assert "**3 answers** so far" in words(app)
    button(app, "Skip").click().run()
    assert "**3 answers** so far" in words(app)
    button(app, "Undo").click().run()
    assert "**2 answers** so far" in words(app) and not app.exception
    button(app, "Train on these triplets").click().run()
    assert not app.exception and not app.error
    (job,) = [job for job in Jobs().runs() if job.id != "ink"]
    triplets = read_triplets_of(job.folder, job.config)
    assert triplets is not None and len(triplets) == 2 and job.config.data.triplets_share == 1
    assert job.config.arms["vae"].triplet_weight == 0 < job.config.arms["tvae"].triplet_weight


def test_an_unreadable_file_of_answers_is_one_line(run, digits, monkeypatch):
    monkeypatch.setattr("tvae.ui.triplets.own_triplets.state.owner", lambda: "a-person-with-a-token")
    answers = Answers("digits", digits.train, "a-person-with-a-token")
    answers.add((1, 2, 3))
    answers.path.write_text("something else\n1")
    app = page({"run": "digits", **GIVEN})
    assert not app.exception and "not as it was written" in words(app)


def brought(content: str, name: str = "mine.csv") -> AppTest:
    app = page({"run": "digits", **GIVEN})
    app.segmented_control(key="triplet-source").set_value("Bring a file").run()
    app.file_uploader[0].set_value((name, content.encode(), "text/csv")).run()
    assert not app.exception
    return app


def test_a_file_is_understood_before_anything_is_kept(run):
    app = brought("head,b,c\n0,1,2\n0,2,1\n3,4,5\n3,4,5\n")
    said = words(app)
    assert "**4 triplets** (3 distinct) on 6 images" in said and "columns head, b, c" in said
    assert "Contradictions: **1**, cycles: **0**" in said
    assert [job.id for job in Jobs().runs()] == ["ink"]
    button(app, "Train on these triplets").click().run()
    assert not app.error
    (job,) = [job for job in Jobs().runs() if job.id != "ink"]
    triplets = read_triplets_of(job.folder, job.config)
    assert triplets is not None and triplets.rows.tolist() == [[0, 1, 2], [0, 2, 1], [3, 4, 5], [3, 4, 5]]


def test_wrong_rows_are_listed_and_nothing_can_be_trained_on(run):
    app = brought("0,1,2\n0,0,1\n0,1,5000\n<b>x</b>,1,2\n")
    said = words(app)
    assert "mine.csv: 3 rows can't be taken, so none is" in said
    assert "line 2: names the same image twice" in said and "line 3: row 5000 is out of range" in said
    assert "<b>" not in said.replace("\\<b", "")
    assert not [button for button in app.button if button.label == "Train on these triplets"]


def test_the_settings_of_a_run_with_given_triplets_train_with_its_triplets(run):
    app = page({"run": "ink", **GIVEN})
    app.session_state[keys.TRAIN_PANEL] = True
    app.run()
    next(button for button in app.sidebar.button if button.label == "Train").click().run()
    assert not app.exception
    (job,) = [job for job in Jobs().runs() if job.id != "ink"]
    triplets = read_triplets_of(job.folder, job.config)
    assert triplets is not None and triplets.fingerprint == run.config.data.triplets


def test_a_run_that_has_lost_its_triplets_says_so(run):
    (run.folder / "triplets.npy").unlink()
    app = page({"run": "ink", **GIVEN})
    assert not app.exception and "The given triplets of this run can't be shown" in words(app)


def test_labels_without_a_triplet_show_the_given_ones(run):
    path = run.folder / "encoding-test.npz"
    arrays = dict(np.load(path))
    arrays["labels"][:] = 0
    np.savez(path, **arrays)
    app = page({"run": "ink", **GIVEN})
    assert not app.exception
    assert "Given triplets that are right" in words(app) and "304 distinct triplets" in words(app)


def keep_pets(folder: Path, data: Path, owner: str) -> None:
    """Keep a data set `pets` for this person alone."""
    understood = understand(write_files(folder / "pets", class_files(each=20)))
    keep(understood, default_choices(understood), "pets", data, owner=owner)


def test_a_private_data_set_is_asked_about_by_its_owner_alone(run, tmp_path, monkeypatch):
    data = tmp_path / "data"
    monkeypatch.setenv("TVAE_DATA", str(data))
    keep_pets(tmp_path, data, "the-owner-of-the-pets")
    small = run_of(GivenTriplets(np.array([[0, 1, 2]])), epochs=1)
    config = replace(small, data=DataConfig(name="pets"))
    for _ in record(config, load_dataset("pets", data), tmp_path / "runs" / "pets", ""):
        pass
    app = page({"run": "pets", **GIVEN})
    assert not app.exception and not [b for b in app.button if b.key == "triplet-answer-1"]
    OwnDatasets(data).share("pets", True, "the-owner-of-the-pets")
    app = page({"run": "pets", **GIVEN})
    assert [b for b in app.button if b.key == "triplet-answer-1"], words(app)


def test_the_page_your_data_asks_about_a_kept_data_set(run, tmp_path, monkeypatch, cookies):
    data = tmp_path / "data"
    monkeypatch.setenv("TVAE_DATA", str(data))
    cookies[cookie_name()] = token = "a" * 22
    keep_pets(tmp_path, data, token)
    app = AppTest.from_file(str(ROOT / "streamlit_app.py"), default_timeout=120)
    app.switch_page("pages/9_Your_data.py")
    app.session_state["data-triplets"] = True
    app.run()
    assert not app.exception
    app.button(key="triplet-answer-2").click().run()
    assert "**1 answer** so far" in words(app)
    button(app, "Train on these triplets").click().run()
    (job,) = [job for job in Jobs().runs() if job.id != "ink"]
    triplets = read_triplets_of(job.folder, job.config)
    assert job.config.data.name == "pets" and triplets is not None and len(triplets) == 1
