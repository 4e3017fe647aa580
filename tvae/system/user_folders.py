"""Folders of a user's data sets, runs, layouts and classifiers; run ids."""

from __future__ import annotations

import os
import re
import secrets
from pathlib import Path

import platformdirs
from platformdirs import user_cache_path, user_data_path

from tvae.errors import InputError

_NAME = re.compile(r"[^./\\\x00][^/\\\x00]{0,119}")
_LONGEST = 255
"""Bytes of a name that file systems take; they refuse to look for a longer one."""
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # none that looks like another


def runs_folder() -> Path:
    """The folder of a person's own runs: TVAE_RUNS where it is set, else this user's data folder."""
    setting = os.environ.get("TVAE_RUNS")
    return Path(setting).expanduser() if setting else user_data_path("tvae", appauthor=False) / "runs"


def new_run_id() -> str:
    """A new random id, which is also the name of the run's folder."""
    return "".join(secrets.choice(_LETTERS) for _ in range(10))


def own_run_folder(runs: Path, run_id: str) -> Path:
    """The folder of this run below the folder of runs.

    Raises:
        InputError: there is none; also for every text that is no plain name, such as `../..`.
    """
    is_name = _NAME.fullmatch(run_id) and len(run_id.encode(errors="replace")) <= _LONGEST
    folder = runs / run_id if is_name else None
    if folder is None or folder.is_symlink() or not folder.is_dir():
        there = f"it is no folder of {runs}; `python -m tvae jobs list` names those there are"
        raise InputError(f"run {run_id[:80]!r} is not found", at_terminal=there)
    return folder


def default_classifiers_folder() -> Path:
    """This user's folder of classifiers; named as the first versions named it."""
    return user_data_path("tvae", appauthor=False) / "judges"


def machine_code_folders() -> Path:
    """Folder of numba's machine code for this user: NUMBA_CACHE_DIR where it is set, else in the user's cache folder.

    In it, a folder for each state of the sources that it was compiled from.
    """
    setting = os.environ.get("NUMBA_CACHE_DIR")
    return Path(setting).expanduser() if setting else user_cache_path("tvae", appauthor=False) / "numba"


def answers_folder() -> Path:
    """This user's folder of triplets that were made in the app."""
    return user_data_path("tvae", appauthor=False) / "triplets"


def selections_folder() -> Path:
    """This user's folder of selections that were saved in the app."""
    return user_data_path("tvae", appauthor=False) / "selections"


def default_layouts_folder() -> Path:
    """This user's cache folder of layouts."""
    return user_cache_path("tvae", appauthor=False) / "layouts"


def default_folder() -> Path:
    """The folder that holds the data sets: TVAE_DATA where it is set, else this user's cache folder."""
    setting = os.environ.get("TVAE_DATA")
    return Path(setting).expanduser() if setting else platformdirs.user_cache_path("tvae", appauthor=False)
