"""Runs that ship and the user's own, and embeddings from elsewhere, by name."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from pathlib import Path

from tvae.errors import InputError
from tvae.runs.embeddings.folder import is_embeddings_folder
from tvae.runs.run import Run, read_run, runs_in
from tvae.system.app_folder import app_folder
from tvae.system.files import entries
from tvae.system.user_folders import runs_folder

SHIPPED = app_folder() / "checkpoints"
CLASSIFIERS = SHIPPED / "judges"
"""Shipped classifiers of data sets, in a folder named as the first versions named it; not a run."""
FIRST_CHOICES = ("mnist", "digits")
"""Shipped runs in the order in which a fresh page looks for one it can show."""


def run_folders() -> dict[str, Path]:
    """The folders of all runs by name: shipped ones first, then a person's own."""
    shipped = {path.name: path for path in runs_in(SHIPPED)}
    ordered = [name for name in FIRST_CHOICES if name in shipped] + [n for n in shipped if n not in FIRST_CHOICES]
    own = {path.name: path for path in runs_in(runs_folder()) if path.name not in shipped}
    return {name: shipped[name] for name in ordered} | own


def shown_folders() -> dict[str, Path]:
    """The folders of all runs by name, and after them those of embeddings from elsewhere."""
    runs = run_folders()
    own = [path for path in sorted(entries(runs_folder())) if is_embeddings_folder(path)]
    return runs | {path.name: path for path in own if path.name not in runs and not path.name.startswith(".")}


def readable_runs(folders: Iterable[Path]) -> list[Run]:
    """The runs in these folders whose config can be read."""
    runs = []
    for folder in folders:
        with contextlib.suppress(InputError):
            runs.append(read_run(folder))
    return runs


def run_folder(name: str) -> Path:
    """The folder of the run of this name.

    Raises:
        InputError: there is none. A name is only ever looked up among those that exist, never joined to a path.
    """
    folders = run_folders()
    if name not in folders:
        raise InputError(f"run {name[:80]!r} is not found; there are {', '.join(folders) or 'none'}")
    return folders[name]
