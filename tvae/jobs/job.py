"""Job: settings, state and progress of a background run."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tvae.config import RunConfig
from tvae.errors import InputError
from tvae.jobs.files import BEFORE_STEPS, LESS_MEMORY, OVER, JobFiles, State, Status
from tvae.runs.run import CONFIG, read_run
from tvae.system.process_lock import lock_is_held
from tvae.system.strict_json import checked, read_json


@dataclass(frozen=True, kw_only=True)
class Job:
    """A run in the list of runs: its settings, state and progress."""

    id: str
    folder: Path
    config: RunConfig
    state: State
    reason: str = ""
    """One line: why it failed or was interrupted."""
    phase: str = ""
    """Phase of a run that has a worker: waiting, starting, training, paused, stopping, measuring."""
    place: int | None = None
    """Place in the queue; 1 is next."""
    name: str = ""
    note: str = ""
    pinned: bool = False
    created: str = ""
    """UTC, ISO 8601."""
    started_from: str = ""
    """The run and step that it began with; empty: from scratch."""
    seconds_budget: float | None = None
    step: int = 0
    steps: int = 0
    """Total number; 0 while it is not known."""
    epoch: float = 0.0
    seconds: float = 0.0
    """Training time so far."""
    seconds_left: float | None = None
    """Seconds until the run is trained and measured."""
    trains: bool = True
    """Whether it is trained here; a run that was brought in is measured alone."""
    measured: float = 0.0
    """Share of measuring that is done, from 0 to 1."""
    measuring_seconds: float = 0.0
    """Seconds that measuring takes in all, as far as that is known."""
    images_per_second: float = 0.0
    arms: dict[str, dict[str, float]]
    """Loss terms of each arm at the last step that was written."""
    warnings: tuple[str, ...] = ()
    paused: bool = False
    slow: bool = False
    stopping: bool = False
    """A stop was requested and the run has not ended yet."""
    loadable: bool = False
    """Whether the folder has a config that `read_run` can read."""
    resumable: bool = False

    @property
    def over(self) -> bool:
        """Whether the run has ended, or will not go on by itself."""
        return self.state in OVER

    @property
    def share(self) -> float:
        """Share of the run's time that is over, from 0 to 1, training and measuring together."""
        if self.state == "done":
            return 1.0
        if not self.trains:
            return self.measured
        share_of_steps = self.step / self.steps if self.steps else 0.0
        share_of_time = self.seconds / self.seconds_budget if self.seconds_budget else 0.0
        trained = min(1.0, max(share_of_steps, share_of_time))
        if not trained or not self.seconds:
            return 0.0
        training_seconds = self.seconds / trained
        both = training_seconds + self.measuring_seconds
        return (trained * training_seconds + self.measured * self.measuring_seconds) / both


def read_job(folder: Path, places: Mapping[str, int]) -> Job:
    """The run of this folder; also one that was trained into it in the foreground.

    Args:
        places: in the queue, by the ids of the runs that wait.

    Raises:
        InputError: its files are garbled, or it is no run.
    """
    files = JobFiles(folder)
    if not files.spec.exists():
        return _foreground_job(files)
    spec, about = files.read_spec(), files.read_about()
    status = files.read_state()
    alive = status.get("state") not in OVER and lock_is_held(files.lock)
    if alive:
        state, reason = ("running" if status.get("state") == "running" else "queued"), ""
    else:
        status = files.read_state()  # read again: it may have ended in between, and nobody writes once the lock is free
        state, reason = state_without_worker(files)
    over = state in OVER
    phase = "" if over else _phase(state, folder.name in places, status)
    return Job(
        id=folder.name,
        folder=folder,
        config=spec.config,
        state=state,
        reason=reason,
        phase=phase,
        place=places.get(folder.name) if state == "queued" else None,
        name=about.name,
        note=about.note,
        pinned=about.pinned,
        created=spec.created,
        started_from=spec.started_from,
        seconds_budget=spec.seconds,
        step=status.get("step", 0),
        steps=status.get("steps", 0) or spec.steps,
        epoch=status.get("epoch", 0.0),
        seconds=status.get("seconds", 0.0),
        seconds_left=None if over else status.get("seconds_left"),
        trains=spec.task == "train",
        measured=status.get("measured", 0.0),
        measuring_seconds=status.get("measuring_seconds", 0.0),
        images_per_second=status.get("images_per_second", 0.0),
        arms=status.get("arms", {}),
        warnings=tuple(status.get("warnings", ())),
        paused=files.flag("pause") and not over,
        slow=files.flag("slow"),
        # Once it is measured its end is near, and a stop comes too late.
        stopping=files.flag("stop") and not over and phase != "measuring",
        loadable=(folder / CONFIG).is_file(),
        resumable=state in ("stopped", "interrupted", "failed") and not status.get("hopeless", False),
    )


def _phase(state: State, waits: bool, status: Mapping[str, Any]) -> str:
    """The phase of a run that is under way; one that waits for no other run is about to begin."""
    if state == "queued":
        return "waiting" if waits else "starting"
    return status.get("phase", "starting")


def state_without_worker(files: JobFiles) -> tuple[State, str]:
    """The state of a run that no process works on, which is over, and the reason."""
    status = files.read_state()
    if status.get("state") in OVER:
        return status["state"], status.get("reason", "")
    with contextlib.suppress(InputError):
        end = checked(read_json(files.last_word.read(), "last word"), Status, "last word")
        if end["state"] in OVER and "reason" in end:  # else it was cut off
            return end["state"], end["reason"]
    if files.flag("stop"):
        # Before the first step nothing can be lost, so that a worker which is still loading is ended at once.
        took_steps = status.get("state") == "running" and status.get("phase") not in BEFORE_STEPS
        return "stopped", "it did not answer and was killed; what was saved before stands" if took_steps else ""
    process = files.read_process()
    if process is not None and process.ended_by_restart:
        return "interrupted", "the machine was restarted"
    return "interrupted", f"killed (memory?): its process ended without a word; Resume goes on, and {LESS_MEMORY}"


def _foreground_job(files: JobFiles) -> Job:
    """A run that `python -m tvae train` put in the folder."""
    folder = files.run_folder
    run, about = read_run(folder), files.read_about()
    if lock_is_held(files.lock):
        state, reason = "running", "in the foreground"
    elif run.provenance.finished:
        state, reason = "done", ""
    else:
        state, reason = "interrupted", "trained in the foreground, and not to its end"
        if files.resume.is_file():
            reason = "trained under torchrun, and not to its end; its command goes on with it"
    return Job(
        id=folder.name,
        folder=folder,
        config=run.config,
        state=state,
        reason=reason,
        name=about.name,
        note=about.note,
        pinned=about.pinned,
        created=run.provenance.started,
        step=run.provenance.step,
        steps=run.config.train.steps(run.provenance.train.n),
        epoch=run.epoch,
        seconds=run.provenance.seconds,
        arms={},
        loadable=True,
    )
