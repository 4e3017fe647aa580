"""Pages judged by another notion of similarity than the one that a run was trained on."""

from __future__ import annotations

import shutil
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from tests.conftest import small_run_config
from tvae.config import LossConfig, RunConfig
from tvae.data import Dataset, load_split
from tvae.jobs.jobs import Jobs
from tvae.metrics.triplet_accuracy import triplet_accuracy
from tvae.runs.available import SHIPPED
from tvae.runs.encodings import read_encoding
from tvae.runs.recording import record
from tvae.runs.run import read_run
from tvae.ui.session import keys
from tvae.ui.style.captions import csv_name
from tvae.ui.training.notions import named_by_notion

ROOT = Path(__file__).parents[2]
PAGES = ["", *sorted(path.stem for path in (ROOT / "pages").glob("*.py"))]
SLANT = {"judged-by": "slant"}


def means(arm: str) -> np.ndarray:
    encoding = read_encoding(read_run(SHIPPED / "digits"), "test")
    assert encoding is not None
    return encoding.arms[arm].means


@pytest.fixture(autouse=True)
def runs(tmp_path, monkeypatch) -> Path:
    monkeypatch.setenv("TVAE_RUNS", str(tmp_path))
    return tmp_path


def page(name: str, **query: str) -> AppTest:
    app = AppTest.from_file(str(ROOT / "streamlit_app.py"), default_timeout=120)
    app.session_state[keys.TRAIN_PANEL] = True
    if name:
        app.switch_page(f"pages/{name}.py")
    app.query_params.update({"run": "digits", "projection": "PCA", **query})
    app.run()
    assert not app.exception and not app.error
    return app


def words(app: AppTest) -> str:
    return "\n".join(part.value for part in [*app.markdown, *app.caption, *app.info, *app.warning])


def accuracy(arm: str, labels: np.ndarray, margin: float) -> str:
    """Triplet accuracy at margin 0 as a table shows it."""
    return f"{100 * triplet_accuracy(means(arm), labels, [margin]).accuracy[0]:.2f}\u00a0%"


@pytest.mark.parametrize("name", PAGES)
def test_every_page_can_be_judged_by_another_notion(name):
    app = page(name, **SLANT)
    assert not app.warning
    assert app.query_params["judged-by"] == "slant"
    assert "trained on class, judged by slant" in words(app)


def test_the_choice_goes_from_page_to_page_and_a_link_says_it(digits: Dataset):
    app = page("4_Triplets")
    assert "judged by" not in words(app) and "judged-by" not in app.query_params
    app.sidebar.selectbox(key="judged-by").set_value("slant").run()
    assert app.query_params["judged-by"] == "slant"
    app.switch_page("pages/2_Reconstructions.py").run()
    assert app.sidebar.selectbox(key="judged-by").value == "slant"
    app.sidebar.selectbox(key="judged-by").set_value("class").run()
    assert "judged-by" not in app.query_params and "judged by" not in words(app)


def test_triplets_are_counted_by_its_labels(digits: Dataset):
    labels = digits.test.by("slant").labels
    app = page("4_Triplets", view="Classes and triplets", **SLANT)
    table = app.table[0].value
    for arm in ("vae", "tvae"):
        assert table.loc[arm.upper(), "Accuracy, m\u00a0=\u00a00.1"] == accuracy(arm, labels, 0.1)
        assert accuracy(arm, labels, 0.1) != accuracy(arm, digits.test.labels, 0.1)
    triplets = triplet_accuracy(means("vae"), labels, [0.1]).n_triplets
    assert f"Counted over all {triplets:,} triplets" in words(app)
    assert app.selectbox(key="anchor-class").options == ["any", "left third", "middle third", "right third"]


def test_the_table_of_the_overview_is_counted_anew(digits: Dataset):
    app = page("", **SLANT)
    table = app.table[0].value
    labels = digits.test.by("slant").labels
    for arm in ("vae", "tvae"):
        assert table.loc[arm.upper(), "m = 0.5"] == accuracy(arm, labels, 0.5)
    assert not app.get("progress")


def test_what_is_downloaded_is_named_by_the_other_notion():
    run = read_run(SHIPPED / "digits")
    assert csv_name("arms", run) == "arms.csv"
    assert csv_name("arms", run.judged(load_split("digits", "test", notion="slant"))) == "arms-by-slant.csv"


def test_the_map_keeps_its_layout_and_is_coloured_and_measured_by_the_other_labels():
    by_class, by_slant = (page("1_Latent_map", projection="t-SNE", **query) for query in ({}, SLANT))
    told = [caption.value for caption in by_slant.caption]
    assert any("coloured by slant" in caption for caption in told)

    def measured(app: AppTest) -> list[list[str]]:
        return [c.value.split(", 2-D 5-NN accuracy ") for c in app.caption if "trustworthiness" in c.value]

    assert [a[0] for a in measured(by_class)] == [a[0] for a in measured(by_slant)]  # the stored layout
    assert len(measured(by_class)) == 2
    assert all(a[1] != b[1] for a, b in zip(measured(by_class), measured(by_slant), strict=True))


def test_classes_chosen_by_one_notion_are_not_asked_of_another():
    app = page("2_Reconstructions", images="one class", **{"image-class": "7"})
    assert app.selectbox(key="image-class").value == "7"
    app.sidebar.selectbox(key="judged-by").set_value("slant").run()
    assert app.selectbox(key="image-class").value == "left third"
    assert not app.warning
    app.sidebar.selectbox(key="judged-by").set_value("class").run()
    assert app.selectbox(key="image-class").value == "7"


def test_a_run_is_judged_by_its_own_notion_until_another_is_chosen(runs, digits: Dataset):
    config = small_run_config()
    config = replace(config, data=replace(config.data, notion="slant"), train=replace(config.train, epochs=1))
    for _ in record(config, digits.by("slant"), runs / "leaning", "command"):
        pass
    app = page("4_Triplets", run="leaning")
    assert app.sidebar.selectbox(key="judged-by").value == "slant"
    assert "trained on slant, judged by slant" in words(app)
    app.sidebar.selectbox(key="judged-by").set_value("class").run()
    assert "trained on slant, judged by class" in words(app)
    encoding = read_encoding(read_run(runs / "leaning"), "test")
    assert encoding is not None
    share = triplet_accuracy(encoding.arms["tvae"].means, digits.test.labels, [0.1]).accuracy[0]
    assert app.table[0].value.loc["TVAE", "Accuracy, m\u00a0=\u00a00.1"] == f"{100 * share:.2f}\u00a0%"


def test_two_runs_are_compared_by_the_notion_that_is_chosen(runs, digits: Dataset):
    shutil.copytree(SHIPPED / "digits", runs / "again")
    app = page("5_Training", watch="again", **SLANT)
    figures = next(table.value for table in app.table if "Figure" in table.value)
    shown = figures[(figures["Arm"] == "TVAE") & figures["Figure"].str.startswith("triplet accuracy")]
    share = 100 * triplet_accuracy(means("tvae"), digits.test.by("slant").labels, [0.0]).accuracy[0]
    assert list(shown["Before"]) == list(shown["After"]) == [f"{share:.2f}"]
    assert "test images, trained on class, judged by slant." in words(app)


def test_a_data_set_with_one_notion_offers_no_choice():
    app = page("4_Triplets", run="mnist", **SLANT)
    assert not [control for control in app.sidebar.selectbox if control.key == "judged-by"]
    assert "There is no notion of similarity to choose here. Shown is class." in words(app)
    assert "judged-by" not in app.query_params


def test_a_run_of_two_notions_is_started_in_the_panel_and_stands_side_by_side(runs, digits: Dataset):
    app = page("5_Training")
    assert app.selectbox(key="train-notion").value == "class"
    app.multiselect(key="train-further-notions").set_value(["slant"]).run()
    assert "TVAE-SLANT on slant" in words(app) and "not the same triplets" in words(app)
    app.number_input(key="train-length").set_value(1.0)
    next(button for button in app.button if button.label == "Train").click().run()
    assert not app.exception and not app.error
    (job,) = Jobs().runs()
    limit = time.monotonic() + 300
    while not (job := Jobs().run(job.id)).over:
        assert time.monotonic() < limit
        time.sleep(0.2)
    assert job.state == "done", job.reason
    assert list(job.config.arms) == ["vae", "tvae", "tvae-slant"]
    assert [loss.notion for loss in job.config.arms.values()] == ["", "", "slant"]
    app = page("1_Latent_map", run=job.id)
    assert (app.selectbox(key="left").value, app.selectbox(key="right").value) == ("TVAE", "TVAE-SLANT")
    assert "trained on class (TVAE), slant (TVAE-SLANT), judged by class" in words(app)
    assert app.multiselect(key="train-further-notions").value == ["slant"]
    assert app.sidebar.multiselect(key="arms").value == ["vae", "tvae", "tvae-slant"]


def test_the_run_s_own_notion_is_chosen_in_the_panel():
    app = page("5_Training")
    app.multiselect(key="train-further-notions").set_value(["slant"]).run()
    app.selectbox(key="train-notion").set_value("slant").run()
    assert app.multiselect(key="train-further-notions").value == []
    assert app.multiselect(key="train-further-notions").options == ["class"]
    app.multiselect(key="train-further-notions").set_value(["class"]).run()
    app.number_input(key="train-length").set_value(1.0)
    next(button for button in app.button if button.label == "Train").click().run()
    (job,) = Jobs().runs()
    Jobs().stop(job.id, None)
    while not Jobs().run(job.id).over:
        time.sleep(0.05)
    assert job.config.data.notion == "slant"
    assert {arm: loss.notion for arm, loss in job.config.arms.items()} == {"vae": "", "tvae": "", "tvae-class": "class"}


def test_a_data_set_with_one_notion_has_none_to_train_on():
    app = page("5_Training", run="mnist")
    assert not [control for control in app.selectbox if control.key == "train-notion"]


@pytest.mark.parametrize("name", ["writer", "<b>", "Größe", "a" * 90, "日本"])
def test_any_name_of_a_notion_gives_an_arm_a_possible_name(name):
    arms = named_by_notion(["x y", name, name + "!"])
    assert len(arms) == 3 and set(arms.values()) == {"x y", name, name + "!"}
    RunConfig(arms={arm: LossConfig() for arm in arms})
