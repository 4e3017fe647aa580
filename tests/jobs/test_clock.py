"""A clock that is set back or forward while a stop is timed, a worker waits, or a deleted run can be restored."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from tvae.jobs.files import READY, TRASH, JobFiles
from tvae.jobs.idle_workers import mark_idle, wait_for_run
from tvae.jobs.jobs import Jobs
from tvae.jobs.trash import UNDO_SECONDS
from tvae.jobs.worker_processes import end_unresponsive_worker
from tvae.system.process_identity import identity_of

DAYS = 3 * UNDO_SECONDS


@pytest.fixture
def set_clock(monkeypatch) -> Callable[[float], None]:
    """Sets the system's clock, and with it the time at which the machine was started, which Linux counts from it."""
    platform: Any = vars(psutil)["_psplatform"]  # whose reading psutil's own functions add to what they return
    real, boot = time.time, platform.boot_time

    def shift(seconds: float) -> None:
        monkeypatch.setattr(time, "time", lambda: real() + seconds)
        monkeypatch.setattr(platform, "boot_time", lambda: boot() + seconds)

    return shift


@pytest.fixture
def stopped(tmp_path) -> Iterator[tuple[JobFiles, subprocess.Popen[bytes]]]:
    """A run that is asked to stop now, with a process in its worker's place that ignores the request."""
    files = JobFiles(tmp_path / "abc")
    for folder in (files.folder, files.worker_folder):
        folder.mkdir(parents=True)
    command = [sys.executable, "-c", "import time; time.sleep(600)", "tvae.jobs.worker", "abc"]
    with subprocess.Popen(command) as process:
        files.write_process(identity_of(psutil.Process(process.pid)))
        files.set_flag("stop", True)
        yield files, process
        process.kill()


def test_a_clock_set_forward_ends_no_worker_that_still_has_time(stopped, set_clock):
    files, process = stopped
    set_clock(3_600.0)
    end_unresponsive_worker(files, "training")
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(0.5)


@pytest.mark.parametrize("seconds", [-3_600.0, 3_600.0], ids=["set back", "set forward"])
def test_a_worker_that_ignores_a_stop_is_ended_in_time_however_the_clock_is_set(
    stopped, set_clock, monkeypatch, seconds
):
    files, process = stopped
    set_clock(seconds)
    monkeypatch.setattr("tvae.jobs.worker_processes.TERMINATE_AFTER", 0.0)
    monkeypatch.setattr("tvae.jobs.worker_processes.KILL_AFTER", 0.0)
    end_unresponsive_worker(files, "training")
    assert process.wait(30) < 0


def test_a_clock_set_forward_is_no_restart_of_the_machine(stopped, set_clock):
    files, _ = stopped
    set_clock(DAYS)
    process = files.read_process()
    assert process is not None and not process.ended_by_restart


@pytest.mark.parametrize("is_claimed", [False, True], ids=["idle", "claimed"])
def test_a_worker_waits_its_time_however_the_clock_is_set(tmp_path, set_clock, monkeypatch, is_claimed):
    class StillWaits(Exception):
        pass

    place, rests = JobFiles(tmp_path / READY / "abc"), []
    place.folder.mkdir(parents=True)
    mark_idle(place.run_folder, "digits")
    if is_claimed:
        (place.folder / "idle").rename(place.folder / "claimed")

    def rested(seconds: float) -> None:
        rests.append(seconds)
        if len(rests) == 1:
            set_clock(DAYS)
        if len(rests) == 3:
            raise StillWaits

    monkeypatch.setattr(time, "sleep", rested)
    with pytest.raises(StillWaits):
        wait_for_run(tmp_path, "abc", None)
    assert place.run_folder.exists()


def test_a_deleted_run_can_be_restored_for_a_day_however_the_clock_is_set(tmp_path, set_clock):
    jobs = Jobs(tmp_path)
    (tmp_path / "abc").mkdir()
    (tmp_path / "abc" / "config.json").write_text("{}")
    jobs.trash.delete("abc", None)
    set_clock(DAYS)
    jobs.trash.clear_leftovers()
    jobs.trash.undelete("abc", None)
    assert (tmp_path / "abc" / "config.json").exists()


def test_a_deleted_run_goes_after_a_day_also_where_the_clock_was_set_back(tmp_path, set_clock, monkeypatch):
    jobs = Jobs(tmp_path)
    (tmp_path / "abc").mkdir()
    jobs.trash.delete("abc", None)
    set_clock(-DAYS)
    monkeypatch.setattr("tvae.jobs.trash.UNDO_SECONDS", 0.0)
    jobs.trash.clear_leftovers()
    assert not (tmp_path / TRASH / "abc").exists()


def test_a_run_that_an_earlier_version_deleted_is_counted_by_its_folder(tmp_path):
    jobs, deleted = Jobs(tmp_path), tmp_path / TRASH / "abc"
    deleted.mkdir(parents=True)
    jobs.trash.clear_leftovers()
    assert deleted.exists()
    old = time.time() - DAYS
    os.utime(deleted, (old, old))
    jobs.trash.clear_leftovers()
    assert not Path(deleted).exists()
