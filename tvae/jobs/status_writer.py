"""Writes state.json a few times a second, off the training thread."""

from __future__ import annotations

import contextlib
import json
import threading
from typing import Any

from tvae.jobs.files import JobFiles

SECONDS_BETWEEN = 0.2


class StatusWriter:
    """Writes a worker's status. `update` never waits for the disk; it raises the errors of earlier updates."""

    def __init__(self, files: JobFiles) -> None:
        self._files = files
        self._state: dict[str, Any] = {**files.progress(), "state": "queued"}
        self._changed = threading.Event()
        self._closed = threading.Event()
        self._writing = threading.Lock()
        self._error: OSError | None = None
        threading.Thread(target=self._write_changes, name="status writer", daemon=True).start()

    def update(self, **fields: Any) -> None:
        """Have these fields written within a fifth of a second.

        Raises:
            OSError: earlier ones could not be written.
        """
        if self._error is not None:
            raise self._error
        self._state = {**self._state, **fields}
        self._changed.set()

    def write(self, **fields: Any) -> None:
        """Write these fields at once.

        Raises:
            OSError: they can't be written.
        """
        with self._writing:
            self._state = {**self._state, **fields}
            self._files.write_state(self._state)

    def end(self, **fields: Any) -> None:
        """Write these fields, the last. Where the disk is full, they go into a file reserved for that."""
        self._closed.set()
        self._changed.set()
        try:
            self.write(**fields)
        except OSError:
            with contextlib.suppress(OSError):
                self._files.last_word.write(json.dumps(fields))

    def _write_changes(self) -> None:
        while True:
            self._changed.wait()
            if self._closed.is_set():
                return
            self._changed.clear()
            try:
                with self._writing:
                    if not self._closed.is_set():
                        # Five times a second, and after a power cut there is no worker whose progress it could tell.
                        self._files.write_state(self._state, durable=False)
            except OSError as error:
                self._error = error
                return
            self._closed.wait(SECONDS_BETWEEN)
