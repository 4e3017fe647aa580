"""A run's history.jsonl: losses while it trained."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tvae.runs.run import HISTORY
from tvae.system.json_lines import append_row, read_rows

if TYPE_CHECKING:  # the loop imports torch, which a page that only reads must not wait for
    from tvae.training.loop import Report, Training


def append_history(folder: Path, row: Mapping[str, Any]) -> None:
    """Add a line to the run's history."""
    append_row(folder / HISTORY, row)


def read_history(folder: Path) -> list[dict[str, Any]]:
    """The run's history so far; a last line that a kill has torn is passed over.

    Raises:
        InputError: any other line is not JSON.
    """
    return read_rows(folder / HISTORY)


HISTORY_ROWS_PER_EPOCH = 10


class HistoryRows:
    """Reports averaged over a tenth of an epoch, as rows of history.jsonl.

    Attributes:
        waiting: number and sums of the reports since the last row.
    """

    def __init__(self, training: Training) -> None:
        self._every = max(1, training.steps_per_epoch // HISTORY_ROWS_PER_EPOCH)
        self._epoch = training.steps_per_epoch
        self.waiting: dict[str, Any] = {"count": 0, "arms": {}}

    def add(self, report: Report) -> dict | None:
        """Take a report; a row if one is due."""
        waiting = self.waiting
        waiting["count"] += 1
        for name, losses in report.arms.items():
            sums = waiting["arms"].setdefault(name, {})
            for term, value in asdict(losses).items():
                sums[term] = sums.get(term, 0.0) + value
        # A very long run gets fewer rows: the whole file is read to be drawn.
        every = self._every if report.epoch <= 100 else self._epoch * (1 if report.epoch <= 1_000 else 10)
        if report.step % every and report.step < report.steps:
            return None
        self.waiting = {"count": 0, "arms": {}}
        return {
            "step": report.step,
            "epoch": round(report.epoch, 4),
            "images_per_second": round(report.images_per_second),
            "arms": {
                name: {term: round(total / waiting["count"], 5) for term, total in sums.items()}
                for name, sums in waiting["arms"].items()
            },
            "warnings": list(report.warnings),
        }
