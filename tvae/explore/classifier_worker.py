"""The process that trains a classifier.

    python -m tvae.explore.classifier_worker DATASET FINGERPRINT FOLDER VALIDATION_SHARE

The first thing it does is to take its lock (see `classifier_process`), so torch is imported afterwards.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

from tvae.errors import InputError
from tvae.explore.classifier import classifier_path, write_classifier
from tvae.explore.classifier_process import ClassifierTraining, lock_path, status_path, write_status
from tvae.system.child_process import lower_priority, offer_to_end_first
from tvae.system.process_lock import take_lock

NICENESS = 5
"""Below the priority of the app, so that its pages stay quick."""
SECONDS_BETWEEN = 0.5
"""Between two writings of the state."""


def main(dataset: str, fingerprint: str, folder: Path, validation_share: float) -> None:
    """Train the classifier and write its file, unless another process trains it or it is there already.

    Raises:
        OSError: the folder can't be written.
    """
    lock = take_lock(lock_path(folder, fingerprint))
    if lock is None or classifier_path(folder, fingerprint).is_file():
        return
    lower_priority(NICENESS)
    offer_to_end_first()
    with lock:
        try:
            _train(dataset, fingerprint, folder, validation_share)
        except Exception as error:
            line = (str(error).splitlines() or [""])[0][:300]
            failure = line if isinstance(error, InputError) else f"{type(error).__name__}: {line}"
            write_status(folder, fingerprint, ClassifierTraining(failure=failure))
            return
        status_path(folder, fingerprint).unlink(missing_ok=True)


def _train(dataset: str, fingerprint: str, folder: Path, validation_share: float) -> None:
    from tvae.data import load_split
    from tvae.explore.classifier_training import trained_classifier

    split = load_split(dataset, "train", validation_share=validation_share, download=True)
    if split.fingerprint != fingerprint:
        raise InputError(f"data set {dataset!r} has other training images than the run was trained on")
    started = written = time.monotonic()

    def report(share: float) -> None:
        nonlocal written
        now = time.monotonic()
        if now - written >= SECONDS_BETWEEN:
            left = (now - started) / share * (1 - share)
            write_status(folder, fingerprint, ClassifierTraining(share, left))
            written = now

    write_classifier(classifier_path(folder, fingerprint), trained_classifier(split, report))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], Path(sys.argv[3]), float(sys.argv[4]))
