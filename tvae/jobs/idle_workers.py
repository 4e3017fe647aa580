"""Pre-started workers with torch and data loaded.

An idle worker holds the lock of a folder below `.ready`, its place, in which the file `idle` names its data set.
The process that renames that file has claimed the worker: it prepares a run in the place and moves the place among
the runs, where the worker finds it. A worker that is started for one run waits in the same way until the run is there.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import time
from pathlib import Path

import psutil

from tvae.jobs.files import READY, JobFiles
from tvae.system.files import entries
from tvae.system.process_lock import lock_is_held

IDLE_SECONDS = 600.0
"""An idle worker that nobody has claimed for this long ends; earlier, where the server that started it has ended."""
CLAIM_SECONDS = 60.0
"""A claimed place in which no run was prepared for this long is given up."""
_LOOK_EVERY = 0.02
_LOOK_AT_STARTER_EVERY = 1.0
_IDLE, _CLAIMED = "idle", "claimed"


def mark_idle(place: Path, data: str) -> None:
    """Offer the calling process as the idle worker of this place; it has, or will have, this data set loaded.

    Args:
        data: the data set's identity (`tvae.data.dataset_identity`), here and in the functions below.
    """
    (JobFiles(place).folder / _IDLE).write_text(data, encoding="utf-8")


def is_idle(place: Path) -> bool:
    """Whether the worker of this place waits for a run, unclaimed."""
    return (JobFiles(place).folder / _IDLE).exists()


def claim_idle_place(runs: Path, data: str) -> Path | None:
    """Claim an idle worker with this data set for the caller alone: its place, or None where there is none."""
    for place in _places(runs):
        if _data_set(place) == data and lock_is_held(JobFiles(place).lock) and _claim(place):
            return place
    return None


def keep_idle_worker(runs: Path, data: str) -> bool:
    """Extend the time of an idle worker with this data set, end those with other data sets; whether there is one."""
    has_worker = False
    for place in _places(runs):
        data_set = _data_set(place)
        if data_set is None or not lock_is_held(JobFiles(place).lock):
            continue
        if data_set == data and not has_worker:
            with contextlib.suppress(OSError):  # it was claimed since
                os.utime(JobFiles(place).folder / _IDLE)  # which doesn't make the file anew
                has_worker = True
        elif _claim(place):
            shutil.rmtree(place, ignore_errors=True)  # its worker sees that, and ends
    return has_worker


def wait_for_run(runs: Path, run_id: str, starter: psutil.Process | None) -> bool:
    """Wait, in the worker, until a run is in its place; False if it is no longer wanted.

    Args:
        starter: the process that started this one; an idle worker does not outlive it.
    """
    place, run = runs / READY / run_id, runs / run_id
    idle = JobFiles(place).folder / _IDLE
    claimed_at, looked_at, starter_ended = None, 0.0, False
    wanted, wanted_at = -1, 0.0  # the last change of `idle` that was seen, and when that was
    while not JobFiles(run).spec.exists():
        now = time.monotonic()  # however the clock is set: files' times only say that something has changed
        if now - looked_at > _LOOK_AT_STARTER_EVERY:
            looked_at, starter_ended = now, starter is not None and psutil.Process().parent() != starter
        try:
            changed = idle.stat().st_mtime_ns
            if changed != wanted:
                wanted, wanted_at = changed, now
            if now - wanted_at > IDLE_SECONDS or starter_ended:
                idle.rename(idle.with_name(_CLAIMED))  # so that nobody else claims it
                shutil.rmtree(place, ignore_errors=True)
                return False
        except OSError:  # claimed, or gone
            claimed_at = claimed_at or now
            if now - claimed_at > CLAIM_SECONDS or not (place.exists() or run.exists()):
                shutil.rmtree(place, ignore_errors=True)
                return False
        time.sleep(_LOOK_EVERY)
    (JobFiles(run).folder / _CLAIMED).unlink(missing_ok=True)
    return True


def _places(runs: Path) -> list[Path]:
    return sorted(path for path in entries(runs / READY) if path.is_dir())


def _claim(place: Path) -> bool:
    """Claim the idle worker of this place; False where another process was faster."""
    folder = JobFiles(place).folder
    try:
        (folder / _IDLE).rename(folder / _CLAIMED)
    except OSError:
        return False
    return True


def _data_set(place: Path) -> str | None:
    try:
        return (JobFiles(place).folder / _IDLE).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return None
