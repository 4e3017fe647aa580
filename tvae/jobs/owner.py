"""Owner: who may stop, change or delete a run."""

from __future__ import annotations

import os
from pathlib import Path

from tvae.errors import InputError
from tvae.jobs.files import JobFiles
from tvae.system.owner import Owner, is_owner
from tvae.system.user_folders import own_run_folder


def may_control(files: JobFiles, owner: Owner) -> bool:
    """Whether this owner may stop, change or delete the run."""
    if owner is None or os.environ.get("TVAE_ANYONE_MAY_STOP") == "1":
        return True
    if not files.spec.exists():
        return False
    return is_owner(owner, files.read_spec().owner)


def controlled_files(folder: Path, run_id: str, owner: Owner) -> JobFiles:
    """The files of a run below this folder, for its owner.

    Raises:
        InputError: no such run, or another's.
    """
    files = JobFiles(own_run_folder(folder, run_id))
    if not may_control(files, owner):
        raise InputError(f"run {run_id}: belongs to who started it; others can watch it and not change it")
    return files
