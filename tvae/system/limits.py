"""Limits per person and per server; what each means stands in limits.toml beside this file."""

from __future__ import annotations

import os
import tomllib
from dataclasses import dataclass, fields
from functools import lru_cache
from pathlib import Path

from tvae.errors import InputError, require_int
from tvae.system.files import file_state, read_bounded
from tvae.system.user_folders import runs_folder

SETTING = "TVAE_LIMITS"
DEFAULTS = Path(__file__).with_name("limits.toml")
_LARGEST = 2**16
_HIGHEST = {"run_arms": 64, "images": 10_000_000, "pixels": 80_000_000}
"""Values above which other parts of the program don't work: map layouts, memory, Pillow's own limit."""


@dataclass(frozen=True, kw_only=True)
class Limits:
    """Whole numbers of at least 1; what each means stands in limits.toml."""

    person_runs: int
    server_runs: int
    run_seconds: int
    run_arms: int
    person_disk_gb: int
    server_disk_gb: int
    images: int
    pixels: int
    waiting_projections: int


def limits_file() -> Path:
    """The host's own file: TVAE_LIMITS where it is set, else limits.toml in the folder of runs; it may be missing."""
    setting = os.environ.get(SETTING)
    return Path(setting).expanduser() if setting else runs_folder() / "limits.toml"


def limits() -> Limits:
    """The limits as they now are.

    Raises:
        InputError: the host's file can't be read or has a wrong value; the message names the file and the line's name.
    """
    path = limits_file()
    return _limits(path, file_state(path), bool(os.environ.get(SETTING)))


@lru_cache(maxsize=8)
def _limits(path: Path, state: str, is_named: bool) -> Limits:
    values = _read(DEFAULTS)
    if is_named or not state.endswith(":missing"):
        own = _read(path)
        if unknown := own.keys() - values.keys():
            raise InputError(f"{path}: {min(unknown)} is no limit; known are {', '.join(values)}")
        values |= own
    for entry in fields(Limits):
        require_int(f"{path}: {entry.name}", values[entry.name], 1, _HIGHEST.get(entry.name))
    return Limits(**values)


def _read(path: Path) -> dict[str, int]:
    content = read_bounded(path, _LARGEST)
    try:
        return tomllib.loads(content.decode())
    except (ValueError, RecursionError) as error:  # of TOML, of its text, of a number of thousands of digits
        raise InputError(f"{path}: no TOML ({str(error).splitlines()[0]})") from None
