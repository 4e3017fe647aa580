"""Selections of a data set's test images that a person saves with names, kept as a JSON file."""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, TypedDict

import numpy as np
from jaxtyping import Int, Int64
from msgspec import Meta

from tvae.errors import InputError, require
from tvae.system.files import write_atomically
from tvae.system.names import checked_name
from tvae.system.owner import Owner, hashed
from tvae.system.strict_json import Whole, read_json_file
from tvae.system.user_folders import selections_folder

LONGEST_NAME = 160
"""Bytes of a selection's name."""
MOST_SELECTIONS = 50
SEPARATOR = ";"
"""Separator of an image's selection names in a table, which no name may contain."""
_LOCK = threading.Lock()
"""Two tabs of a browser may save at once."""


class _Entry(TypedDict):
    """A selection as the file has it."""

    name: str
    rows: Annotated[list[Whole], Meta(min_length=1)]


@dataclass(frozen=True, eq=False)
class Selection:
    """Rows of a split under a name."""

    name: str
    rows: Int64[np.ndarray, " m"]
    """Sorted."""


class SavedSelections:
    """One person's selections of the test images of one data set, the newest last.

    They belong to the images and not to a run, since a row is the same image in all runs on them. The file is written
    anew after every change, whole or not at all.

    Args:
        fingerprint: of the test images.
        n: number of test images.
    """

    def __init__(self, fingerprint: str, n: int, owner: Owner) -> None:
        self._n = n
        person = hashed(owner)[:32] or "command-line"
        self.path: Path = selections_folder() / fingerprint[:16] / f"{person}.json"

    def all(self) -> tuple[Selection, ...]:
        """The selections in the order in which they were saved.

        Raises:
            InputError: the file can't be read, or is not as it was written.
        """
        if not self.path.exists():
            return ()
        try:
            entries = read_json_file(self.path, list[_Entry], 10 * MOST_SELECTIONS * (self._n + 100))
            for entry in entries:
                require(max(entry["rows"]) < self._n, "row", max(entry["rows"]), f"below {self._n}")
        except InputError as error:
            raise InputError(
                f"{error}; these saved selections are not as they were written, so move {self.path} away"
            ) from None
        return tuple(Selection(entry["name"], np.unique(np.array(entry["rows"], np.int64))) for entry in entries)

    def save(self, name: str, rows: Int[np.ndarray, " m"]) -> Selection:
        """Save these rows under a new name.

        Raises:
            InputError: no possible name, one that is taken, no rows, or too many selections.
            OSError: the folder can't be written.
        """
        with _LOCK:
            selections = self.all()
            require(len(selections) < MOST_SELECTIONS, "saved selections", len(selections), f"below {MOST_SELECTIONS}")
            require(len(rows) > 0, "selection", "no image", "at least one image; select some on the maps")
            new = Selection(_new_name(name, selections), np.unique(np.asarray(rows, np.int64)))
            self._write((*selections, new))
        return new

    def rename(self, name: str, new_name: str) -> None:
        """Give a selection another name.

        Raises:
            InputError: there is none of this name; the new one is not possible or taken.
            OSError: the folder can't be written.
        """
        with _LOCK:
            selections = self.all()
            _require_saved(name, selections)
            others = tuple(selection for selection in selections if selection.name != name)
            given = _new_name(new_name, others)
            self._write(tuple(replace(s, name=given) if s.name == name else s for s in selections))

    def delete(self, name: str) -> None:
        """Drop a selection.

        Raises:
            InputError: there is none of this name.
            OSError: the folder can't be written.
        """
        with _LOCK:
            selections = self.all()
            _require_saved(name, selections)
            self._write(tuple(selection for selection in selections if selection.name != name))

    def _write(self, selections: tuple[Selection, ...]) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        entries = [{"name": selection.name, "rows": selection.rows.tolist()} for selection in selections]
        write_atomically(self.path, json.dumps(entries, ensure_ascii=False))


def tags(rows: Int[np.ndarray, " m"], selections: tuple[Selection, ...]) -> list[str]:
    """Names of the selections that hold each row, with `SEPARATOR` between them."""
    members = [(selection.name, np.isin(rows, selection.rows)) for selection in selections]
    return [f"{SEPARATOR} ".join(name for name, holds in members if holds[i]) for i in range(len(rows))]


def _require_saved(name: str, selections: tuple[Selection, ...]) -> None:
    require(name in {selection.name for selection in selections}, "selection", name, "the name of a saved one")


def _new_name(text: str, taken: tuple[Selection, ...]) -> str:
    """The checked name of a new selection.

    Raises:
        InputError: it is empty, too long, holds the separator or a mark that nobody sees, or is taken.
    """
    name = checked_name("name", text, LONGEST_NAME)
    require(name != "" and SEPARATOR not in name, "name", name[:60], f"one line of text without {SEPARATOR!r}")
    names = {selection.name.casefold() for selection in taken}
    require(name.casefold() not in names, "name", name, "another than those of the saved selections")
    return name
