"""A run that is trained in the foreground, among the runs in the background."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from tvae.errors import InputError
from tvae.jobs.files import JobFiles
from tvae.system.process_lock import take_lock
from tvae.system.user_folders import runs_folder


@contextlib.contextmanager
def held_in_foreground(folder: Path) -> Iterator[None]:
    """Hold the lock of a run that this process trains, so that the app shows it as running and nobody deletes it.

    A folder that is not right below the folder of runs is in no list, and needs no lock.

    Raises:
        InputError: another process trains a run in this folder.
    """
    if folder.absolute().parent != runs_folder().absolute():
        yield
        return
    files = JobFiles(folder.absolute())
    files.worker_folder.mkdir(parents=True, exist_ok=True)
    lock = take_lock(files.lock)
    if lock is None:
        raise InputError(f"--out: another process trains a run in {folder}; name a new folder")
    with lock:
        yield
