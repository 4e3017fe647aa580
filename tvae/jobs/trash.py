"""Trash: delete a run, bring it back for a day, clear what killed processes left."""

from __future__ import annotations

import contextlib
import os
import shutil
import time
from pathlib import Path

from tvae.errors import InputError
from tvae.jobs.files import READY, TRASH, WORKERS, JobFiles
from tvae.jobs.job import read_job
from tvae.jobs.owner import Owner, controlled_files
from tvae.system.process_lock import lock_is_held, take_lock

UNDO_SECONDS = 24 * 3600.0
"""A deleted run can be brought back this long at least."""
_LEFT_OVER = 60.0
"""Seconds after which what nobody holds is nobody's."""


class Trash:
    """The deleted runs of one folder of runs."""

    def __init__(self, runs: Path) -> None:
        self._runs = runs
        self._folder = runs / TRASH

    def delete(self, run_id: str, owner: Owner) -> None:
        """Put a run aside; `undelete` brings it back for a day.

        Raises:
            InputError: no such run, another's, or one that isn't over.
        """
        files = controlled_files(self._runs, run_id, owner)
        with contextlib.ExitStack() as held:
            if files.spec.exists():
                files.worker_folder.mkdir(parents=True, exist_ok=True)
                lock = take_lock(files.lock)
                if lock is None:
                    state = read_job(files.run_folder, {}).state
                    raise InputError(f"run {run_id}: is {state}; stop it before you delete it")
                held.enter_context(lock)
            self._folder.mkdir(exist_ok=True)
            os.utime(files.run_folder)  # the day begins now
            files.run_folder.rename(self._folder / run_id)

    def undelete(self, run_id: str, owner: Owner) -> None:
        """Bring a deleted run back.

        Raises:
            InputError: it is not there any more, or another's.
        """
        folder = controlled_files(self._folder, run_id, owner).run_folder
        if (self._runs / run_id).exists():
            raise InputError(f"run {run_id}: a run of this id is there")
        folder.rename(self._runs / run_id)

    def deleted(self) -> list[str]:
        """Ids of the runs that can be brought back, the newest run first."""
        jobs = []
        for folder in _folders_in(self._folder):
            with contextlib.suppress(InputError):
                jobs.append(read_job(folder, {}))
        return [job.id for job in sorted(jobs, key=lambda job: (job.created, job.id), reverse=True)]

    def clear_leftovers(self) -> None:
        """Remove what killed processes left: half-prepared places, half-written files, what was deleted long ago."""
        old = time.time() - _LEFT_OVER
        for place in _folders_in(self._runs / READY):
            if _modified(place) < old and not lock_is_held(JobFiles(place).lock):
                shutil.rmtree(place, ignore_errors=True)
        for run in _folders_in(self._folder):
            if _modified(run) < time.time() - UNDO_SECONDS:
                shutil.rmtree(run, ignore_errors=True)
        for run in _folders_in(self._runs):
            parts = [part for part in run.rglob(".*.part") if _modified(part) < old]
            if parts and not lock_is_held(JobFiles(run).lock):
                for part in parts:
                    part.unlink(missing_ok=True)
        for worker in _folders_in(self._runs / WORKERS):
            gone = not any((folder / worker.name).exists() for folder in (self._runs, self._runs / READY, self._folder))
            if gone and _modified(worker) < old and not lock_is_held(JobFiles(self._runs / worker.name).lock):
                shutil.rmtree(worker, ignore_errors=True)


def _folders_in(folder: Path) -> list[Path]:
    """Folders right below this one but hidden ones."""
    if not folder.is_dir():
        return []
    return [path for path in folder.iterdir() if path.is_dir() and not path.name.startswith(".")]


def _modified(path: Path) -> float:
    try:
        return path.lstat().st_mtime
    except OSError:
        return time.time()
