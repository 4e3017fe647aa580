"""A run of images in colour: trained, kept, measured, resumed, taken away and taken in."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.coloured import coloured_digits
from tests.conftest import small_run_config
from tvae.data import Dataset
from tvae.errors import InputError
from tvae.runs.encodings import read_encoding
from tvae.runs.evaluation import encode_split, evaluate
from tvae.runs.recording import Recording, record
from tvae.runs.run import read_metrics, read_run
from tvae.runs.run_zip import run_members, take_in_run, zip_run
from tvae.runs.weights import network, read_weights

CONFIG = replace(small_run_config(), train=replace(small_run_config().train, epochs=1))


@pytest.fixture(scope="module")
def coloured() -> Dataset:
    return coloured_digits()


@pytest.fixture(scope="module")
def folder(coloured, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("runs") / "coloured"
    for _ in record(CONFIG, coloured, folder, "command"):
        pass
    return folder


@pytest.mark.parametrize("step", ["plain", "fast-float32", "fast-bfloat16"])
@pytest.mark.parametrize("side", [32, 64])
def test_larger_images_train_and_measure_with_every_step(side, step, tmp_path):
    dataset = coloured_digits(side, 64, 30)
    config = replace(CONFIG, train=replace(CONFIG.train, step=step))
    reports = list(record(config, dataset, tmp_path / "run", "command"))
    assert len(reports) == 4 and all(np.isfinite(arm.total) for arm in reports[-1].arms.values())
    run = read_run(tmp_path / "run")
    assert run.provenance.test.image_shape == (side, side, 3) and run.pixels == 3 * side * side
    encoding, metrics = read_encoding(run, "test"), read_metrics(run.folder)
    assert encoding is not None and metrics is not None
    assert encoding.sample_reconstructions["tvae"].shape == (20, side, side, 3)
    assert metrics["arms"]["vae"]["reconstruction_per_pixel"] == pytest.approx(
        metrics["arms"]["vae"]["reconstruction"] / (3 * side * side)
    )


def test_what_is_kept_with_the_run_is_in_colour(folder, coloured):
    run = read_run(folder)
    assert json.loads((folder / "config.json").read_text())["provenance"]["test"]["channels"] == 3
    encoding = read_encoding(run, "test")
    assert encoding is not None
    np.testing.assert_array_equal(encoding.sample_images, coloured.test.images[encoding.sample_rows])
    for arm in run.config.arms:
        decoded = network(run, arm).decoded(encoding.arms[arm].means[encoding.sample_rows])
        kept = encoding.sample_reconstructions[arm]
        assert kept.shape == decoded.shape == (20, 8, 8, 3)
        assert np.abs(255 * decoded - kept).max() <= 0.51
        assert read_weights(run, arm)["encoder.0.weight"].shape == (32, 192)
    assert "digits images of 8x8 pixels in colour and nothing else" in (folder / "README.md").read_text()
    shot = read_encoding(run.at(run.snapshots[0]), "test")
    assert shot is not None and shot.sample_images.shape == (20, 8, 8, 3)


def test_each_error_is_the_squared_distance_over_all_channels(folder, coloured):
    run = read_run(folder)
    encoding = encode_split(run, coloured.test)
    decoded = network(run, "tvae").decoded(encoding.arms["tvae"].means)
    for row in (0, 41):
        total = sum(
            (coloured.test.images[row, y, x, c] / 255 - decoded[row, y, x, c]) ** 2
            for y in range(8)
            for x in range(8)
            for c in range(3)
        )
        assert encoding.arms["tvae"].errors[row] == pytest.approx(total, rel=1e-4)
    assert evaluate(run, encoding, [0.0])["arms"]["tvae"]["reconstruction"] == pytest.approx(
        encoding.arms["tvae"].errors.mean(), rel=1e-6
    )


def test_a_resumed_run_ends_with_the_weights_of_an_uninterrupted_one(folder, coloured, tmp_path):
    resume_file = tmp_path / "resume"
    (tmp_path / "run").mkdir()
    half = Recording(CONFIG, coloured, tmp_path / "run", "command", resume_file=resume_file)
    reports = half.reports()
    for _ in range(5):
        next(reports)
    reports.close()
    for _ in Recording(CONFIG, coloured, tmp_path / "run", "command", resume_file=resume_file).reports():
        pass
    whole, resumed = read_run(folder), read_run(tmp_path / "run")
    for arm in CONFIG.arms:
        for name, tensor in read_weights(whole, arm).items():
            np.testing.assert_array_equal(read_weights(resumed, arm)[name], tensor)


def test_its_zip_comes_back_and_other_channels_are_refused(folder, coloured, tmp_path, monkeypatch):
    monkeypatch.setattr("tvae.runs.run_zip.load_dataset", lambda *_, **__: coloured)
    run = take_in_run(run_members(zip_run(folder)), tmp_path, None)
    assert run.provenance.test.image_shape == (8, 8, 3)
    copy = shutil.copytree(folder, tmp_path / "copy")
    plain = json.loads((copy / "config.json").read_text())
    for channels, said in ((2, "Invalid enum value 2"), ("3", "got str"), (True, "got bool")):
        plain["provenance"]["test"]["channels"] = channels
        (copy / "config.json").write_text(json.dumps(plain))
        with pytest.raises(InputError, match=said):
            read_run(copy)


def test_grey_images_are_not_taken_for_coloured_ones(folder, digits):
    with pytest.raises(InputError, match="trained on another test split"):
        encode_split(read_run(folder), digits.test)
    with pytest.raises(InputError, match=r"this arm takes uint8 of 8 x 8 x 3"):
        network(read_run(folder), "vae").encoded(digits.test.images)
