"""Scratch folders for temporary files, which a later process removes where theirs was killed."""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from tvae.system.process_lock import ProcessLock, take_lock

PREFIX, LOCK = "tvae-", ".held"
YOUNG_SECONDS = 60.0
"""Age below which a folder is left alone: it may not be locked yet."""
_LOCKS: dict[Path, ProcessLock] = {}
"""Lock of each folder that this process holds."""


def new_scratch_folder(purpose: str) -> Path:
    """A new folder in the system's temporary folder, which this process holds until it removes it or ends.

    Folders that killed processes of this user left are removed first.

    Raises:
        OSError: there is no room for it.
    """
    remove_abandoned()
    folder = Path(tempfile.mkdtemp(prefix=f"{PREFIX}{purpose}-"))
    try:
        lock = take_lock(folder / LOCK)
    except OSError:  # a file system without locks: nobody removes it but its owner
        lock = None
        with contextlib.suppress(OSError):
            (folder / LOCK).unlink(missing_ok=True)
    if lock is not None:
        _LOCKS[folder] = lock
    return folder


def remove_scratch_folder(folder: Path) -> None:
    """Remove a folder that `new_scratch_folder` gave, if it is there still."""
    lock = _LOCKS.pop(folder, None)
    if lock is not None:
        lock.release()
    shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def scratch_folder(purpose: str) -> Iterator[Path]:
    """Context with a new scratch folder, which is removed when it is left.

    Raises:
        OSError: there is no room for it.
    """
    folder = new_scratch_folder(purpose)
    try:
        yield folder
    finally:
        remove_scratch_folder(folder)


def remove_abandoned() -> None:
    """Remove this user's scratch folders whose process has ended; what cannot be looked at is left alone."""
    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        with contextlib.suppress(OSError):
            if _is_abandoned(folder):
                shutil.rmtree(folder, ignore_errors=True)


def _is_abandoned(folder: Path) -> bool:
    """Whether it is a folder of this user's that a process locked at least a minute ago and holds no more.

    Raises:
        OSError: it is gone, or can't be looked at.
    """
    if folder.is_symlink() or not folder.is_dir() or not (folder / LOCK).is_file():
        return False
    state = (folder / LOCK).lstat()
    if time.time() - state.st_mtime < YOUNG_SECONDS:
        return False
    if sys.platform != "win32" and {state.st_uid, folder.lstat().st_uid} != {os.getuid()}:
        return False
    lock = take_lock(folder / LOCK, patience=0)
    if lock is None:
        return False
    lock.release()
    return True
