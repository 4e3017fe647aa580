"""Queue of a runs folder, in SQLite.

A run is in the queue from its start to its end. Its worker claims its turn; a row whose worker is gone is
ignored and dropped by the next claim. The state of a run is not in the queue but in the run's own files.
"""

from __future__ import annotations

import contextlib
import errno
import os
import random
import shutil
import sqlite3
import time
from collections.abc import Callable, Iterator
from pathlib import Path

_REQUEST_SECONDS = 24 * 3600.0
_PATIENCE = 10.0
"""Seconds to wait for other processes that use the queue."""
_ROWS = "SELECT id, running FROM queue WHERE typeof(id) = 'text' AND running IN (0, 1) ORDER BY place"
"""Without rows of a damaged file, whose values may be of any type."""
_REQUESTED = "SELECT id FROM requests WHERE request = ? AND typeof(id) = 'text'"
_LEAST_ROOM = 2**16
"""Bytes that SQLite's files beside the queue need at least."""
TABLES = """
CREATE TABLE IF NOT EXISTS queue (
    place INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT UNIQUE NOT NULL, running INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE IF NOT EXISTS requests (request TEXT PRIMARY KEY, id TEXT NOT NULL, at REAL NOT NULL);
"""


def runs_at_once() -> int:
    """Runs that train at the same time: TVAE_RUNS_AT_ONCE where that is a whole number of at least 1, else one."""
    setting = os.environ.get("TVAE_RUNS_AT_ONCE", "")
    return max(1, int(setting)) if setting.isdecimal() else 1


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
                database.execute("DELETE FROM requests WHERE at < ? OR typeof(id) <> 'text'", (now - _REQUEST_SECONDS,))
                database.execute("INSERT OR IGNORE INTO requests VALUES (?, ?, ?)", (request, run_id, now))
                (first,) = database.execute("SELECT id FROM requests WHERE request = ?", (request,)).fetchone()
                if first != run_id:
                    return first
            database.execute("DELETE FROM queue WHERE id = ?", (run_id,))
            database.execute("INSERT INTO queue (id) VALUES (?)", (run_id,))
        return run_id

    def enter(self, run_id: str) -> None:
        """Put a run at the end, for its worker; where it waits already it keeps its place.

        A row that says that the run is under way is an earlier worker's.
        """
        with self._transaction() as database:
            database.execute("DELETE FROM queue WHERE id = ? AND running", (run_id,))
            database.execute("INSERT OR IGNORE INTO queue (id) VALUES (?)", (run_id,))

    def requested(self, request: str) -> str | None:
        """The id of the run that this request has started, if it has."""
        if not self.path.exists():
            return None
        with self._connection() as database:
            row = database.execute(_REQUESTED, (request,)).fetchone()
        return None if row is None else row[0]

    def remove(self, run_id: str, *, request: bool = False) -> None:
        """Remove a run; with `request`, also the record of the request that started it."""
        with self._transaction() as database:
            database.execute("DELETE FROM queue WHERE id = ?", (run_id,))
            if request:
                database.execute("DELETE FROM requests WHERE id = ?", (run_id,))

    def claim(self, run_id: str, at_once: int, alive: Callable[[str], bool]) -> bool:
        """Mark this run as running if it is next and fewer than `at_once` run; returns whether it was marked."""
        if not self._is_next(self.rows(), run_id, at_once, alive):
            return False
        with self._transaction() as database:
            rows = database.execute(_ROWS).fetchall()
            for other, _ in rows:
                if other != run_id and not alive(other):
                    database.execute("DELETE FROM queue WHERE id = ?", (other,))
            if not self._is_next(rows, run_id, at_once, alive):
                return False
            database.execute("INSERT OR IGNORE INTO queue (id) VALUES (?)", (run_id,))
            database.execute("UPDATE queue SET running = 1 WHERE id = ?", (run_id,))
        return True

    def rows(self) -> list[tuple[str, int]]:
        """Id of each run in the queue and whether it is running (0 or 1), in order."""
        if not self.path.exists():
            return []
        with self._connection() as database:
            return database.execute(_ROWS).fetchall()

    def places(self, at_once: int, alive: Callable[[str], bool]) -> dict[str, int]:
        """Place of each run that waits for another to end, by its id; 1 is next. What is about to begin has none."""
        rows = [(run_id, running) for run_id, running in self.rows() if alive(run_id)]
        free = max(0, at_once - sum(running for _, running in rows))
        waiting = [run_id for run_id, running in rows if not running]
        return {run_id: place for place, run_id in enumerate(waiting[free:], 1)}

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
            database = sqlite3.connect(self.path, timeout=_PATIENCE, isolation_level=None)
            try:
                _prepare(database)
                yield database
            finally:
                database.close()
        except (sqlite3.Error, UnicodeDecodeError) as error:  # messages repeat what a damaged file says
            reason = repr(str(error))[1:-1]
            raise OSError(errno.ENOSPC if self._is_full(error) else errno.EIO, reason, str(self.path)) from None

    def _is_full(self, error: Exception) -> bool:
        """Whether the disk is full; where a memory-mapped file can't grow, SQLite reports only an I/O error."""
        with contextlib.suppress(OSError):
            return "full" in str(error) or shutil.disk_usage(self.path.parent).free < _LEAST_ROOM
        return False

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


def _prepare(database: sqlite3.Connection) -> None:
    """Have the database be in WAL mode, with its tables.

    SQLite doesn't wait, whatever its timeout, where two switch to WAL at once, or where one opens while the last other
    puts its files away: then it is tried again here. Afterwards this connection itself keeps them in place.
    """
    until = time.monotonic() + _PATIENCE
    while True:
        try:
            if database.execute("PRAGMA journal_mode").fetchone() != ("wal",):
                database.execute("PRAGMA journal_mode = wal")  # where a file system can't, SQLite keeps its former mode
            database.executescript(TABLES)
            return
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > until:
                raise
        time.sleep(random.uniform(0.002, 0.02))  # not in step with the others
