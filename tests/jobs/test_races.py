"""Two processes at one folder of runs: one deletes, restores or clears away what the other looks at."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tvae.errors import InputError
from tvae.jobs.allowance import check_room
from tvae.jobs.files import TRASH, WORKERS, JobFiles
from tvae.jobs.jobs import Jobs
from tvae.runs.run_zip import zip_run
from tvae.system.files import bytes_in
from tvae.system.process_lock import take_lock

SECONDS = 3.0
CHURN = """
import itertools, shutil, sys
from pathlib import Path
runs = Path(sys.argv[1])
for number in itertools.count():
    run = runs / f"r{number % 3}"
    for folder in (run / "job", run / "snapshots" / "1"):
        folder.mkdir(parents=True, exist_ok=True)
    (run / "job" / "stop").touch()
    (run / "config.json").touch()
    shutil.rmtree(run)
"""


@pytest.fixture
def jobs(tmp_path) -> Jobs:
    return Jobs(tmp_path)


@pytest.fixture
def run_id(jobs) -> str:
    """A run that is over."""
    (jobs.folder / "abc" / "job").mkdir(parents=True)
    return "abc"


ACTIONS: dict[str, Callable[[Jobs, str], object]] = {
    "delete": lambda jobs, run_id: jobs.trash.delete(run_id, None),
    "rename": lambda jobs, run_id: jobs.rename(run_id, None, "new"),
    "note": lambda jobs, run_id: jobs.write_note(run_id, None, "new"),
    "pin": lambda jobs, run_id: jobs.pin(run_id, None, True),
    "resume": lambda jobs, run_id: jobs.starter.start_again(JobFiles(jobs.folder / run_id)),
}


@pytest.mark.parametrize("name", ACTIONS)
def test_a_run_that_is_deleted_elsewhere_at_this_moment_is_said_to_be_gone(jobs, run_id, monkeypatch, name):
    """The other process is faster by the time between the look at the run and the lock."""

    def taken_late(path: Path, poll_seconds: float = 0.01):
        shutil.rmtree(jobs.folder / run_id, ignore_errors=True)
        return take_lock(path, poll_seconds)

    for module in ("trash", "files", "starting"):
        monkeypatch.setattr(f"tvae.jobs.{module}.take_lock", taken_late)
    with pytest.raises(InputError, match="is not found"):
        ACTIONS[name](jobs, run_id)


@pytest.mark.parametrize("name", ["stop", "pause", "step_once"])
def test_a_request_to_a_run_that_is_deleted_elsewhere_says_that_it_is_gone(jobs, run_id, monkeypatch, name):
    class Active:
        state = "running"

    def looked_at(run_id: str) -> Active:
        shutil.rmtree(jobs.folder / run_id)
        return Active()

    monkeypatch.setattr(jobs, "run", looked_at)
    with pytest.raises(InputError, match="is not found"):
        getattr(jobs, name)(run_id, None)


def test_a_deleted_run_that_another_restores_first_is_said_to_be_gone(jobs, run_id, monkeypatch):
    jobs.trash.delete(run_id, None)
    exists = Path.exists

    def restored_elsewhere(path: Path) -> bool:
        answer = exists(path)
        if path == jobs.folder / run_id and not answer:
            (jobs.folder / TRASH / run_id).rename(path)
        return answer

    monkeypatch.setattr(Path, "exists", restored_elsewhere)
    with pytest.raises(InputError, match="is not found"):
        jobs.trash.undelete(run_id, None)


def test_the_files_of_a_worker_stay_while_its_run_moves_among_the_runs(jobs, monkeypatch):
    """A place of `.ready` becomes a run between two looks."""
    place, run, worker = jobs.folder / ".ready" / "abc", jobs.folder / "abc", jobs.folder / WORKERS / "abc"
    place.mkdir(parents=True)
    worker.mkdir(parents=True)
    (worker / "log.txt").touch()
    os.utime(worker, (1_000, 1_000))
    exists = Path.exists

    def moved_meanwhile(path: Path) -> bool:
        answer = exists(path)
        if path == run and exists(place):
            place.rename(run)
        return answer

    monkeypatch.setattr(Path, "exists", moved_meanwhile)
    jobs.trash.clear_leftovers()
    assert (worker / "log.txt").is_file()


def test_a_run_that_is_deleted_while_it_is_packed_gives_no_half_zip(jobs, run_id, monkeypatch):
    (jobs.folder / run_id / "config.json").write_text("{}")
    is_file = Path.is_file

    def gone_then(path: Path) -> bool:
        answer = is_file(path)
        path.unlink(missing_ok=True)
        return answer

    monkeypatch.setattr(Path, "is_file", gone_then)
    with pytest.raises(InputError, match="deleted meanwhile"):
        zip_run(jobs.folder / run_id)


def test_all_that_looks_at_the_folder_goes_on_while_runs_come_and_go(jobs):
    """A process makes and removes runs without end; this one counts, lists and clears up, and meets no error."""
    deadline = time.monotonic() + SECONDS
    with subprocess.Popen([sys.executable, "-c", CHURN, str(jobs.folder)]) as other:
        try:
            while time.monotonic() < deadline:
                bytes_in(jobs.folder)
                jobs.runs("me")
                check_room(jobs.folder, "me")
                jobs.trash.clear_leftovers()
                with contextlib.suppress(InputError):  # it is gone, which is said
                    jobs.trash.delete("r1", None)
        finally:
            other.kill()
