"""File locks that the operating system releases when their process ends.

filelock's native locks (flock, LockFileEx) are free again the moment their process ends, however it ends. Its fallback
where a file system has no locks, a marker file, is not: a killed process leaves it behind. `lock_descriptor` has
no fallback and raises there.

Such a lock can't be handed to another process. A caller that starts a process which is to hold one waits until it does.
"""

from __future__ import annotations

import contextlib
import os
import threading
import time
from pathlib import Path

import filelock

_CHECKING = threading.Lock()
_PATIENCE = 1.0
"""Seconds to wait for a lock: a process that checks whether it is held holds it itself for microseconds."""


class ProcessLock:
    """A lock that this process holds until it is released or the process ends."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def release(self) -> None:
        """Let another process take the lock."""
        # Before the close: a child process that is just starting may have a copy of the descriptor.
        with contextlib.suppress(OSError):
            filelock.unlock_descriptor(self._descriptor)
        os.close(self._descriptor)

    def __enter__(self) -> ProcessLock:
        return self

    def __exit__(self, *_: object) -> None:
        self.release()


def take_lock(path: Path, poll_seconds: float = 0.01, patience: float = _PATIENCE) -> ProcessLock | None:
    """The lock of this file, which is made where it is missing; None where another holds it.

    Args:
        patience: seconds to wait for another who holds it.

    Raises:
        OSError: the file can't be made, or its file system has no locks.
    """
    deadline = time.monotonic() + patience
    while (lock := _lock_if_free(path, os.O_RDWR | os.O_CREAT)) is None and time.monotonic() < deadline:
        time.sleep(poll_seconds)
    return lock


def lock_is_held(path: Path) -> bool:
    """Whether any process holds the lock of this file.

    The check takes the lock for an instant. Two checks at once would each take the other for the holder, so they run
    one after the other: the threads of a process, and processes under a lock of their own beside it.
    """
    if not path.is_file():
        return False
    with _CHECKING:
        return _is_locked(path)


def _is_locked(path: Path) -> bool:
    turn = None
    try:
        with contextlib.suppress(OSError):  # a folder that can only be read
            turn = take_lock(path.with_name(f"{path.name}.look"), poll_seconds=0.001)
        lock = _lock_if_free(path, os.O_RDWR if os.access(path, os.W_OK) else os.O_RDONLY)
    except OSError:  # the file is gone, or its file system has no locks: nobody holds one
        return False
    finally:
        if turn is not None:
            turn.release()
    if lock is None:
        return True
    lock.release()
    return False


def _lock_if_free(path: Path, flags: int) -> ProcessLock | None:
    """The lock of this file if it is free at this moment."""
    descriptor = os.open(path, flags, 0o666)  # less what `privacy` says
    try:
        try:
            is_taken = filelock.lock_descriptor(descriptor, blocking=False)
        except OSError as error:
            reason = "this file system can't lock files; name a folder on another one"
            raise OSError(error.errno, reason, str(path)) from None
        # A file that was removed before it was locked excludes nobody: another has been made, or will be.
        if is_taken and _is_at(path, descriptor):
            return ProcessLock(descriptor)
    except BaseException:
        os.close(descriptor)
        raise
    os.close(descriptor)
    return None


def _is_at(path: Path, descriptor: int) -> bool:
    """Whether the open file is the one that has this path now."""
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except FileNotFoundError:
        return False
