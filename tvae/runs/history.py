"""A run's history.jsonl: losses while it trained."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tvae.runs.metrics_form import HistoryRow, WaitingRow
from tvae.runs.run import HISTORY
from tvae.system.json_lines import append_row, cut_rows, read_rows

if TYPE_CHECKING:  # the loop imports torch, which a page that only reads must not wait for
    from tvae.training.loop import Report

ROWS_PER_EPOCH = 10


def append_history(folder: Path, row: Mapping[str, Any]) -> None:
    """Add a line to the run's history."""
    append_row(folder / HISTORY, row)


def read_history(folder: Path) -> list[HistoryRow]:
    """The run's history so far; a last line that a kill has torn is passed over.

    Raises:
        InputError: any other line is not one that `HistoryWriter` writes.
    """
    return read_rows(folder / HISTORY, HistoryRow)


class HistoryWriter:
    """Writes averages of reports as rows of a run's history: ten rows an epoch, and fewer beyond 100 epochs.

    Attributes:
        waiting: number and sums of the reports since the last row.
    """

    def __init__(self, folder: Path, steps_per_epoch: int) -> None:
        self.waiting = WaitingRow(count=0, arms={})
        self._folder = folder
        self._steps_per_epoch = steps_per_epoch

    def begin(self) -> None:
        """Start an empty history, in place of an earlier one if there is one."""
        cut_rows(self._folder / HISTORY, -1, HistoryRow)

    def go_on(self, step: int, waiting: WaitingRow) -> None:
        """Go on after this step: rows that an earlier process wrote beyond it, or tore, are cut off."""
        self.waiting = waiting
        cut_rows(self._folder / HISTORY, step, HistoryRow)

    def add(self, report: Report) -> None:
        """Take a report, and write a row if one is due.

        Raises:
            OSError: the disk is full.
        """
        self.waiting["count"] += 1
        for name, losses in report.arms.items():
            sums = self.waiting["arms"].setdefault(name, {})
            for term, value in asdict(losses).items():
                sums[term] = sums.get(term, 0.0) + value
        if report.step % self._row_every(report.epoch) == 0 or report.step >= report.steps:
            row, self.waiting = self._row(report), WaitingRow(count=0, arms={})
            append_history(self._folder, row)

    def _row_every(self, epoch: float) -> int:
        """Steps from row to row. A very long run gets fewer rows: the whole file is read to be drawn."""
        if epoch <= 100:
            return max(1, self._steps_per_epoch // ROWS_PER_EPOCH)
        return self._steps_per_epoch * next(apart for apart in (1, 10, 100, 1_000) if epoch <= 1_000 * apart)

    def _row(self, report: Report) -> dict[str, Any]:
        count, arms = self.waiting["count"], self.waiting["arms"]
        return {
            "step": report.step,
            "epoch": round(report.epoch, 4),
            "images_per_second": round(report.images_per_second),
            "arms": {
                name: {term: round(total / count, 5) for term, total in sums.items()} for name, sums in arms.items()
            },
            "warnings": [f"arm {arm}: {warning}" for arm, warning in report.warnings.items()],
        }
