"""Trains the classifier of a data set in another process: start, progress, failure.

The process holds a lock beside the classifier's file while it trains, so the same classifier is trained once however
many ask for it, and it goes on when the one who asked has left.
"""

from __future__ import annotations

import errno
import json
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from tvae.config import DataConfig
from tvae.errors import InputError
from tvae.explore.classifier.classifier import classifier_path
from tvae.system.child_process import leave_no_zombie, start_module
from tvae.system.files import write_atomically
from tvae.system.process_lock import lock_is_held
from tvae.system.strict_json import Amount, Share, read_json_file

MODULE = "tvae.explore.classifier.worker"
START_SECONDS = 60.0
"""Limit for the process to take its lock."""
_LIMIT = 10_000
"""Bytes of a status file at most."""


@dataclass(frozen=True)
class ClassifierTraining:
    """The state of a training that runs or has failed."""

    share: Share = 0.0
    """Share of the steps that are done, in [0, 1]."""
    seconds_left: Amount | None = None
    """Estimated from the steps so far; None before the first."""
    failure: str = ""
    """One line; empty while it runs."""


def start_training(data: DataConfig, labels_key: str, folder: Path) -> None:
    """Train the classifier of a data set in a process of its own; nothing happens where one does that already.

    Args:
        labels_key: of the data set's training split (see `tvae.data.Split`); it names the classifier's file.

    Raises:
        OSError: the folder can't be written, or no process can be started.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if lock_is_held(lock_path(folder, labels_key)):
        return
    write_status(folder, labels_key, ClassifierTraining())
    process = start_module(MODULE, json.dumps(asdict(data)), labels_key, str(folder.absolute()))
    leave_no_zombie(process)
    deadline = time.monotonic() + START_SECONDS
    while not lock_is_held(lock_path(folder, labels_key)) and process.poll() is None:
        if time.monotonic() > deadline:
            process.kill()
            raise OSError(errno.ETIMEDOUT, f"the classifier's process did not start within {START_SECONDS:g} s")
        time.sleep(0.02)


def training_state(labels_key: str, folder: Path) -> ClassifierTraining | None:
    """The state of the training of this classifier; None where none was started or it is over without a failure."""
    is_running = lock_is_held(lock_path(folder, labels_key))  # before its last words are read
    try:
        training = read_json_file(status_path(folder, labels_key), ClassifierTraining, _LIMIT)
    except InputError:
        # A process that has written the classifier and removed its state holds its lock for a moment yet.
        begins = is_running and not classifier_path(folder, labels_key).is_file()
        return ClassifierTraining() if begins else None
    if is_running or training.failure:
        return training
    return None if classifier_path(folder, labels_key).is_file() else ClassifierTraining(failure="it was interrupted")


def write_status(folder: Path, labels_key: str, training: ClassifierTraining) -> None:
    """Write the state for `training_state`.

    Raises:
        OSError: the folder can't be written.
    """
    write_atomically(status_path(folder, labels_key), json.dumps(asdict(training)))


def status_path(folder: Path, labels_key: str) -> Path:
    """Path of the file with the state of the training."""
    return classifier_path(folder, labels_key).with_suffix(".json")


def lock_path(folder: Path, labels_key: str) -> Path:
    """Path of the file that the training process locks."""
    return classifier_path(folder, labels_key).with_suffix(".lock")
