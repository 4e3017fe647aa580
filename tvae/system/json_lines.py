"""JSON-lines files that are appended to while they are read."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

from tvae.system.files import errors_name, file_state, read_bounded, write_atomically
from tvae.system.strict_json import checked, read_json

_Row = TypeVar("_Row", bound=Mapping[str, Any])
_LIMIT = 16 * 2**20
_TAIL = 2**17
"""Bytes at the end of a file in which its last row is looked for: a row of 64 arms has a tenth of that."""


def append_row(path: Path, row: Mapping[str, Any]) -> None:
    """Add a line, in one write: after a kill it is complete, or cut at its end.

    Raises:
        OSError: the disk is full.
    """
    line = (json.dumps(row) + "\n").encode()
    with errors_name(path), path.open("ab", buffering=0) as file:
        while line:  # a disk that fills up takes a part first, and then raises
            line = line[file.write(line) :]


def read_rows(path: Path, kind: type[_Row]) -> list[_Row]:
    """The lines so far, none where there is no file; an incomplete last line, left by a kill, is skipped.

    Args:
        kind: type of a line (see `strict_json.checked`).

    Raises:
        InputError: any other line is not JSON, or not of this type.
    """
    return list(_rows(path, file_state(path), kind)) if path.exists() else []


@lru_cache(maxsize=64)
def _rows(path: Path, state: str, kind: type[_Row]) -> tuple[_Row, ...]:
    """The lines of a file in this state: several viewers read the same file, several times a second."""
    lines = read_bounded(path, _LIMIT).decode(errors="replace").split("\n")
    complete = lines[:-1]  # text after the last line end is an unfinished line
    places = [f"{path}, line {number}" for number in range(1, len(complete) + 1)]
    return tuple(checked(read_json(line, place), kind, place) for line, place in zip(complete, places, strict=True))


def last_row(path: Path, kind: type[_Row]) -> _Row | None:
    """The last complete line, however long the file; None where there is none.

    Raises:
        InputError: it is not JSON, or not of this type.
    """
    try:
        with path.open("rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - _TAIL))
            lines = file.read().decode(errors="replace").split("\n")
    except OSError:
        return None
    place = f"{path}, last line"
    return checked(read_json(lines[-2], place), kind, place) if len(lines) > 1 else None


def cut_rows(path: Path, step: int, kind: type[_Row]) -> None:
    """Remove the lines after this step."""
    if path.exists():
        kept_rows = [row for row in read_rows(path, kind) if row["step"] <= step]
        write_atomically(path, "".join(json.dumps(row) + "\n" for row in kept_rows))
