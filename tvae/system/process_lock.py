"""File locks that the operating system releases when their process ends.

filelock's native locks (flock, LockFileEx) are free again the moment their process ends, however it ends. Its fallback
where a file system has no locks, a marker file, is not: a killed process leaves it behind. `lock_descriptor` has
no fallback and raises there.

Such a lock can't be handed to another process. Whoever starts a process that is to hold one waits until it does.
"""

from __future__ import annotations

import contextlib
import os
import threading
import time
from pathlib import Path

import filelock

_LOOKING = threading.Lock()
_PATIENCE = 1.0
"""Seconds: whoever looks whether a lock is held holds it for microseconds."""


class ProcessLock:
    """A lock that this process holds until it is released or the process ends."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def release(self) -> None:
        """Let another process take the lock."""
        with contextlib.suppress(OSError):  # first: a process that is just being started may have a copy of the file
            filelock.unlock_descriptor(self._descriptor)
        os.close(self._descriptor)

    def __enter__(self) -> ProcessLock:
        return self

    def __exit__(self, *_: object) -> None:
        self.release()


def take_lock(path: Path, poll_seconds: float = 0.01) -> ProcessLock | None:
    """The lock of this file, which is made where it is missing; None where another holds it.

    Raises:
        OSError: the file can't be made, or its file system has no locks.
    """
    until = time.monotonic() + _PATIENCE
    while (lock := _locked(path, os.O_RDWR | os.O_CREAT)) is None and time.monotonic() < until:
        time.sleep(poll_seconds)
    return lock


def lock_is_held(path: Path) -> bool:
    """Whether any process holds the lock of this file.

    To look is to take the lock for an instant. Two that look at once would each believe the other to be the holder,
    so they look one after the other: the threads of a process, and processes under a lock of their own beside it.
    """
    if not path.is_file():
        return False
    with _LOOKING:
        return _look(path)


def _look(path: Path) -> bool:
    turn = None
    try:
        with contextlib.suppress(OSError):  # a folder that can only be read
            turn = take_lock(path.with_name(f"{path.name}.look"), poll_seconds=0.001)
        lock = _locked(path, os.O_RDWR if os.access(path, os.W_OK) else os.O_RDONLY)
    except OSError:  # gone by now, or no locks here: then nobody holds one
        return False
    finally:
        if turn is not None:
            turn.release()
    if lock is None:
        return True
    lock.release()
    return False


def _locked(path: Path, flags: int) -> ProcessLock | None:
    """The lock of this file if it is free at this moment."""
    descriptor = os.open(path, flags, 0o644)
    try:
        try:
            taken = filelock.lock_descriptor(descriptor, blocking=False)
        except OSError as error:
            reason = "this file system can't lock files; name a folder on another one"
            raise OSError(error.errno, reason, str(path)) from None
        # A file that was removed before it was locked excludes nobody: another has been made, or will be.
        if taken and path.exists() and os.path.samestat(os.fstat(descriptor), path.stat()):
            return ProcessLock(descriptor)
    except BaseException:
        os.close(descriptor)
        raise
    os.close(descriptor)
    return None
