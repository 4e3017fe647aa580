"""Trash: delete a run, restore it within a day, remove files that killed processes left."""

from __future__ import annotations

import contextlib
import os
import shutil
import time
from pathlib import Path

from tvae.errors import InputError
from tvae.jobs.files import READY, TRASH, WORKERS, JobFiles, gone_is_said
from tvae.jobs.job import read_job
from tvae.jobs.owner import controlled_files, is_owners_own
from tvae.runs.embeddings.folder import is_embeddings_folder
from tvae.system.files import entries, files_below
from tvae.system.moment import now, read_moment
from tvae.system.owner import Owner
from tvae.system.process_lock import lock_is_held, take_lock

UNDO_SECONDS = 24 * 3600.0
"""Seconds for which a deleted run can be restored, at least."""
_LEFT_OVER = 60.0
"""Age in seconds from which files whose lock nobody holds count as leftovers."""


class Trash:
    """The deleted runs of one folder of runs."""

    def __init__(self, runs: Path) -> None:
        self._runs = runs
        self._folder = runs / TRASH

    def delete(self, run_id: str, owner: Owner) -> None:
        """Move a run to the trash; for a day `undelete` restores it.

        Raises:
            InputError: no such run, another person's, or one that isn't over.
        """
        files = controlled_files(self._runs, run_id, owner)
        files.worker_folder.mkdir(parents=True, exist_ok=True)
        lock = take_lock(files.lock)
        if lock is None:
            state = read_job(files.run_folder, {}).state
            raise InputError(f"run {run_id}: is {state}; stop it before you delete it")
        with lock, gone_is_said(files.run_folder):  # by another who deletes it too
            self._folder.mkdir(exist_ok=True)
            os.utime(files.run_folder)  # the day begins now; where the next lines can't say so, it is counted from this
            files.deleted.unlink(missing_ok=True)
            with contextlib.suppress(OSError):  # on a full disk too it can be deleted
                files.deleted.write_text(now().to_text(), encoding="ascii")
            files.run_folder.rename(self._folder / run_id)

    def undelete(self, run_id: str, owner: Owner) -> None:
        """Restore a deleted run.

        Raises:
            InputError: it is not in the trash any more, or another person's.
        """
        folder = controlled_files(self._folder, run_id, owner).run_folder
        if (self._runs / run_id).exists():
            raise InputError(f"run {run_id}: a run of this id is there")
        with gone_is_said(folder):
            folder.rename(self._runs / run_id)

    def deleted(self, owner: Owner) -> list[str]:
        """Ids of the deleted runs that this owner started, the newest run first."""
        jobs = []
        for folder in _folders_in(self._folder):
            with contextlib.suppress(InputError):
                if not is_embeddings_folder(folder) and is_owners_own(JobFiles(folder), owner):
                    jobs.append(read_job(folder, {}))
        return [job.id for job in sorted(jobs, key=lambda job: (job.created, job.id), reverse=True)]

    def deleted_embeddings(self, owner: Owner) -> list[str]:
        """Names of the deleted embeddings from elsewhere that this owner added, in their order."""
        names = []
        for folder in _folders_in(self._folder):
            with contextlib.suppress(InputError):
                if is_embeddings_folder(folder) and is_owners_own(JobFiles(folder), owner):
                    names.append(folder.name)
        return sorted(names)

    def clear_leftovers(self) -> None:
        """Delete the unfinished files of killed processes, and the runs that were deleted more than a day ago.

        What can't be deleted now is left for the next time.
        """
        left_before = time.time() - _LEFT_OVER
        for place in _folders_in(self._runs / READY):
            if _modified(place) < left_before and not lock_is_held(JobFiles(place).lock):
                shutil.rmtree(place, ignore_errors=True)
        for place in entries(self._runs):  # embeddings that a killed process was writing
            if _is_part(place) and place.is_dir() and _modified(place) < time.time() - UNDO_SECONDS:
                shutil.rmtree(place, ignore_errors=True)
        for run in _folders_in(self._folder):
            moment = read_moment(JobFiles(run).deleted)
            if (time.time() - _modified(run) if moment is None else moment.age) > UNDO_SECONDS:
                shutil.rmtree(run, ignore_errors=True)
        for run in _folders_in(self._runs):
            if _modified(run) < left_before and not lock_is_held(JobFiles(run).lock):
                with contextlib.suppress(OSError):  # which leaves all but an empty folder
                    run.rmdir()
            parts = [path for path in files_below(run) if _is_part(path) and _modified(path) < left_before]
            if parts and not lock_is_held(JobFiles(run).lock):
                for part in parts:
                    with contextlib.suppress(OSError):
                        part.unlink()
        for worker in _folders_in(self._runs / WORKERS):
            # In the order in which a run may move meanwhile: among the runs, to the trash and back.
            places = (self._runs / READY, self._runs, self._folder, self._runs)
            is_gone = not any((folder / worker.name).exists() for folder in places)
            if (
                is_gone
                and _modified(worker) < left_before
                and not lock_is_held(JobFiles(self._runs / worker.name).lock)
            ):
                shutil.rmtree(worker, ignore_errors=True)


def _folders_in(folder: Path) -> list[Path]:
    """Folders right below this one, without hidden ones and links, which may lead to other people's files."""
    folders = (path for path in entries(folder) if path.is_dir() and not path.is_symlink())
    return [path for path in folders if not path.name.startswith(".")]


def _is_part(path: Path) -> bool:
    return path.name.startswith(".") and path.name.endswith(".part")


def _modified(path: Path) -> float:
    try:
        return path.lstat().st_mtime
    except OSError:
        return time.time()
