"""Data that change between two parts of a run, or between its training and its showing."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.conftest import small_run_config
from tvae.data import Dataset, Split
from tvae.errors import InputError
from tvae.runs.evaluation import encode_split
from tvae.runs.finishing import finish
from tvae.runs.recording import Recording
from tvae.runs.run import read_run


def turned(split: Split, rows: int | None = None) -> Split:
    """The split with its images upside down: as many, with the same labels."""
    return replace(
        split, images=np.ascontiguousarray(split.images[:rows, ::-1]), labels=split.labels[:rows], notions={}
    )


CHANGES = {
    "training images": lambda data: replace(data, train=turned(data.train)),
    "test images": lambda data: replace(data, test=turned(data.test)),
    "fewer images": lambda data: replace(data, train=turned(data.train, 1_000)),
    "labels": lambda data: replace(data, train=replace(data.train, labels=data.train.labels[::-1].copy(), notions={})),
    "a validation split": lambda data: replace(data, validation=replace(data.test, name="validation", notions={})),
}


def begun(folder: Path, digits: Dataset) -> Path:
    """A run that was left after three steps; its resume file."""
    folder.mkdir()
    recording = Recording(small_run_config(), digits, folder, "train", resume_file=folder / "resume")
    reports = recording.reports()
    for _ in range(3):
        next(reports)
    reports.close()
    return folder / "resume"


@pytest.mark.parametrize("change", CHANGES)
def test_a_run_is_not_resumed_on_data_that_have_changed_and_keeps_what_it_has(change, tmp_path, digits):
    resume_file = begun(tmp_path / "run", digits)
    before = {path: path.read_bytes() for path in (tmp_path / "run").rglob("*") if path.is_file()}
    with pytest.raises(InputError, match="not those that this run began with; bring those back and resume it"):
        Recording(small_run_config(), CHANGES[change](digits), tmp_path / "run", "train", resume_file=resume_file)
    assert before == {path: path.read_bytes() for path in (tmp_path / "run").rglob("*") if path.is_file()}
    again = Recording(small_run_config(), digits, tmp_path / "run", "train", resume_file=resume_file)
    assert again.training.step == 3


def test_a_run_is_neither_encoded_nor_measured_by_data_that_have_changed(tmp_path, digits):
    begun(tmp_path / "run", digits)
    run = read_run(tmp_path / "run")
    for use in (encode_split, finish):
        with pytest.raises(InputError, match="trained on another test split of 'digits'"):
            use(run, turned(digits.test))
    assert not (tmp_path / "run" / "metrics.json").exists()
