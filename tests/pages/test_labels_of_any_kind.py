"""Unusual labels on every page: 1,000 classes, and classes with no image or one in a split."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from tests.conftest import small_run_config
from tvae.data import Dataset, Split
from tvae.data.split import SplitName
from tvae.runs.evaluation import encode_split, evaluate
from tvae.runs.recording import record
from tvae.runs.run import read_run
from tvae.ui import cached

ROOT = Path(__file__).parents[2]
PAGES = ["", *sorted(path.stem for path in (ROOT / "pages").glob("*.py"))]
LABELS = {
    "1,000 classes": (np.repeat(np.arange(1_000), 2), np.repeat(np.arange(1_000), 2)),
    "classes missing": (np.arange(60) % 7, np.concatenate([np.arange(40) % 4, [8, 8, 9]])),
}
"""Labels of the training and of the test images. Of the missing ones: the test split lacks classes 4, 5 and 6, the
training split 7, 8 and 9, nobody has 7, and 9 has one test image."""


def split(name: SplitName, labels: np.ndarray, class_names: tuple[str, ...]) -> Split:
    images = np.random.default_rng(len(labels)).integers(0, 256, (len(labels), 8, 8, 1), dtype=np.uint8)
    images[np.arange(len(labels)), labels % 8] = 255
    return Split(name, images, labels, class_names)


@pytest.fixture(scope="module", params=LABELS.values(), ids=list(LABELS))
def dataset(request) -> Dataset:
    train, test = request.param
    class_names = tuple(f"class {label}" for label in range(max(10, train.max() + 1)))
    return Dataset("digits", split("train", train, class_names), split("test", test, class_names), class_names, "made")


@pytest.fixture(scope="module")
def run_folder(tmp_path_factory, dataset) -> Path:
    folder = tmp_path_factory.mktemp("runs")
    config = replace(small_run_config(), train=replace(small_run_config().train, epochs=1))
    for _ in record(config, dataset, folder / "labels", "command"):
        pass
    return folder


def test_each_split_is_measured(run_folder, dataset):
    run = read_run(run_folder / "labels")
    for measured in (dataset.train, dataset.test):
        metrics = evaluate(run, encode_split(run, measured), [0.0])
        assert metrics["n"] == len(measured)
        for arm in metrics["arms"].values():
            assert 0 < arm["triplet_accuracy"]["0"] <= 1
            singles = np.unique(measured.labels, return_counts=True)[1] == 1
            assert arm["anchors_left_out"] == singles.sum()


@pytest.mark.parametrize("name", PAGES)
def test_every_page_shows_them(name, run_folder, dataset, monkeypatch):
    monkeypatch.setenv("TVAE_RUNS", str(run_folder))
    monkeypatch.setattr(cached, "split", lambda _, split, *__: getattr(dataset, split))
    app = AppTest.from_file(str(ROOT / "streamlit_app.py"), default_timeout=300)
    if name:
        app.switch_page(f"pages/{name}.py")
    app.query_params.update({"run": "labels", "projection": "PCA"})
    app.run()
    assert not app.exception and not app.error
