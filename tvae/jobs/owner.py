"""Owner: who may see, stop, change or delete a run."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from tvae.data import DATASETS
from tvae.data.own import OwnDatasets
from tvae.errors import InputError
from tvae.jobs.files import JobFiles, job_files
from tvae.runs.embeddings.folder import is_embeddings_folder, read_embeddings
from tvae.system.owner import Owner, is_owner
from tvae.system.user_folders import default_folder, own_run_folder


def may_control(files: JobFiles, owner: Owner) -> bool:
    """Whether this owner may stop, change or delete the run."""
    if os.environ.get("TVAE_ANYONE_MAY_STOP") == "1":
        return True
    return is_owners_own(files, owner)


def is_owners_own(files: JobFiles, owner: Owner) -> bool:
    """Whether this owner started the run; the command line counts as every owner."""
    if owner is None:
        return True
    if is_embeddings_folder(files.run_folder):
        return is_owner(owner, read_embeddings(files.run_folder).record.owner)
    return files.spec.exists() and is_owner(owner, files.read_spec().owner)


def visible_runs(folders: Mapping[str, Path], owner: Owner) -> dict[str, Path]:
    """The runs, by name, that this person may see.

    That is all of them but the runs that somebody else has started on a data set that is private, or was removed: what
    is kept with such a run shows its images. What was trained by the command line is seen by everybody. Embeddings from
    elsewhere are seen by who added them; what the command line added, by everybody.
    """
    if owner is None:
        return dict(folders)
    datasets = {dataset.name: dataset for dataset in OwnDatasets(default_folder()).visible(owner)}

    def is_visible(folder: Path) -> bool:
        if is_embeddings_folder(folder):
            return may_see_embeddings(folder, owner)
        files = job_files(folder)
        if not files.spec.exists():
            return True
        try:
            spec = files.read_spec()
        except InputError:
            return False  # whose it is, and of what, can't be read
        name = spec.config.data.name
        if not spec.owner or is_owner(owner, spec.owner) or name in DATASETS:
            return True
        return name in datasets and datasets[name].created <= spec.created  # else it was another one of this name

    return {name: folder for name, folder in folders.items() if is_visible(folder)}


def may_see_embeddings(folder: Path, owner: Owner) -> bool:
    """Whether this person may see the embeddings from elsewhere of a folder: their own, or the command line's."""
    try:
        kept = read_embeddings(folder).record.owner
    except InputError:
        return False  # whose they are can't be read
    return not kept or is_owner(owner, kept)


def controlled_files(folder: Path, run_id: str, owner: Owner) -> JobFiles:
    """The files of a run below this folder, for its owner.

    Raises:
        InputError: no such run, or another's.
    """
    files = JobFiles(own_run_folder(folder, run_id))
    if not may_control(files, owner):
        raise InputError(f"run {run_id}: belongs to who started it; others can watch it and not change it")
    return files
