"""The Jupyter widget: the linked maps, and the rows selected on them."""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import Any

import anywidget
import numpy as np
import traitlets
from jaxtyping import Int

from tvae.errors import InputError
from tvae.linked_map.browser_code import CODE
from tvae.linked_map.contents import MapContents
from tvae.linked_map.payload import rows_to_text, text_to_rows


class LinkedMaps(anywidget.AnyWidget):
    """Two linked maps of the same rows.

    Attributes:
        selection: selected rows, ascending. Set it to row numbers or to a mask and they light up on the maps; a lasso,
            a box, a click or a search there sets it. `observe(f, "selection")` calls `f` at each change.
    """

    _esm = f"{CODE}\n{(Path(__file__).parent / 'widget.js').read_text(encoding='utf-8')}"
    selection = traitlets.Any(help="Selected rows, ascending.")
    _settings = traitlets.Dict().tag(sync=True)
    _blocks = traitlets.Dict().tag(sync=True)
    _picked = traitlets.Dict().tag(sync=True)
    """The selection as it travels: rows as text, the focused row, number of the browser's last gesture."""

    def __init__(self, contents: MapContents, rows: int, told: str) -> None:
        """The widget of maps with so many rows; `told` stands below them."""
        self._rows = rows
        super().__init__(
            _settings={**contents.settings, "memory": uuid.uuid4().hex, "told": told},
            _blocks={name: blob.data for name, blob in contents.blobs.items()},
            _picked={**contents.settings["picked"], "gesture": 0},
        )

    @traitlets.default("selection")
    def _empty_selection(self) -> Int[np.ndarray, " m"]:
        return checked_rows((), self._rows)

    @traitlets.validate("selection")
    def _checked_selection(self, proposal: dict[str, Any]) -> Int[np.ndarray, " m"]:
        return checked_rows(proposal["value"], self._rows)

    @traitlets.observe("selection")
    def _send_selection(self, change: dict[str, Any]) -> None:
        """Send a selection that Python made; one that the browser made is there already."""
        text = rows_to_text(change["new"], self._rows)
        if text != self._picked.get("rows"):
            self._picked = {**self._picked, "rows": text, "focus": -1}

    @traitlets.observe("_picked")
    def _take_selection(self, change: dict[str, Any]) -> None:
        """Take a selection that the browser made; one that Python made is there already."""
        rows = text_to_rows(change["new"].get("rows"), self._rows)
        if not np.array_equal(rows, self.selection):
            self.selection = rows


def checked_rows(given: object, n: int) -> Int[np.ndarray, " m"]:
    """Row numbers, ascending and each once, that nobody can change in place: a change must be seen.

    Args:
        given: row numbers in any order, or a mask of n truth values.
        n: number of rows.

    Raises:
        InputError: neither, or a row that does not exist.
    """
    array = np.asarray(given)
    if array.dtype.kind == "b" and array.shape == (n,):
        array = np.flatnonzero(array)
    if array.size == 0:
        array = np.zeros(0, np.int64)
    if array.ndim != 1 or array.dtype.kind not in "iu":
        what = f"{array.dtype} of shape {array.shape}"
        raise InputError(f"selection: {what}; it must be row numbers, or a mask of {n:,} truth values")
    rows = np.unique(array).astype(np.int64)
    if len(rows) and not 0 <= rows[0] <= rows[-1] < n:
        wrong = rows[-1] if rows[0] >= 0 else rows[0]
        raise InputError(f"selection: there is no row {wrong}; rows run from 0 to {n - 1:,}")
    rows.setflags(write=False)
    return rows
