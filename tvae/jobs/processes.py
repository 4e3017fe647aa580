"""Worker processes: stopping one that does not answer, and collecting ended ones."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import threading
import time
from pathlib import Path
from typing import Any

from tvae.jobs.files import JobFiles
from tvae.system.process_lock import lock_is_held

SIGNAL_AFTER, KILL_AFTER = 5.0, 10.0
"""Seconds after a stop was asked for."""


def signal_unresponsive_worker(run_id: str, files: JobFiles, told: dict[str, Any]) -> None:
    """Signal, later kill a worker that was asked to stop and hasn't."""
    asked = files.flag_time("stop")
    if asked is None or told.get("phase") == "measuring":  # its training is over: it ends by itself
        return
    waited = time.time() - asked
    if waited >= SIGNAL_AFTER:
        _signal_worker(run_id, files, told, signal.SIGKILL if waited >= KILL_AFTER else signal.SIGTERM)


def _signal_worker(run_id: str, files: JobFiles, told: dict[str, Any], what: signal.Signals) -> None:
    """Signal the process that holds the lock, and no other that its number may have gone to."""
    number = told.get("pid")
    if not isinstance(number, int):
        return
    with contextlib.suppress(OSError):
        handle = os.pidfd_open(number)
        try:
            words = Path(f"/proc/{number}/cmdline").read_bytes().split(b"\0")
            if b"tvae.jobs.worker" in words and run_id.encode() in words and lock_is_held(files.lock):
                signal.pidfd_send_signal(handle, what)
        finally:
            os.close(handle)


_workers: list[subprocess.Popen[bytes]] = []


_workers_lock = threading.Lock()


def remember_worker(process: subprocess.Popen[bytes]) -> None:
    """Workers that this process started: it has to hear of their ends, or they stay as zombies."""
    with _workers_lock:
        _workers.append(process)


def reap_workers() -> None:
    with _workers_lock:
        _workers[:] = [process for process in _workers if process.poll() is None]
