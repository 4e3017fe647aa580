"""Picks: rows that are picked among the images of a split."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Int

from tvae.ui.address.row_numbers import rows_from_address, rows_to_address
from tvae.ui.session import keys
from tvae.ui.session.controls import ROWS_ASKED, note, take_request
from tvae.ui.session.values import forget, kept, put_in_address

MOST_RECENT = 6
FEWEST_ISOLATED = 10
"""Fewest rows that the maps show alone."""


@dataclass
class Picks:
    """Rows picked among the images of one split."""

    rows: Int[np.ndarray, " m"] = field(default_factory=lambda: np.zeros(0, np.int64))
    """The selected rows, sorted."""
    focus: int | None = None
    """The row whose neighbours are shown."""
    source: str = ""
    """The control that selected the rows, with its value then; empty for a gesture on the maps."""
    isolated: Int[np.ndarray, " m"] | None = None
    """The isolated rows, which the maps show alone, sorted; None for all."""
    recent: list[Int[np.ndarray, " m"]] = field(default_factory=list)
    """Earlier selections, the oldest first; none twice."""

    def replace(self, rows: Int[np.ndarray, " m"], source: str = "") -> None:
        """Select these rows instead; the former selection becomes the most recent one."""
        before, self.rows, self.source = self.rows, np.unique(np.asarray(rows, np.int64)), source
        others = [each for each in self.recent if not any(np.array_equal(each, now) for now in (before, self.rows))]
        changed = len(before) and not np.array_equal(before, self.rows)
        self.recent = [*others, before][-MOST_RECENT:] if changed else others
        note(keys.ROWS, "")

    def isolate(self) -> None:
        """Show the selected rows alone on the maps."""
        self.isolated = self.rows if len(self.rows) >= FEWEST_ISOLATED else None

    def show_all(self) -> None:
        """Show all rows on the maps again."""
        self.isolated = None
        note(keys.ISOLATED, "")

    def walk_to(self, row: int) -> None:
        """Show the neighbours of another row."""
        self.focus = row


def picks(fingerprint: str, n: int) -> Picks:
    """This session's picks among the n images of this fingerprint.

    Rows that the address asks for, when a person opens it, follows a link to it or goes back to it, are picked instead.
    """
    by_split: dict[str, Picks] = kept(keys.PICKS, dict)
    asked = {key: text for key in ROWS_ASKED if (text := take_request(key)) is not None}
    picked = by_split.setdefault(fingerprint, Picks())
    if asked:
        _take(picked, asked, n)
    return picked


def _take(picked: Picks, asked: dict[str, str], n: int) -> None:
    rows, dropped = rows_from_address(asked.get(keys.ROWS, ""), n)
    row, dropped_row = rows_from_address(asked.get(keys.ROW, ""), n)
    picked.replace(rows)
    picked.focus = int(row[0]) if len(row) == 1 and not dropped_row else None
    if dropped or (keys.ROW in asked and picked.focus is None):
        note(
            keys.ROWS,
            f"The address names rows that don't exist here (rows run from 0 to {n - 1:,}); they were left out.",
        )
    isolated, lost = rows_from_address(asked.get(keys.ISOLATED, ""), n)
    if keys.ISOLATED in asked and (lost or len(isolated) < FEWEST_ISOLATED):
        note(
            keys.ISOLATED, f"Fewer than {FEWEST_ISOLATED} rows, or rows that don't exist, can't be isolated: all shown."
        )
        isolated = np.zeros(0, np.int64)
    picked.isolated = isolated if len(isolated) else None
    forget(keys.DRAWER_TABS)  # the drawer opens with what is picked


def put_picks_in_address(picked: Picks, n: int) -> bool:
    """Write the picked rows into the address; False where the selected or the isolated ones are too many for it."""
    rows = rows_to_address(picked.rows, n)
    put_in_address(keys.ROWS, rows)
    put_in_address(keys.ROW, None if picked.focus is None else str(picked.focus))
    isolated = "" if picked.isolated is None else rows_to_address(picked.isolated, n)
    put_in_address(keys.ISOLATED, isolated)
    return rows is not None and isolated is not None
