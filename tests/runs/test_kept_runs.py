"""Run folders and zips of earlier versions are read correctly; those of newer versions are refused in one line."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from tvae.config import SCHEMA, DataConfig
from tvae.errors import InputError
from tvae.runs.encodings import read_encoding
from tvae.runs.evaluation import encode_split, evaluate
from tvae.runs.run import read_metrics, read_run
from tvae.runs.run_zip import run_members, take_in_run
from tvae.runs.weights import network

KEPT = Path(__file__).parent / "kept"
"""A folder and a zip of each schema: schema 1 from before there was colour and a validation split."""


def test_each_schema_has_a_kept_folder_and_zip():
    assert {path.name for path in KEPT.iterdir()} == {
        f"schema-{schema}{suffix}" for schema in range(1, SCHEMA + 1) for suffix in ("", ".zip")
    }


def test_a_folder_of_before_there_was_colour_is_of_grey_images_and_has_no_validation_split(digits):
    run = read_run(KEPT / "schema-1")
    assert run.config.data == DataConfig(name="digits", validation_share=0.0)
    assert run.provenance.test.image_shape == digits.test.image_shape == (8, 8, 1)
    assert run.provenance.validation is None
    with pytest.raises(InputError, match="this run has no validation split"):
        run.provenance.split("validation")
    encoding = read_encoding(run, "test")
    assert encoding is not None
    np.testing.assert_array_equal(encoding.sample_images, digits.test.images[encoding.sample_rows])
    assert encoding.sample_reconstructions["vae"].shape == encoding.sample_images.shape
    assert read_encoding(run.at(0), "test") is not None
    assert read_encoding(run, "validation") is None
    assert network(run, "tvae").encoded(digits.test.images[:3]).means.shape == (3, 2)


def test_its_metrics_are_measured_again_to_the_same_numbers(digits):
    run = read_run(KEPT / "schema-1")
    metrics, kept = evaluate(run, encode_split(run, digits.test), [0.0, 0.1]), read_metrics(run.folder)
    assert kept is not None
    for arm, measured in metrics["arms"].items():
        for name in ("reconstruction", "reconstruction_per_pixel", "kl"):
            assert measured[name] == pytest.approx(kept["arms"][arm][name], rel=1e-3), name  # weights kept as float16


def test_a_zip_of_before_there_was_colour_is_taken_in(tmp_path):
    run = take_in_run(run_members((KEPT / "schema-1.zip").read_bytes()), tmp_path, None)
    assert run.provenance.test.channels == 1 and run.config.data.validation_share == 0
    assert read_run(tmp_path) == run


def test_a_newer_schema_is_refused_in_one_line(tmp_path):
    newer = shutil.copytree(KEPT / "schema-1", tmp_path / "newer")
    plain = json.loads((newer / "config.json").read_text())
    (newer / "config.json").write_text(json.dumps(plain | {"schema": SCHEMA + 1}))
    with pytest.raises(InputError) as refused:
        read_run(newer)
    assert f"schema version {SCHEMA + 1} is that of a newer version of this program" in str(refused.value)
    assert "\n" not in str(refused.value)
