"""Writes state.json a few times a second, off the training thread."""

from __future__ import annotations

import contextlib
import json
import os
import threading
from typing import Any

from tvae.jobs.files import JobFiles
from tvae.system.process_lock import ProcessLock, boot_id

SECONDS_BETWEEN = 0.2


class Teller:
    """Writes what it is told; whoever tells never waits for the disk, but hears of its errors when telling again."""

    def __init__(self, files: JobFiles, lock: ProcessLock) -> None:
        self._files, self._lock = files, lock
        told = files.read_state()
        kept = {key: told[key] for key in ("step", "steps", "epoch", "seconds") if key in told}
        self._state: dict[str, Any] = {**kept, "state": "queued", "pid": os.getpid(), "boot": boot_id()}
        self._changed = threading.Event()
        self._closed = threading.Event()
        self._writing = threading.Lock()
        self._error: OSError | None = None
        threading.Thread(target=self._work, name="teller", daemon=True).start()

    def tell(self, **fields: Any) -> None:
        """Have these be known within a fifth of a second.

        Raises:
            OSError: what was told before could not be written.
        """
        if self._error is not None:
            raise self._error
        self._state = {**self._state, **fields}
        self._changed.set()

    def tell_now(self, **fields: Any) -> None:
        """Have these be known when this returns.

        Raises:
            OSError: they can't be written.
        """
        with self._writing:
            self._state = {**self._state, **fields}
            self._files.write_state(self._state)

    def end(self, **fields: Any) -> None:
        """The last telling. Where the disk has no room for it, it goes where room was set aside."""
        self._closed.set()
        self._changed.set()
        try:
            self.tell_now(**fields)
        except OSError:
            with contextlib.suppress(OSError):
                self._lock.write_last_word(json.dumps(fields))

    def _work(self) -> None:
        while True:
            self._changed.wait()
            if self._closed.is_set():
                return
            self._changed.clear()
            try:
                with self._writing:
                    if not self._closed.is_set():
                        self._files.write_state(self._state)
            except OSError as error:
                self._error = error
                return
            self._closed.wait(SECONDS_BETWEEN)
