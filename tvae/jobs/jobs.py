"""Jobs: list background runs; stop, pause, resume, rename or delete them.

    jobs = Jobs()                                   the runs of this person (TVAE_RUNS)
    run_id = jobs.starter.start(config, owner)      a process of its own trains it (see `worker`)
    jobs.run(run_id)                                state and progress -> Job
    jobs.stop(run_id, owner)                        requests a stop; a worker that does not obey is ended later
    jobs.trash.delete(run_id, owner)                can be undone for a day

Nothing is kept in memory: any number of servers and command lines may use the same folder. A run is alive as long as
its worker holds its lock; what it did is in its own files; who is next is in the queue.
"""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any

from tvae.errors import InputError
from tvae.jobs.allowance import check_room
from tvae.jobs.files import OVER, Flag, JobFiles, LiveRow, gone_is_said, run_has_worker
from tvae.jobs.job import Job, read_job
from tvae.jobs.owner import controlled_files, may_control, visible_runs
from tvae.jobs.queue import JobQueue, runs_at_once
from tvae.jobs.runs_folder import runs_folder_refusal
from tvae.jobs.starting import LONGEST_NAME, Starter
from tvae.jobs.trash import Trash
from tvae.jobs.worker_processes import collect_ended_workers, end_unresponsive_worker
from tvae.runs.history import read_history
from tvae.runs.metrics_form import HistoryRow
from tvae.system.files import entries
from tvae.system.json_lines import last_row, read_rows
from tvae.system.names import checked_name
from tvae.system.owner import Owner
from tvae.system.user_folders import own_run_folder, runs_folder

LONGEST_NOTE = 4_000
"""Bytes of a run's note."""


class Jobs:
    """The runs of one folder. Cheap to make; usable from any thread."""

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = (folder or runs_folder()).absolute()
        self.starter = Starter(self.folder)
        self.trash = Trash(self.folder)
        self._queue = JobQueue(self.folder)

    @property
    def refusal(self) -> str:
        """Why no run can be kept in the folder, in one line without its path; empty where one can."""
        return runs_folder_refusal(self.folder)

    # Reading

    def runs(self, owner: Owner = None) -> list[Job]:
        """The runs that this person may see, newest first; also those that were trained in the foreground."""
        collect_ended_workers()
        folders = {
            folder.name: folder
            for folder in entries(self.folder)
            if not folder.name.startswith(".") and not folder.is_symlink() and folder.is_dir()
        }
        places, jobs = self._places(), []
        for folder in visible_runs(folders, owner).values():
            with contextlib.suppress(InputError):
                jobs.append(_read_job_and_end_worker(folder, places))
        return sorted(jobs, key=lambda job: (job.created, job.id), reverse=True)

    def run(self, run_id: str) -> Job:
        """One run.

        Raises:
            InputError: there is none of this id.
        """
        collect_ended_workers()
        return _read_job_and_end_worker(own_run_folder(self.folder, run_id), self._places())

    def history(self, run_id: str) -> list[HistoryRow]:
        """Losses during training, ten rows an epoch, and fewer beyond 100 epochs (see `HistoryWriter`)."""
        return read_history(own_run_folder(self.folder, run_id))

    def live(self, run_id: str) -> list[LiveRow]:
        """Triplet accuracy during training, a row a second and later fewer (see `LiveAccuracy`)."""
        return read_rows(JobFiles(own_run_folder(self.folder, run_id)).live, LiveRow)

    def last_live(self, run_id: str) -> LiveRow | None:
        """The last row of `live`; None where nothing was measured yet."""
        return last_row(JobFiles(own_run_folder(self.folder, run_id)).live, LiveRow)

    def lesson(self, run_id: str) -> dict[str, Any] | None:
        """The step that a slow run is about to take."""
        return JobFiles(own_run_folder(self.folder, run_id)).read_lesson()

    def may_see(self, run_id: str, owner: Owner) -> bool:
        """Whether this person may see the run (see `visible_runs`)."""
        return bool(visible_runs({run_id: own_run_folder(self.folder, run_id)}, owner))

    def may_control(self, run_id: str, owner: Owner) -> bool:
        """Whether this owner may stop, change or delete the run."""
        return may_control(JobFiles(own_run_folder(self.folder, run_id)), owner)

    def _places(self) -> dict[str, int]:
        with contextlib.suppress(OSError):  # without a queue that can be read, no places are known
            return self._queue.places(runs_at_once(), lambda run_id: run_has_worker(self.folder, run_id))
        return {}

    # Requests. Each raises InputError where there is no such run or it belongs to another.

    def stop(self, run_id: str, owner: Owner) -> None:
        """Ask a run to stop; it keeps what it has. Asking again, or after its end, changes nothing."""
        self._ask(run_id, owner, "stop", True)

    def pause(self, run_id: str, owner: Owner) -> None:
        """Ask a run to wait before its next step."""
        self._ask(run_id, owner, "pause", True)

    def slow(self, run_id: str, owner: Owner, on: bool) -> None:
        """Have a run take a step about every second and a half, and show each before it is taken (or no longer)."""
        self._ask(run_id, owner, "slow", on)

    def step_once(self, run_id: str, owner: Owner) -> None:
        """Have a paused run take one step."""
        if self._ask(run_id, owner, "pause", True):
            with gone_is_said(self.folder / run_id):
                JobFiles(self.folder / run_id).grant_step()

    def resume(self, run_id: str, owner: Owner) -> None:
        """Have a paused run go on, or put one that was stopped, interrupted or failed in the queue again.

        Raises:
            InputError: also for a run that is done or could only fail again, and where too many are under way.
            OSError: no process can be started.
        """
        files = controlled_files(self.folder, run_id, owner)
        job = self.run(run_id)
        if not job.over:
            files.set_flag("pause", False)
        elif job.resumable:
            check_room(self.folder, owner)
            self.starter.start_again(files)
        else:
            reason = "is done" if job.state == "done" else f"would fail again ({job.reason})"
            raise InputError(f"run {run_id}: {reason}; there is nothing to resume")

    def _ask(self, run_id: str, owner: Owner, flag: Flag, on: bool) -> bool:
        """Set or remove a request to a run that is not over; returns whether the run was not over."""
        files = controlled_files(self.folder, run_id, owner)
        is_active = self.run(run_id).state not in OVER
        if is_active:
            with gone_is_said(files.run_folder):
                files.set_flag(flag, on)
        return is_active

    # Name, note and pin. Each raises InputError where there is no such run or it belongs to another.

    def rename(self, run_id: str, owner: Owner, name: str) -> None:
        """Give a run a name; its id stays the same."""
        files = controlled_files(self.folder, run_id, owner)
        with gone_is_said(files.run_folder):
            files.change_about(name=checked_name("name", name, LONGEST_NAME))

    def write_note(self, run_id: str, owner: Owner, note: str) -> None:
        """Keep a note with a run."""
        files = controlled_files(self.folder, run_id, owner)
        with gone_is_said(files.run_folder):
            files.change_about(note=checked_name("note", note, LONGEST_NOTE))

    def pin(self, run_id: str, owner: Owner, on: bool) -> None:
        """Keep a run at the top of the list, or no longer."""
        files = controlled_files(self.folder, run_id, owner)
        with gone_is_said(files.run_folder):
            files.change_about(pinned=on)


def _read_job_and_end_worker(folder: Path, places: dict[str, int]) -> Job:
    """Read a run; its worker is ended if it was asked to stop and does not respond."""
    job = read_job(folder, places)
    if job.stopping:
        end_unresponsive_worker(JobFiles(folder), job.phase)
    return job
