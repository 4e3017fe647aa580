"""Export in a process of its own, for the app: progress, cancel, and the file while somebody holds it."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
import weakref
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tvae.data.split import SplitName
from tvae.export.formats import FORMATS, FormatName
from tvae.system.child_process import child_environment, last_line
from tvae.system.scratch_folders import new_scratch_folder, remove_scratch_folder

MODULE = "tvae.export.worker"
_TURN = threading.Semaphore(1)
"""Held by the export that is being written: the others of this server wait, as each may take much memory."""
_LOOK_SECONDS = 0.2
"""Seconds between two looks at whether it is cancelled, while it waits."""


@dataclass(frozen=True, kw_only=True)
class ExportRequest:
    """What is to be exported, with the choices of the command `export`."""

    run: str
    """Folder of the run."""
    to: FormatName
    arms: tuple[str, ...] = ()
    """Arms to export; empty: all."""
    split: SplitName = "test"
    images: bool = True
    """Whether it is to have the images, where the format has any."""


class BackgroundExport:
    """An export that begins at once, in a thread that waits for its process.

    Its file is deleted with this object, so whoever drops it needs to clear nothing.

    Attributes:
        request: what is exported.
        phase: what is being done, in a few words.
        notes: what a reader must know, a sentence each; there when it is done.
        error: why it failed, in one line; empty where it did not.
        cancelled: whether it was ended by `cancel`.
    """

    def __init__(self, request: ExportRequest, title: str) -> None:
        """
        Args:
            title: name of its file, without the ending.

        Raises:
            OSError: there is no room for temporary files.
        """
        self.request = request
        self.phase = "waiting for another export to end"
        self.notes: list[str] = []
        self.error = ""
        self._begun = time.monotonic()
        self._cancel = threading.Event()
        folder = new_scratch_folder("export")
        weakref.finalize(self, remove_scratch_folder, folder)
        self._log = folder / "log"
        self._file = folder / f"{title}{FORMATS[request.to].ending or '.zip'}"
        self._thread = threading.Thread(target=self._run, daemon=True, name="export")
        self._thread.start()

    @property
    def over(self) -> bool:
        """Whether the export has ended: done, failed or cancelled."""
        return not self._thread.is_alive()

    @property
    def cancelled(self) -> bool:
        """Whether the export was cancelled before it ended."""
        return self._cancel.is_set() and self.file is None

    @property
    def file(self) -> Path | None:
        """Path of the exported file; None until it is completely written."""
        done = self.over and not self.error and not self._cancel.is_set()
        return self._file if done else None

    @property
    def seconds(self) -> int:
        """Seconds since it began."""
        return int(time.monotonic() - self._begun)

    def wait(self, seconds: float) -> None:
        """Wait until the export ends, at most this many seconds."""
        self._thread.join(seconds)

    def cancel(self) -> None:
        """Cancel the export, unless it has already ended; its files are deleted."""
        if not self.over:
            self._cancel.set()

    def _run(self) -> None:
        while not _TURN.acquire(timeout=_LOOK_SECONDS):
            if self._cancel.is_set():
                return
        try:
            if not self._cancel.is_set():
                self._write()
        except OSError as error:
            self.error = error.strerror or str(error)
        finally:
            _TURN.release()
        if self._cancel.is_set() or self.error:
            remove_scratch_folder(self._file.parent)

    def _write(self) -> None:
        self.phase = "starting"
        request = json.dumps(asdict(self.request))
        with self._log.open("wb") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", MODULE, request, str(self._file)],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
                cwd=Path(sys.executable).anchor,
                env=child_environment(),
            )
        watch = threading.Thread(target=self._kill_when_cancelled, args=(process,), daemon=True, name="export cancel")
        watch.start()
        words: dict[str, Any] = {}
        assert process.stdout is not None
        with process.stdout:
            for line in process.stdout:
                words = json.loads(line)
                self.phase = str(words.get("phase", self.phase))
        status = process.wait()
        watch.join()
        if "error" in words:
            self.error = str(words["error"])
        elif "notes" in words and status == 0:
            self.notes = [str(note) for note in words["notes"]]
        else:
            self.error = f"its process ended with status {status}: {last_line(self._log)}"

    def _kill_when_cancelled(self, process: subprocess.Popen[bytes]) -> None:
        while process.poll() is None:
            if self._cancel.wait(_LOOK_SECONDS):
                process.kill()
                process.wait()
