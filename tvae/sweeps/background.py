"""Background: what the app asks of its sweeps, and the one process that works on them.

FOLDER/lock             locked by that process, so that there is one at most
FOLDER/wanted           there is a sweep to work on; a server that starts and finds the lock free starts a process
FOLDER/turn.json        which sweep that process works on, or why it waits
FOLDER/asked/TOKEN.json a sweep that was paused or cancelled, and why

The process is `tvae.sweeps.worker`. It outlives the server that started it, and ends when nothing waits any more.
"""

from __future__ import annotations

import contextlib
import errno
import json
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from tvae.errors import InputError
from tvae.jobs.runs_folder import make_runs_folder
from tvae.system.child_process import last_line, leave_no_zombie, start_module
from tvae.system.files import write_atomically
from tvae.system.process_lock import ProcessLock, lock_is_held, take_lock
from tvae.system.strict_json import Line, read_json_file

STORAGE_FILE = "sweeps.sqlite3"
"""The default storage, in the folder of runs."""
FOLDER = ".sweeps"
MODULE = "tvae.sweeps.worker"
START_SECONDS = 60.0
"""Limit for the process to take its lock."""
_LIMIT = 10_000
"""Bytes of one of its files at most."""


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What was asked of a sweep: that it goes on, rests, or is given up."""

    state: Literal["on", "paused", "cancelled"] = "on"
    reason: Line = ""
    """Why the process itself has paused it; empty where a person did."""


@dataclass(frozen=True, kw_only=True)
class Turn:
    """The sweep that the process works on."""

    token: Line = ""
    """Of the sweep's plan; empty: none."""
    waits: Line = ""
    """Why nothing of it is trained yet; empty where it is."""


class Background:
    """The background work in one folder of runs. Cheap to make; usable from any thread."""

    def __init__(self, runs: Path) -> None:
        self.runs = runs.absolute()
        self._folder = self.runs / FOLDER

    @property
    def has_storage(self) -> bool:
        """Whether the folder of runs has a storage of sweeps."""
        return (self.runs / STORAGE_FILE).is_file()

    # What is asked of a sweep

    def asked(self, token: str) -> Asked:
        """What was asked of the sweep with this token."""
        try:
            return read_json_file(self._asked_file(token), Asked, _LIMIT)
        except InputError:
            return Asked()

    def ask(self, token: str, asked: Asked) -> None:
        """Ask something of the sweep with this token.

        Raises:
            OSError: the folder can't be written.
        """
        file = self._asked_file(token)
        file.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(file, json.dumps(asdict(asked)))

    def _asked_file(self, token: str) -> Path:
        return self._folder / "asked" / f"{token}.json"

    # The process

    @property
    def works(self) -> bool:
        """Whether the process is there."""
        return lock_is_held(self._folder / "lock")

    @property
    def turn(self) -> Turn:
        """What the process does; nothing where there is none."""
        try:
            return read_json_file(self._folder / "turn.json", Turn, _LIMIT) if self.works else Turn()
        except InputError:
            return Turn()

    def say_turn(self, turn: Turn) -> None:
        """Say what the process does; for the process itself."""
        with contextlib.suppress(OSError):  # the disk is full: the training matters more
            write_atomically(self._folder / "turn.json", json.dumps(asdict(turn)), durable=False)

    def take_lock(self) -> ProcessLock | None:
        """The lock of the process; None where another one has it."""
        self._folder.mkdir(parents=True, exist_ok=True)
        return take_lock(self._folder / "lock")

    @property
    def wanted(self) -> bool:
        """Whether there was something to work on when this was last said."""
        return (self._folder / "wanted").is_file()

    def say_wanted(self, wanted: bool) -> None:
        """Say whether there is something to work on. Whoever says so looks at the lock afterwards."""
        with contextlib.suppress(OSError):
            if wanted:
                (self._folder / "wanted").touch()
            else:
                (self._folder / "wanted").unlink(missing_ok=True)

    def start(self) -> None:
        """Have a process work on the sweeps; nothing happens where one does.

        Raises:
            InputError: the folder of runs can't be written.
            OSError: no process can be started.
        """
        make_runs_folder(self.runs)
        self._folder.mkdir(exist_ok=True)
        self.say_wanted(True)
        if self.works:
            return
        log = self._folder / "log"
        with log.open("wb") as out:
            process = start_module(MODULE, str(self.runs), log=out, environment={"TVAE_RUNS": str(self.runs)})
        leave_no_zombie(process)
        deadline = time.monotonic() + START_SECONDS
        while not self.works:
            if process.poll() is not None:
                if process.returncode and not self.works:
                    raise OSError(errno.ECHILD, f"no process can be started for sweeps: {last_line(log)}")
                return  # it has ended already, or another was faster
            if time.monotonic() > deadline:
                process.kill()
                raise OSError(errno.ETIMEDOUT, f"the process for sweeps did not start within {START_SECONDS:g} s")
            time.sleep(0.02)

    def start_again(self) -> None:
        """Start the process where it was ended before its work was: by a restart of the machine, or killed."""
        if self.wanted and not self.works:
            with contextlib.suppress(InputError, OSError):  # whoever opens the page "Sweep" is told
                self.start()
