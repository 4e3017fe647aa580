"""WrongTriplets: faults in the rows of a triplet file, the first twenty by line."""

from __future__ import annotations

import bisect
from dataclasses import dataclass, field

from tvae.errors import InputError

MOST_NAMED = 20
"""Rows that are named; the rest are counted."""


@dataclass
class RowFlaws:
    """Rows of a file that can't be taken, and why."""

    place: str
    """Word for a row: "line" of a text, "row" of an array."""
    count: int = 0
    named: list[tuple[int, str]] = field(default_factory=list)
    """Number and reason of the first `MOST_NAMED`."""

    def add(self, number: int, reason: str) -> None:
        """Count a row, and name it if it is one of the first; rows may come in any order."""
        self.count += 1
        bisect.insort(self.named, (number, reason))
        del self.named[MOST_NAMED:]

    def sentences(self) -> list[str]:
        """A sentence for each row that is named, and one for the rest."""
        rest = self.count - len(self.named)
        return [f"{self.place} {number}: {reason}" for number, reason in self.named] + (
            [f"and {rest:,} more"] if rest else []
        )


class WrongTriplets(InputError):
    """A triplet file with rows that can't be taken; nothing of it is taken then."""

    def __init__(self, title: str, flaws: RowFlaws) -> None:
        self.count = flaws.count
        self.sentences = flaws.sentences()
        of_many = f"{flaws.count:,} rows can't be taken: " if flaws.count > 1 else ""
        super().__init__(f"{title}: {of_many}{'; '.join(self.sentences)}")
