"""The generation page, run without a browser: samples and numbers equal to the library's; wrong input."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from tvae.config import DataConfig
from tvae.data import Dataset, DataUnavailable
from tvae.explore.classifier.classifier import Classifier, classifier_path, classifier_shapes, write_classifier
from tvae.explore.classifier.process import ClassifierTraining, lock_path, status_path, write_status
from tvae.explore.generation import class_gaussian, feature_manifold, generated_images, real_rows, shared_noise
from tvae.metrics.precision_recall import sample_quality
from tvae.model.network import to_bytes
from tvae.runs.encodings import read_encoding
from tvae.runs.run import read_run
from tvae.runs.weights import network
from tvae.system.process_lock import take_lock
from tvae.ui import cached
from tvae.ui.images import image_grid

ROOT = Path(__file__).parents[2]
RUN = read_run(ROOT / "checkpoints" / "digits")


@pytest.fixture
def grids(monkeypatch) -> dict[str, np.ndarray]:
    """Images in each grid that the page shows, by the name of the grid."""
    shown: dict[str, np.ndarray] = {}

    def show(rows, alt, room):
        shown[alt] = np.concatenate([row.images for row in rows])

    monkeypatch.setattr(image_grid, "show_grid_within", show)
    return shown


def page(query: dict[str, str]) -> AppTest:
    app = AppTest.from_file(str(ROOT / "streamlit_app.py"), default_timeout=120)
    app.switch_page("pages/6_Generation.py")
    app.query_params.update({"run": "digits", **query})
    return app.run()


def words(app: AppTest) -> str:
    return "\n".join(part.value for part in [*app.markdown, *app.caption, *app.error, *app.warning, *app.info])


@pytest.mark.parametrize(("temperature", "seed"), [(1.0, 0), (0.5, 7)])
def test_both_arms_decode_the_same_noise(grids, temperature, seed):
    app = page({"temperature": str(temperature), "sample-seed": str(seed), "samples": "12"})
    assert not app.exception and not app.error
    codes = temperature * shared_noise(12, RUN.config.model.latent_dim, seed)
    for arm in ("vae", "tvae"):
        expected = to_bytes(network(RUN, arm).decoded(codes))
        np.testing.assert_array_equal(grids[f"Samples of {arm.upper()} from the prior"], expected)
    assert f"The same noise (seed {seed}) at temperature {temperature:g}" in words(app)


def test_a_class_is_asked_of_each_arms_own_means_of_the_training_images(grids, digits: Dataset):
    app = page({"ask": "3", "temperature": "0"})
    assert not app.exception and not app.error
    threes = digits.train.images[digits.train.labels == 3]
    for arm in ("vae", "tvae"):
        coder = network(RUN, arm)
        middle = coder.encoded(threes).means.mean(axis=0)
        expected = to_bytes(coder.decoded(middle[None]))[0]
        for image in grids[f"Samples of {arm.upper()} from class 3"]:
            assert np.abs(image.astype(int) - expected).max() <= 1, "at temperature 0 the class's mean alone is drawn"
    assert "of class 3's training images" in words(app) and not app.warning


def test_without_training_images_the_page_says_that_the_test_images_are_taken(grids, monkeypatch):
    real = cached.split

    def without_training(name, split, *share):
        if split == "train":
            raise DataUnavailable("no source had them")
        return real(name, split, *share)

    monkeypatch.setattr(cached, "split", without_training)
    app = page({"ask": "3", "temperature": "0"})
    assert not app.exception
    encoding = read_encoding(RUN, "test")
    assert encoding is not None
    for arm in ("vae", "tvae"):
        middle = class_gaussian(encoding.arms[arm].means, encoding.labels, 3).mean
        expected = to_bytes(network(RUN, arm).decoded(middle[None].astype(np.float32)))[0]
        assert np.abs(grids[f"Samples of {arm.upper()} from class 3"][0].astype(int) - expected).max() <= 1
    assert "flatter every arm" in app.warning[0].value and "no source had them" in app.warning[0].value
    assert "of class 3's test images" in words(app)


def test_precision_and_recall_are_those_of_the_library(digits: Dataset):
    app = page({"space": "pixels"})
    assert not app.exception and not app.error
    rows = real_rows(digits.test.labels, None, 1000, 0)
    covered = feature_manifold(digits.test.images[rows.reference], None)
    table = app.table[0].value
    for arm in ("vae", "tvae"):
        made = generated_images(network(RUN, arm), None, count=len(rows.reference), temperature=1, seed=0)
        quality = sample_quality(covered, feature_manifold(made, None))
        for name, share in (("Precision", quality.precision), ("Recall", quality.recall)):
            low, high = (100 * limit for limit in share.interval)
            cell = table.loc[arm.upper(), name].strip("*").replace("\u2060", "")
            assert cell == f"{100 * share.value:.1f} % ({low:.1f}–{high:.1f})"
    assert f"n = {len(rows.reference)}" in words(app).replace(",", "") or f"{len(rows.reference)} samples" in words(app)
    assert "noise seed 0" in words(app) and "checkpoint digits" in words(app)


@pytest.fixture
def nobody_trained_it(tmp_path, monkeypatch) -> Path:
    """Folder of the user's classifiers, empty; the shipped classifiers are hidden from the page too."""
    monkeypatch.setattr("tvae.ui.cached.generation.CLASSIFIERS", tmp_path / "none")
    for module in ("tvae.ui.cached.generation", "tvae.ui.generation.classifier"):
        monkeypatch.setattr(f"{module}.default_classifiers_folder", lambda: tmp_path / "own")
    return tmp_path / "own"


def test_a_button_trains_the_classifier_and_the_page_then_shows_what_it_names(nobody_trained_it, monkeypatch):
    folder, fingerprint = nobody_trained_it, RUN.provenance.train.fingerprint
    locks = []

    def start_training(data: DataConfig, of: str, into: Path) -> None:
        """As the process that trains does it, which has tests of its own."""
        assert (data.name, of, into) == ("digits", fingerprint, folder)
        folder.mkdir()
        locks.append(take_lock(lock_path(folder, fingerprint)))
        write_status(folder, fingerprint, ClassifierTraining(0.25, 12.0))

    monkeypatch.setattr("tvae.ui.generation.classifier.start_training", start_training)
    app = page({})
    assert not app.exception
    assert "Nobody has trained a classifier" in words(app) and "python -m" not in words(app)
    assert app.radio(key="space").options == ["pixels"]
    app.button(key="train-classifier").click().run()
    assert not app.exception
    for visitor in (app, page({})):
        assert not [button for button in visitor.button if button.key == "train-classifier"], "one training is enough"
    (lock,) = locks
    shapes = classifier_shapes(64, 10)
    write_classifier(
        classifier_path(folder, fingerprint),
        Classifier({name: np.ones(shape, np.float32) for name, shape in shapes.items()}),
    )
    status_path(folder, fingerprint).unlink()
    lock.release()
    app.run()
    assert not app.exception
    assert app.radio(key="space").options == ["the classifier's features", "pixels"]
    assert "The classifier is a small network" in words(app)


def test_a_training_of_the_classifier_that_failed_is_told_and_can_be_tried_again(nobody_trained_it):
    nobody_trained_it.mkdir()
    failed = ClassifierTraining(failure="no source had the images")
    write_status(nobody_trained_it, RUN.provenance.train.fingerprint, failed)
    app = page({})
    assert "could not be trained: no source had the images" in words(app)
    assert app.button(key="train-classifier")


def test_drawing_again_takes_other_noise(grids):
    app = page({})
    before = grids["Samples of VAE from the prior"]
    next(button for button in app.button if button.label == "Draw again").click().run()
    assert not app.exception
    assert not np.array_equal(grids["Samples of VAE from the prior"], before)
    assert app.number_input(key="sample-seed").value == 1
    assert app.query_params["sample-seed"] in ("1", ["1"])


def test_the_number_of_samples_is_that_of_the_slider(grids):
    app = page({"samples": "18"})
    assert len(grids["Samples of TVAE from the prior"]) == 18
    app.slider(key="samples").set_value(60).run()
    assert not app.exception
    assert len(grids["Samples of TVAE from the prior"]) == 60


@pytest.mark.parametrize(
    ("name", "text", "shown", "address"),
    [
        ("ask", "eleven", "nothing: the prior", None),
        ("temperature", "-3", 0.0, "0"),
        ("samples", "7000", 60, "60"),
        ("sample-seed", "x", 0, None),
        ("space", "taste", "the classifier's features", None),
    ],
)
def test_what_an_address_asks_in_vain_is_said_and_the_address_says_what_is_shown(name, text, shown, address):
    app = page({name: text})
    assert not app.exception and not app.error
    (note,) = [warning.value for warning in app.warning]
    assert note.startswith(f"{name} can't be '{text}' here. Shown is ")
    assert app.session_state[name] == shown
    assert app.query_params.get(name) in ([None] if address is None else [address, [address]])


def test_without_real_images_samples_are_shown_and_not_measured(grids, monkeypatch):
    def missing(*_):
        raise DataUnavailable("no source had them")

    monkeypatch.setattr(cached, "split", missing)
    app = page({})
    assert not app.exception
    assert len(grids) == 2
    assert "can't be measured without real images" in words(app) and "no source had them" in words(app)


def test_a_run_without_an_encoding_is_a_message(tmp_path, monkeypatch):
    shutil.copytree(ROOT / "checkpoints" / "digits", tmp_path / "bare")
    (tmp_path / "bare" / "encoding-test.npz").unlink()
    monkeypatch.setenv("TVAE_RUNS", str(tmp_path))
    app = page({"run": "bare"})
    assert not app.exception
    assert "holds no encoded test split" in app.info[0].value
