"""The folder of runs: make it, or say in one line why no run can be kept in it."""

from __future__ import annotations

from pathlib import Path

from tvae.errors import InputError
from tvae.system.files import make_writable_folder, unwritable_reason


def make_runs_folder(runs: Path) -> None:
    """Make the folder of runs, and check that it can be written.

    Raises:
        InputError: no run can be kept in it; names TVAE_RUNS, and the folder at a terminal only.
    """
    try:
        make_writable_folder(runs)
    except OSError as error:
        raise InputError(_refusal(error.strerror or str(error)), at_terminal=f"it is {runs}") from None


def runs_folder_refusal(runs: Path) -> str:
    """Why no run can be kept in this folder of runs, in one line without its path; empty where one can."""
    reason = unwritable_reason(runs)
    return _refusal(reason) if reason else ""


def _refusal(reason: str) -> str:
    return f"the folder of runs can't be written ({reason}), so no run can be kept; TVAE_RUNS can name another one"
