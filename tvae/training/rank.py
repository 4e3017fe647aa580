"""Rank of this process among those that torchrun started to train one run.

No torch: every command asks for it.
"""

from __future__ import annotations

import os
from dataclasses import dataclass

from tvae.errors import InputError, require_int

_SIGNS = ("WORLD_SIZE", "RANK", "LOCAL_RANK")
"""Variables of the environment that mark a process as one of several."""
_NEEDED = (*_SIGNS, "MASTER_ADDR", "MASTER_PORT")
COMMAND = "torchrun --nproc-per-node N -m tvae train …"


@dataclass(frozen=True)
class Rank:
    """One of the processes that train a run together."""

    number: int
    """From 0, over all machines; rank 0 writes the run's folder and prints."""
    count: int
    """Number of processes."""
    local: int
    """From 0, among those of this machine."""


def rank_of_process() -> Rank | None:
    """The rank that torchrun gave this process; None where it was started alone.

    Raises:
        InputError: a variable of the environment is missing beside the others, or is no such number.
    """
    given = {name: os.environ.get(name, "") for name in _NEEDED}
    signs = [name for name in _SIGNS if given[name]]
    if not signs:
        return None
    if missing := [name for name in _NEEDED if not given[name]]:
        raise InputError(
            f"{signs[0]}: is set and {', '.join(missing)} not; `{COMMAND}` sets them all, and without torchrun"
            f" {' and '.join(signs)} must be unset"
        )
    count = _number(given, "WORLD_SIZE", 1, 100_000)
    return Rank(_number(given, "RANK", 0, count - 1), count, _number(given, "LOCAL_RANK", 0, count - 1))


def prints() -> bool:
    """Whether this process prints: several that train one run would each print the same."""
    try:
        rank = rank_of_process()
    except InputError:  # which is to be printed
        return True
    return rank is None or rank.number == 0


def _number(given: dict[str, str], name: str, low: int, high: int) -> int:
    text = given[name]
    value = int(text) if text.isascii() and text.isdigit() and len(text) < 10 else text
    require_int(name, value, low, high)
    return int(value)
