"""Answers: triplets that a person makes by saying which of two images is nearer, kept as a CSV file."""

from __future__ import annotations

import threading
from pathlib import Path

import numpy as np

from tvae.data.split import Split
from tvae.data.triplets.given import GivenTriplets
from tvae.errors import InputError
from tvae.system.files import read_bounded, write_atomically
from tvae.system.owner import Owner, hashed
from tvae.system.user_folders import answers_folder

HEADER = "anchor,positive,negative"
MOST_ANSWERS = 50_000
_MOST_BYTES = 32 * MOST_ANSWERS
_LOCK = threading.Lock()
"""Two tabs of a browser may answer at once."""

Triple = tuple[int, int, int]


class Answers:
    """One person's answers on the training images of one data set.

    The file is one that `--data.triplets` takes. It is written anew after every answer, whole or not at all.

    Args:
        data: name of the data set.
        train: its training images; other images under the same name have another file.
    """

    def __init__(self, data: str, train: Split, owner: Owner) -> None:
        self._count = len(train)
        person = hashed(owner)[:32] or "command-line"
        self.path: Path = answers_folder() / f"{data}@{train.fingerprint[:16]}" / f"{person}.csv"

    def rows(self) -> list[Triple]:
        """The answers in their order: rows of the anchor, of the nearer and of the farther image.

        Raises:
            InputError: the file can't be read, or is not as it was written.
        """
        if not self.path.exists():
            return []
        lines = read_bounded(self.path, _MOST_BYTES).decode(errors="replace").split()
        try:
            rows = [tuple(map(int, line.split(","))) for line in lines[1:]]
            if any(len(row) != 3 or not 0 <= min(row) <= max(row) < self._count or len(set(row)) != 3 for row in rows):
                raise ValueError
        except ValueError:
            raise InputError(f"{self.path}: not as it was written; move it away to begin anew") from None
        return [(anchor, nearer, farther) for anchor, nearer, farther in rows]

    def triplets(self) -> GivenTriplets | None:
        """The answers as triplets; None where there are none yet.

        Raises:
            InputError: as for `rows`.
        """
        rows = self.rows()
        return GivenTriplets(np.array(rows, np.int64)) if rows else None

    def content(self) -> bytes:
        """The file: CSV with a header."""
        return _content(self.rows())

    def add(self, answer: Triple) -> None:
        """Keep an answer: rows of the anchor, of the nearer and of the farther image.

        Raises:
            InputError: there are too many, or the file is not as it was written.
            OSError: the folder can't be written.
        """
        with _LOCK:
            rows = self.rows()
            if len(rows) >= MOST_ANSWERS:
                raise InputError(f"answers: there are {MOST_ANSWERS:,} already; take them away and begin anew")
            self._write([*rows, answer])

    def undo(self) -> None:
        """Drop the last answer, where there is one.

        Raises:
            InputError: the file is not as it was written.
            OSError: the folder can't be written.
        """
        with _LOCK:
            if rows := self.rows():
                self._write(rows[:-1])

    def question(self, skipped: int) -> Triple:
        """Three different random images: an anchor, and the two of which one is nearer.

        Args:
            skipped: questions that were skipped; with the number of answers it decides which question comes.

        Raises:
            InputError: fewer than three images.
        """
        if self._count < 3:
            raise InputError(f"a question takes three training images; there are {self._count}")
        generator = np.random.default_rng((len(self.rows()), skipped))
        anchor, first, second = generator.choice(self._count, 3, replace=False).tolist()
        return anchor, first, second

    def _write(self, rows: list[Triple]) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(self.path, _content(rows))


def _content(rows: list[Triple]) -> bytes:
    return "\n".join([HEADER, *(",".join(map(str, row)) for row in rows), ""]).encode()
