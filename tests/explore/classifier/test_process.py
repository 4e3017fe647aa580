"""The process that trains a classifier: one at a time, its progress, its failures."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from tvae.config import DataConfig
from tvae.data import load_dataset
from tvae.explore.classifier.classifier import classifier_path, read_classifier
from tvae.explore.classifier.process import lock_path, start_training, status_path, training_state
from tvae.system.process_lock import take_lock

DIGITS = DataConfig(name="digits")


@pytest.fixture
def processes(monkeypatch) -> Iterator[list[subprocess.Popen]]:
    """List of the processes that a test starts; they are ended with the test."""
    started: list[subprocess.Popen] = []
    real = subprocess.Popen

    def start(*arguments, **options):
        started.append(real(*arguments, **options))
        return started[-1]

    monkeypatch.setattr(subprocess, "Popen", start)
    yield started
    for process in started:
        process.kill()
        process.wait()


def wait_until(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_it_is_trained_once_and_its_progress_is_told(digits, tmp_path: Path, processes):
    fingerprint = digits.train.fingerprint
    assert training_state(fingerprint, tmp_path) is None
    start_training(DIGITS, fingerprint, tmp_path)
    start_training(DIGITS, fingerprint, tmp_path)
    assert len(processes) == 1
    shares = []
    while (training := training_state(fingerprint, tmp_path)) is not None:
        assert not training.failure
        shares.append(training.share)
        time.sleep(0.1)
    assert shares == sorted(shares) and 0 < shares[-1] <= 1
    classifier = read_classifier(fingerprint, 64, 10, (tmp_path,))
    assert classifier is not None
    right = classifier.classes(classifier.features(digits.test.images)) == digits.test.labels
    assert right.mean() > 0.9
    assert not status_path(tmp_path, fingerprint).exists()


def test_another_process_that_trains_it_is_waited_for(tmp_path: Path, processes):
    lock = take_lock(lock_path(tmp_path, "a" * 64))
    assert lock is not None
    with lock:
        start_training(DIGITS, "a" * 64, tmp_path)
        assert not processes
        training = training_state("a" * 64, tmp_path)
        assert training is not None and not training.failure
    assert training_state("a" * 64, tmp_path) is None


def test_it_is_over_once_it_is_written_though_its_process_has_not_ended(tmp_path: Path):
    """Otherwise the progress bar would go back to 0 after the state file is removed and before the process ends."""
    lock = take_lock(lock_path(tmp_path, "a" * 64))
    assert lock is not None
    with lock:
        assert training_state("a" * 64, tmp_path) is not None
        classifier_path(tmp_path, "a" * 64).touch()
        assert training_state("a" * 64, tmp_path) is None


def test_other_images_than_the_runs_are_a_failure_in_one_line(tmp_path: Path, processes):
    start_training(DIGITS, "b" * 64, tmp_path)
    wait_until(lambda: processes[0].poll() is not None)
    training = training_state("b" * 64, tmp_path)
    assert training is not None
    assert training.failure == "data set 'digits' has other training images than the run was trained on"


def test_images_that_were_held_out_are_not_trained_on(tmp_path: Path, processes):
    fingerprint = load_dataset("digits", validation_share=0.2).train.fingerprint
    start_training(replace(DIGITS, validation_share=0.2), fingerprint, tmp_path)
    wait_until(
        lambda: (state := training_state(fingerprint, tmp_path)) is None or state.share > 0 or bool(state.failure)
    )
    training = training_state(fingerprint, tmp_path)
    assert training is None or not training.failure


def test_labels_of_another_notion_have_a_classifier_of_their_own(digits, tmp_path: Path, processes):
    by_slant = digits.train.by("slant")
    start_training(replace(DIGITS, notion="slant"), by_slant.labels_key, tmp_path)
    wait_until(lambda: training_state(by_slant.labels_key, tmp_path) is None)
    assert read_classifier(digits.train.fingerprint, 64, 10, (tmp_path,)) is None
    classifier = read_classifier(by_slant.labels_key, 64, 3, (tmp_path,))
    assert classifier is not None
    test = digits.test.by("slant")
    assert (classifier.classes(classifier.features(test.images)) == test.labels).mean() > 0.8


def test_a_process_that_is_killed_has_failed(digits, tmp_path: Path, processes):
    start_training(DIGITS, digits.train.fingerprint, tmp_path)
    psutil.Process(processes[0].pid).kill()
    processes[0].wait()
    training = training_state(digits.train.fingerprint, tmp_path)
    assert training is not None and training.failure == "it was interrupted"
    start_training(DIGITS, digits.train.fingerprint, tmp_path)
    assert len(processes) == 2
    training = training_state(digits.train.fingerprint, tmp_path)
    assert training is None or not training.failure
