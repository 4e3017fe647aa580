"""Who is next: the queue of a folder of runs, in SQLite, so that any number of servers and workers share it.

A run is in the queue from its start to its end. Its worker claims its turn; a row whose worker is gone counts for
nothing and is dropped by the next claim. What became of a run is not told here but by its own files.
"""

from __future__ import annotations

import contextlib
import errno
import os
import sqlite3
import time
from collections.abc import Callable, Iterator
from pathlib import Path

_REQUEST_SECONDS = 24 * 3600.0
_TABLES = """
CREATE TABLE IF NOT EXISTS queue (
    place INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT UNIQUE NOT NULL, running INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE IF NOT EXISTS requests (request TEXT PRIMARY KEY, id TEXT NOT NULL, at REAL NOT NULL);
"""


def runs_at_once() -> int:
    """Runs that train at the same time: TVAE_RUNS_AT_ONCE where that is a whole number of at least 1, else one."""
    said = os.environ.get("TVAE_RUNS_AT_ONCE", "")
    return max(1, int(said)) if said.isdecimal() else 1


class JobQueue:
    """The queue of one folder of runs; made where it is missing. Usable from any thread."""

    def __init__(self, runs: Path) -> None:
        self.path = runs / "queue.sqlite3"

    def add(self, run_id: str, request: str = "") -> str:
        """Put a run at the end; or, where the same request put one there before, do nothing and return that one's id.

        Raises:
            OSError: the queue can't be written.
        """
        with self._transaction() as database:
            if request:
                now = time.time()
                database.execute("DELETE FROM requests WHERE at < ?", (now - _REQUEST_SECONDS,))
                database.execute("INSERT OR IGNORE INTO requests VALUES (?, ?, ?)", (request, run_id, now))
                (first,) = database.execute("SELECT id FROM requests WHERE request = ?", (request,)).fetchone()
                if first != run_id:
                    return first
            database.execute("DELETE FROM queue WHERE id = ?", (run_id,))
            database.execute("INSERT INTO queue (id) VALUES (?)", (run_id,))
        return run_id

    def requested(self, request: str) -> str | None:
        """The id of the run that this request has started, if it has."""
        if not self.path.exists():
            return None
        with self._connection() as database:
            row = database.execute("SELECT id FROM requests WHERE request = ?", (request,)).fetchone()
        return None if row is None else row[0]

    def remove(self, run_id: str, *, request: bool = False) -> None:
        """Take a run out; with `request`, as if it had never been asked for."""
        with self._transaction() as database:
            database.execute("DELETE FROM queue WHERE id = ?", (run_id,))
            if request:
                database.execute("DELETE FROM requests WHERE id = ?", (run_id,))

    def claim(self, run_id: str, at_once: int, alive: Callable[[str], bool]) -> bool:
        """Whether this run's turn has come, and then it is taken: no other is first, and fewer than `at_once` run."""
        if not self._is_next(self.rows(), run_id, at_once, alive):
            return False
        with self._transaction() as database:
            rows = database.execute("SELECT id, running FROM queue ORDER BY place").fetchall()
            for other, _ in rows:
                if other != run_id and not alive(other):
                    database.execute("DELETE FROM queue WHERE id = ?", (other,))
            if not self._is_next(rows, run_id, at_once, alive):
                return False
            database.execute("INSERT OR IGNORE INTO queue (id) VALUES (?)", (run_id,))
            database.execute("UPDATE queue SET running = 1 WHERE id = ?", (run_id,))
        return True

    def rows(self) -> list[tuple[str, int]]:
        """Id and whether it runs, of all that are in the queue, in order."""
        if not self.path.exists():
            return []
        with self._connection() as database:
            return database.execute("SELECT id, running FROM queue ORDER BY place").fetchall()

    def places(self, alive: Callable[[str], bool]) -> dict[str, int]:
        """Places of those that wait; 1 is next."""
        waiting = [run_id for run_id, running in self.rows() if not running and alive(run_id)]
        return {run_id: place for place, run_id in enumerate(waiting, 1)}

    @staticmethod
    def _is_next(rows: list[tuple[str, int]], run_id: str, at_once: int, alive: Callable[[str], bool]) -> bool:
        others = [(other, running) for other, running in rows if other != run_id and alive(other)]
        if sum(running for _, running in others) >= at_once:
            return False
        ids = [other for other, _ in rows]
        before = set(ids[: ids.index(run_id)] if run_id in ids else ids)
        return not any(other in before for other, running in others if not running)

    @contextlib.contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection]:
        try:
            database = sqlite3.connect(self.path, timeout=10.0, isolation_level=None)
            try:
                database.executescript(_TABLES)
                yield database
            finally:
                database.close()
        except sqlite3.Error as error:
            number = errno.ENOSPC if "full" in str(error) else errno.EIO
            raise OSError(number, str(error), str(self.path)) from None

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        """One writer at a time; all of it or nothing."""
        with self._connection() as database:
            database.execute("BEGIN IMMEDIATE")
            try:
                yield database
            except BaseException:
                if database.in_transaction:  # a full disk has ended it already
                    database.execute("ROLLBACK")
                raise
            database.execute("COMMIT")
