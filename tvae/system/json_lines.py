"""JSON-lines files that are appended to while they are read."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tvae.system.files import read_bounded, read_json, write_atomically

_LIMIT = 16 * 2**20


def append_row(path: Path, row: Mapping[str, Any]) -> None:
    """Add a line, in one write: after a kill it is complete, or cut at its end.

    Raises:
        OSError: the disk is full.
    """
    line = (json.dumps(row) + "\n").encode()
    with path.open("ab", buffering=0) as file:
        while line:  # a disk that fills up takes a part first, and then raises
            line = line[file.write(line) :]


def read_rows(path: Path) -> list[dict[str, Any]]:
    """The lines so far, none where there is no file; an incomplete last line, left by a kill, is skipped.

    Raises:
        InputError: any other line is not JSON.
    """
    if not path.exists():
        return []
    lines = read_bounded(path, _LIMIT).decode(errors="replace").split("\n")
    complete = lines[:-1]  # text after the last line end is an unfinished line
    return [read_json(line, f"{path}, line {number}") for number, line in enumerate(complete, 1)]


def cut_rows(path: Path, step: int) -> None:
    """Remove the lines after this step."""
    if path.exists():
        kept_rows = [row for row in read_rows(path) if row["step"] <= step]
        write_atomically(path, "".join(json.dumps(row) + "\n" for row in kept_rows))
