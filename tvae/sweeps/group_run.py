"""GroupRun: the run of a group of cells, found again, resumed or started, and watched to its end."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from tvae.errors import InputError
from tvae.jobs.files import JobFiles
from tvae.jobs.job import Job
from tvae.jobs.jobs import Jobs
from tvae.runs.run import Run, read_run
from tvae.runs.seeds.figures import SeedFigures, figures_in_folder
from tvae.runs.seeds.file import read_seed_figures
from tvae.sweeps.plan import Group, Plan
from tvae.sweeps.results import Results
from tvae.system.owner import Owner

LOOK_EVERY = 0.25
"""Seconds between two looks at the run."""
KEEPING_SHARE = 0.02
"""Share of the time that may go to putting the unfinished run where others find it."""
MOST_ENDS = 3
"""Ends of a run's process in a row, without an epoch between them, after which it is not resumed again."""


class GroupFailed(Exception):
    """The group can't be trained by any worker."""


class WorkerTroubled(Exception):
    """This worker can't train the group; another one may."""


class ToldToEnd(Exception):
    """This worker is to end; the run was stopped so that it can be resumed."""


class GroupRun:
    """The run of one group, in this machine's folder of runs."""

    def __init__(
        self,
        group: Group,
        plan: Plan,
        jobs: Jobs,
        *,
        title: str,
        owner: Owner = None,
        data_folder: Path | None = None,
        results: Results | None = None,
        say: Callable[[str], None] = lambda line: None,
    ) -> None:
        """
        Args:
            title: what the run is called, and `say` begins its lines with.
            say: called with what happens, a line each.
        """
        self._group, self._plan, self._jobs = group, plan, jobs
        self._title, self._owner, self._data_folder = title, owner, data_folder
        self._results, self._say = results, say
        self._kept = ""
        self._keep_due = 0.0

    def begin(self, known_id: str, known_worker: str) -> str:
        """Find, resume or start the run; its id.

        Args:
            known_id: of the run that an earlier worker had; empty where there was none.
            known_worker: the machine of that worker.

        Raises:
            InputError: this machine lacks what the run needs, such as its data set.
            OSError: the disk is full, or no process can be started.
        """
        job = self._own_job(known_id)
        if job is None:
            unfinished = self._unfinished()
            if known_id:
                goes_on = "it goes on from what that put there" if unfinished else "it starts again here"
                self._say(
                    f"its run {known_id}, of a worker on {known_worker}, is not in this folder of runs; {goes_on}"
                )
            run_id = self._jobs.starter.start(
                self._group.config,
                self._owner,
                name=self._title,
                unfinished=unfinished,
                half=self._plan.half,
                data_folder=self._data_folder,
                command=f"python -m tvae sweep work {self._title.split(':')[0]}",
                request=f"sweep {self._plan.token} {self._group.id}",
            )
            job = self._jobs.run(run_id)
        if job.over and job.state != "done":
            self._resume(job)
        return job.id

    def watch(self, run_id: str, told_to_end: Callable[[], bool], on_look: Callable[[], None]) -> Run:
        """Wait for the end of the run; the finished run.

        Args:
            told_to_end: whether this worker is to end.
            on_look: called at each look; what it raises ends the watch, and the run goes on.

        Raises:
            GroupFailed: it can't be trained, or a person stopped or deleted it.
            WorkerTroubled: it failed here, and may not elsewhere.
            ToldToEnd: the worker was told to end; the run is stopped.
            OSError: what others need can't be put where they find it.
        """
        ends, trained = 0, -1
        while True:
            if told_to_end():
                self._stop(run_id)
            job = self._job(run_id)
            if job.state == "done":
                break
            if job.over:
                ends, trained = (0, job.step) if job.step > trained else (ends + 1, trained)
                if told_to_end():
                    raise ToldToEnd
                self._go_on_after(job, ends)
            self._keep_unfinished(job)
            on_look()
            time.sleep(LOOK_EVERY)
        if self._results is not None:
            self._results.put(self._group.id, job.folder)
        return read_run(job.folder)

    def _job(self, run_id: str) -> Job:
        try:
            return self._jobs.run(run_id)
        except InputError:
            raise GroupFailed(f"its run {run_id} was deleted") from None

    def _own_job(self, run_id: str) -> Job | None:
        """The run of this id in this folder of runs, None where there is none or it is another's."""
        try:
            job = self._jobs.run(run_id)
        except InputError:
            return None
        return job if job.config == self._group.config else None

    def _unfinished(self) -> dict[str, bytes] | None:
        try:
            return None if self._results is None else self._results.unfinished(self._group.id)
        except InputError as error:
            self._say(f"{error}; it starts again")
            return None

    def _resume(self, job: Job) -> None:
        try:
            self._jobs.resume(job.id, self._owner)
        except InputError as error:
            if job.resumable:
                raise
            raise GroupFailed(job.reason or str(error)) from None
        self._say(f"run {job.id} goes on from step {job.step:,}")

    def _go_on_after(self, job: Job, ends: int) -> None:
        """Resume a run whose process was killed; raise where it ended otherwise, or ends again and again."""
        if job.state == "stopped":
            raise GroupFailed(f"run {job.id} was stopped{f' ({job.reason})' if job.reason else ''}")
        if not job.resumable:
            raise GroupFailed(f"run {job.id} failed: {job.reason}")
        if job.state == "failed" or ends >= MOST_ENDS:
            raise WorkerTroubled(f"run {job.id} {job.state}: {job.reason}")
        self._resume(job)

    def _stop(self, run_id: str) -> None:
        """Stop the run, wait until it has saved what it has, and put that where others find it."""
        self._jobs.stop(run_id, self._owner)
        while not (job := self._job(run_id)).over:
            time.sleep(LOOK_EVERY)
        if job.state != "done":
            self._kept, self._keep_due = "", 0.0
            self._keep_unfinished(job)
            raise ToldToEnd

    def _keep_unfinished(self, job: Job) -> None:
        """Put what the run has saved where others find it, unless that was done a moment ago."""
        begun = time.monotonic()
        if self._results is None or begun < self._keep_due:
            return
        try:
            state = str(JobFiles(job.folder).resume.stat().st_mtime_ns)
        except OSError:  # it has saved nothing yet
            return
        if state != self._kept:
            self._results.put_unfinished(self._group.id, job.folder)
            self._kept = state
            now = time.monotonic()
            self._keep_due = now + (now - begun) / KEEPING_SHARE


def measured_figures(run: Run) -> SeedFigures:
    """The figures of a finished run on its test and, where it has one, validation split, from its folder.

    Raises:
        GroupFailed: its labels allow no triplet, so that there are none.
    """
    kept = read_seed_figures(run) or []
    own = [of_seed for of_seed in kept if of_seed.seed == run.config.train.seed]
    figures = own[0] if own else figures_in_folder(run)
    if figures is None:
        raise GroupFailed("its test images have no triplet, so that there is nothing to compare")
    return figures
