"""Job: what a background run was asked for and its state."""

from __future__ import annotations

import contextlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tvae.config import RunConfig
from tvae.jobs.files import OVER, JobFiles, State
from tvae.runs.run import read_run
from tvae.system.process_lock import boot_id, last_word

Owner = str | None
"""A token that only who started a run has; None is whoever can write the folder itself: the command line."""


@dataclass(frozen=True, kw_only=True)
class Job:
    """A run of the run list: what was asked for, and where it stands."""

    id: str
    folder: Path
    config: RunConfig
    state: State
    reason: str = ""
    """One line: why it failed or was interrupted."""
    phase: str = ""
    """While it is alive: waiting, starting, training, paused, measuring."""
    place: int | None = None
    """Among those that wait; 1 is next."""
    name: str = ""
    note: str = ""
    pinned: bool = False
    created: str = ""
    """UTC, ISO 8601."""
    owned: bool = False
    """Whether somebody's token controls it; else only the command line can."""
    started_from: str = ""
    """The run and step that it began with; empty: from scratch."""
    seconds_budget: float | None = None
    step: int = 0
    steps: int = 0
    """0 while not known."""
    epoch: float = 0.0
    seconds: float = 0.0
    """Of training so far."""
    seconds_left: float | None = None
    images_per_second: float = 0.0
    arms: dict[str, dict[str, float]]
    """Loss terms of each arm at the last step that was told."""
    warnings: tuple[str, ...] = ()
    paused: bool = False
    slow: bool = False
    stopping: bool = False
    """Asked to stop, and not there yet."""
    loadable: bool = False
    """Whether `read_run(folder)` has something to read."""
    resumable: bool = False

    @property
    def over(self) -> bool:
        """Whether it will not go on by itself."""
        return self.state in OVER

    @property
    def share(self) -> float:
        """How much of it is done, from 0 to 1: of its time where it has a budget, else of its steps."""
        if self.state == "done":
            return 1.0
        of_steps = self.step / self.steps if self.steps else 0.0
        of_time = self.seconds / self.seconds_budget if self.seconds_budget else 0.0
        return min(1.0, max(of_steps, of_time))


def run_state(files: JobFiles, told: dict[str, Any], alive: bool) -> tuple[State, str]:
    """The state of a run and why."""
    if told.get("state") in OVER:
        return told["state"], told.get("reason", "")
    if alive:
        return ("running" if told.get("state") == "running" else "queued"), ""
    with contextlib.suppress(ValueError, KeyError, TypeError):
        word = json.loads(last_word(files.lock))
        if word["state"] in OVER:
            return word["state"], str(word["reason"])
    if files.flag("stop"):
        return "stopped", "it did not answer and was killed"
    if told.get("boot") not in (None, boot_id()):
        return "interrupted", "the machine was restarted"
    return "interrupted", "killed (memory?): its process ended without a word"


def foreground_job(folder: Path) -> Job:
    """A run that `python -m tvae train` put in the folder."""
    run = read_run(folder)
    about = JobFiles(folder).read_about()
    done = run.provenance.finished
    return Job(
        id=folder.name,
        folder=folder,
        config=run.config,
        state="done" if done else "interrupted",
        reason="" if done else "trained in the foreground, and not to its end",
        name=about.name,
        note=about.note,
        pinned=about.pinned,
        created=run.provenance.started,
        step=run.provenance.step,
        steps=run.config.train.epochs * (run.provenance.train.n // run.config.train.batch_size),
        epoch=run.epoch,
        seconds=run.provenance.seconds,
        arms={},
        loadable=True,
    )
