"""Worker processes: start one and wait until it holds its lock, end one that does not respond.

A run is alive as long as a process holds its lock, and the system lets no process hand a lock to another. So a worker
takes the lock of its run itself, as the first thing it does, and the run's state says "queued" only afterwards:

    1. The starter takes the lock to clear what an earlier worker left, and releases it.
    2. It starts the worker and waits. The run still is what it was: over, or not yet among the runs.
    3. The worker takes the lock, writes the state of a run that is resumed, and then writes `process.json`.
    4. The starter sees that, and moves a new run among the runs.

So there is no moment in which a run that is under way has no holder of its lock. Where the starter is killed before
step 4, a new run was never started and its worker ends by itself; a resumed one goes on. Where the worker is killed
before the end of step 3, the run is over, or not there, and the starter raises. Two that resume a run at once may start
two workers: the lock decides, and the other one ends.
"""

from __future__ import annotations

import contextlib
import errno
import subprocess
import threading
import time
from collections.abc import Sequence
from pathlib import Path

import psutil

from tvae.jobs.files import BEFORE_STEPS, JobFiles
from tvae.system.child_process import last_line, start_module
from tvae.system.process_lock import ProcessLock, take_lock

MODULE = "tvae.jobs.worker"
"""Module in a worker's command line, beside the id of its run."""
TERMINATE_AFTER, KILL_AFTER = 5.0, 30.0
"""Seconds after a stop was requested of a worker that takes steps; one step may take long."""
STARTING_TERMINATE_AFTER, STARTING_KILL_AFTER = 1.0, 2.0
"""Seconds after a stop was requested of one that loads or compiles: it sees no request, and has no step to lose."""
STOPPING_KILL_AFTER = 300.0
"""Seconds after a stop was requested of one that has answered and saves what it has."""
_START_SECONDS = 60.0
"""Limit for a worker to take its lock; on an idle machine it takes a fifth of a second."""

_started: list[subprocess.Popen[bytes]] = []
_started_lock = threading.Lock()


def reserve_for_worker(files: JobFiles) -> ProcessLock | None:
    """Take the lock of a run and clear an earlier worker's files; None where a worker holds the lock.

    Raises:
        OSError: the folder can't be written.
    """
    files.worker_folder.mkdir(parents=True, exist_ok=True)
    lock = take_lock(files.lock)
    if lock is None:
        return None
    try:
        clear_earlier_worker(files)
    except BaseException:
        lock.release()
        raise
    return lock


def clear_earlier_worker(files: JobFiles) -> None:
    """Remove what an earlier worker wrote of itself; for the holder of the lock."""
    files.process.unlink(missing_ok=True)
    files.last_word.reserve()


def start_worker(runs: Path, run_id: str, data: str = "") -> None:
    """Start a worker for a run whose lock is reserved and free again, and return when a worker holds that lock.

    Args:
        data: the data set that an idle worker loads while it waits for a run.

    Raises:
        OSError: no process can be started, or it ended at once.
    """
    files = JobFiles(runs / run_id)
    with files.log.open("ab") as log:
        process = start_module(MODULE, run_id, *filter(None, [data]), log=log, environment={"TVAE_RUNS": str(runs)})
    with _started_lock:
        _started.append(process)
    deadline = time.monotonic() + _START_SECONDS
    while not files.process.exists():
        if process.poll() is not None and not files.process.exists():
            raise OSError(errno.ECHILD, f"no worker can be started: {last_line(files.log)}")
        if time.monotonic() > deadline:
            process.kill()
            raise OSError(errno.ETIMEDOUT, f"no worker can be started within {_START_SECONDS:g} s")
        time.sleep(0.005)


def collect_ended_workers() -> None:
    """Collect the exit status of ended workers that this process started; else they would stay as zombies."""
    with _started_lock:
        _started[:] = [process for process in _started if process.poll() is None]


def worker_process(files: JobFiles) -> psutil.Process | None:
    """The worker process of a run, never another process that has its number by now; None where there is none."""
    identity = files.read_process()

    def is_worker(words: Sequence[str]) -> bool:
        return files.run_folder.name in words and any(word.endswith(".worker") for word in words)

    return None if identity is None else identity.running(is_worker)


def end_unresponsive_worker(files: JobFiles, phase: str) -> None:
    """Terminate, later kill, a worker that was asked to stop and hasn't; how long it may take depends on its phase."""
    waited = files.flag_age("stop")
    if waited is None or phase == "measuring":  # its training is over: it ends by itself
        return
    terminate_after, kill_after = TERMINATE_AFTER, KILL_AFTER
    if phase in BEFORE_STEPS:
        terminate_after, kill_after = STARTING_TERMINATE_AFTER, STARTING_KILL_AFTER
    elif phase == "stopping":
        terminate_after = kill_after = STOPPING_KILL_AFTER
    if waited < terminate_after or (process := worker_process(files)) is None:
        return
    with contextlib.suppress(psutil.Error):  # it has just ended
        if waited < kill_after:
            process.terminate()
        else:
            process.kill()
