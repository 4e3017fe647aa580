"""The process that trains a classifier.

    python -m tvae.explore.classifier.worker DATA LABELS_KEY FOLDER

DATA is the JSON form of a `DataConfig`. The first thing it does is to take its lock (see `process`), so
torch is imported afterwards.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

from tvae.config import DataConfig
from tvae.errors import InputError
from tvae.explore.classifier.classifier import classifier_path, write_classifier
from tvae.explore.classifier.process import ClassifierTraining, lock_path, status_path, write_status
from tvae.system.child_process import lower_priority, offer_to_end_first
from tvae.system.privacy import keep_files_private
from tvae.system.process_lock import take_lock
from tvae.system.strict_json import read_json

NICENESS = 5
"""Niceness of the process: lower priority than the app, so that its pages stay quick."""
SECONDS_BETWEEN = 0.5
"""Seconds between two writings of the state."""


def main(data: DataConfig, labels_key: str, folder: Path) -> None:
    """Train the classifier and write its file, unless another process trains it or it is there already.

    Raises:
        OSError: the folder can't be written.
    """
    lock = take_lock(lock_path(folder, labels_key))
    if lock is None or classifier_path(folder, labels_key).is_file():
        return
    lower_priority(NICENESS)
    offer_to_end_first()
    with lock:
        try:
            _train(data, labels_key, folder)
        except Exception as error:
            line = (str(error).splitlines() or [""])[0][:300]
            failure = line if isinstance(error, InputError) else f"{type(error).__name__}: {line}"
            write_status(folder, labels_key, ClassifierTraining(failure=failure))
            return
        status_path(folder, labels_key).unlink(missing_ok=True)


def _train(data: DataConfig, labels_key: str, folder: Path) -> None:
    from tvae.data import load_split
    from tvae.explore.classifier.training import trained_classifier

    split = load_split(data.name, "train", notion=data.notion, validation_share=data.validation_share, download=True)
    if split.labels_key != labels_key:
        raise InputError(f"data set {data.name!r} has other training images than the run was trained on")
    started = written = time.monotonic()

    def report(share: float) -> None:
        nonlocal written
        now = time.monotonic()
        if now - written >= SECONDS_BETWEEN:
            left = (now - started) / share * (1 - share)
            write_status(folder, labels_key, ClassifierTraining(share, left))
            written = now

    write_classifier(classifier_path(folder, labels_key), trained_classifier(split, report))


if __name__ == "__main__":
    keep_files_private()
    main(DataConfig(**read_json(sys.argv[1], "data")), sys.argv[2], Path(sys.argv[3]))
