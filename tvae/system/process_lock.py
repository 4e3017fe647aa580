"""A file lock that the kernel releases when its process ends.

The lock can be handed to a process as its standard input, so that it is held without a gap from before the process
exists until it is gone. Its file also has room, set aside on the disk when it is made, for the holder's last word:
where the disk is full, a new file can't be written, and this one can.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import time
from pathlib import Path

_ROOM = 4096
_PATIENCE = 1.0
"""Seconds: whoever looks whether the lock is held holds it himself for microseconds."""


class ProcessLock:
    """A lock that this process holds."""

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor

    def close(self) -> None:
        """Let go, unless a process has the lock as its standard input: that one goes on holding it."""
        os.close(self.descriptor)

    def write_last_word(self, word: str) -> None:
        """Leave a line in the lock's file, in place.

        Raises:
            OSError: not even that can be written.
        """
        os.pwrite(self.descriptor, word.encode()[:_ROOM].ljust(_ROOM), 0)
        os.fsync(self.descriptor)


def take_lock(path: Path) -> ProcessLock | None:
    """The lock of this file, which is made where it is missing, or None where another process holds it.

    Raises:
        OSError: the file can't be made.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        if os.fstat(descriptor).st_size < _ROOM:
            os.pwrite(descriptor, b" " * _ROOM, 0)
        until = time.monotonic() + _PATIENCE
        while True:
            with contextlib.suppress(BlockingIOError):
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return ProcessLock(descriptor)
            if time.monotonic() > until:
                os.close(descriptor)
                return None
            time.sleep(0.01)
    except OSError:
        os.close(descriptor)
        raise


def inherited_lock(path: Path) -> ProcessLock | None:
    """The lock of this file if this process was handed it as its standard input."""
    with contextlib.suppress(OSError):
        if os.path.samestat(os.fstat(0), path.stat()):
            return ProcessLock(0)
    return None


def lock_is_held(path: Path) -> bool:
    """Whether any process holds the lock of this file."""
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


def last_word(path: Path) -> str:
    """What the last holder left in the lock's file, or nothing."""
    try:
        return path.read_bytes()[:_ROOM].decode(errors="replace").strip()
    except OSError:
        return ""


def forget_last_word(lock: ProcessLock) -> None:
    """The next holder has its own to say."""
    lock.write_last_word("")


def boot_id() -> str:
    """Another text after each start of the machine; empty where the system tells none."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return ""
