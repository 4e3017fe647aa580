"""Labels that allow no triplet, on the command line and on every page: trained and measured as far as possible."""

from __future__ import annotations

import contextlib
import io
import json
from pathlib import Path

import numpy as np
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from tvae.cli.parsing import main
from tvae.data import Dataset, Split
from tvae.metrics.measurable import NOT_MEASURABLE
from tvae.runs.run import read_metrics, read_run

ROOT = Path(__file__).parents[2]
PAGES = ["streamlit_app.py", *(f"pages/{path.name}" for path in sorted((ROOT / "pages").glob("*.py")))]
NAMES = tuple("0123456789")
SMALL = ["--data.name", "digits", "--model.hidden", "8", "--model.latent-dim", "3"]
SMALL += ["--train.epochs", "2", "--train.batch-size", "8"]
TEST_LABELS = {"one class": [3] * 30, "one image": [3], "singletons": list(range(10))}
GOOD = [number % 10 for number in range(40)]


def split(name, labels) -> Split:
    images = np.random.default_rng(len(labels)).integers(0, 256, (len(labels), 8, 8, 1)).astype(np.uint8)
    return Split(name, images, np.array(labels), NAMES)


@pytest.fixture
def use_labels(monkeypatch):
    """Function that replaces the digits by images with these labels."""

    def use(train, test) -> None:
        dataset = Dataset("digits", split("train", train), split("test", test), NAMES, "a test")
        monkeypatch.setattr("tvae.data.load_dataset", lambda *_, **__: dataset)
        monkeypatch.setattr("tvae.data.load_split", lambda name, which, *_, **__: getattr(dataset, which))
        monkeypatch.setattr("tvae.ui.cached.images.load_split", lambda name, which, **__: getattr(dataset, which))
        st.cache_resource.clear()

    return use


def tvae(*arguments: object) -> tuple[int, str, str]:
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        status = main([str(word) for word in arguments])
    return status, out.getvalue(), err.getvalue()


def opened(page, run) -> AppTest:
    app = AppTest.from_file(str(ROOT / "streamlit_app.py"), default_timeout=120)
    app.query_params["run"] = app.query_params["watch"] = run
    app.run()
    return app if page == PAGES[0] else app.switch_page(page).run()


def pages_that_fail(run) -> dict[str, str]:
    """The error of each page that ends with one."""
    apps = {page: opened(page, run) for page in PAGES}
    return {page: app.exception[0].message for page, app in apps.items() if app.exception}


@pytest.mark.parametrize("test_labels", TEST_LABELS.values(), ids=TEST_LABELS)
def test_a_test_split_without_triplets_is_told_of_trained_and_measured_as_far_as_it_can_be(
    test_labels, use_labels, tmp_path, monkeypatch
):
    monkeypatch.setenv("TVAE_RUNS", str(tmp_path))
    use_labels(GOOD, test_labels)
    status, out, err = tvae("train", "--out", tmp_path / "run", *SMALL)
    assert status == 0
    assert err.count("\n") == 1 and f"will be {NOT_MEASURABLE}" in err
    assert out.count(NOT_MEASURABLE) == 2 * (5 + 1 + 4)
    metrics = read_metrics(tmp_path / "run")
    assert metrics is not None
    for arm in metrics["arms"].values():
        assert set(arm["triplet_accuracy"].values()) == {None} and arm["triplets"] == 0
        assert [arm[name] for name in ("knn_accuracy", "r_precision", "map_at_r", "silhouette")] == [None] * 4
        assert arm["reconstruction"] > 0 and arm["kl"] > 0
    assert f"| {NOT_MEASURABLE} |" in (tmp_path / "run" / "README.md").read_text()

    status, out, err = tvae("evaluate", tmp_path / "run", "--json", "--margins", 0, 0.3)
    assert (status, err) == (0, "")
    assert json.loads(out)["arms"]["tvae"]["triplet_accuracy"] == {"0": None, "0.3": None}
    assert tvae("evaluate", tmp_path / "run", "--margins", -1)[0] == 2
    assert pages_that_fail("run") == {}
    assert f"Triplet accuracy is {NOT_MEASURABLE} here" in opened("pages/4_Triplets.py", "run").info[0].value
    overview = opened(PAGES[0], "run")
    assert any(NOT_MEASURABLE in caption.value for caption in overview.sidebar.caption)  # the status of the run
    assert set(overview.table[0].value["m = 0"]) == {NOT_MEASURABLE}


@pytest.mark.parametrize("train_labels", [[3] * 40, list(range(10))], ids=["one class", "singletons"])
def test_a_training_split_without_triplets_is_refused_and_a_vae_alone_is_offered_and_trains(
    train_labels, use_labels, tmp_path, monkeypatch
):
    monkeypatch.setenv("TVAE_RUNS", str(tmp_path))
    use_labels(train_labels, GOOD)
    status, out, err = tvae("train", "--out", tmp_path / "run", *SMALL)
    assert (status, out, err.count("\n")) == (2, "", 1)
    assert err.startswith("tvae: labels: ") and "--preset vae" in err and "'VAE alone' in the app" in err
    assert not (tmp_path / "run").exists()
    status, out, err = tvae("train", "--out", tmp_path / "run", *SMALL, "--preset", "vae", "--loss.kl-weight", 0.5)
    assert status == 0 and "labels" not in err
    assert {arm: loss.kl_weight for arm, loss in read_run(tmp_path / "run").config.arms.items()} == {"vae": 0.5}
    assert NOT_MEASURABLE not in out
    history = [json.loads(line) for line in (tmp_path / "run" / "history.jsonl").read_text().splitlines()]
    assert {row["arms"]["vae"]["triplet"] for row in history} == {0.0}
    assert pages_that_fail("run") == {}


def test_all_triplets_of_a_batch_are_none_without_triplets(use_labels, tmp_path):
    use_labels([3] * 40, [3] * 10)
    for step in ("plain", "fast"):
        arguments = ("--preset", "vae", "--train.triplets", "batch-all", "--train.step", step)
        assert tvae("train", "--out", tmp_path / step, *SMALL, *arguments)[0] == 0
