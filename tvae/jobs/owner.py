"""Owner: who may stop, change or delete a run."""

from __future__ import annotations

import hashlib
import os
import secrets
from pathlib import Path

from tvae.errors import InputError
from tvae.jobs.files import JobFiles
from tvae.system.user_folders import own_run_folder

Owner = str | None
"""A secret token of the person who started a run; None for the command line, which can write the folder anyway."""


def new_owner() -> str:
    """A new token, too long to guess."""
    return secrets.token_urlsafe(16)


def hashed(owner: Owner) -> str:
    """Hash of the owner's token, as a run's spec holds it; empty for the command line."""
    return "" if owner is None else hashlib.sha256(owner.encode()).hexdigest()


def may_control(files: JobFiles, owner: Owner) -> bool:
    """Whether this owner may stop, change or delete the run."""
    if owner is None or os.environ.get("TVAE_ANYONE_MAY_STOP") == "1":
        return True
    if not files.spec.exists():
        return False
    return secrets.compare_digest(files.read_spec().owner, hashed(owner))


def controlled_files(folder: Path, run_id: str, owner: Owner) -> JobFiles:
    """The files of a run below this folder, for its owner.

    Raises:
        InputError: no such run, or another's.
    """
    files = JobFiles(own_run_folder(folder, run_id))
    if not may_control(files, owner):
        raise InputError(f"run {run_id}: belongs to who started it; others can watch it and not change it")
    return files
