"""Worker process: python -m tvae.jobs.worker ID [DATA].

With the name of a data set it loads that first and waits for a run to be put into its place (see `idle_workers`). It
holds the run's lock from its first moment (see `process_lock`), waits until it is next in the queue, trains, and
tells where it stands in files. Between steps it looks for requests. Nothing but the first lines imports torch before
it is this run's turn.
"""

from __future__ import annotations

import contextlib
import errno
import importlib
import os
import signal
import sys
import time
import traceback
from collections import deque
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tvae.errors import InputError
from tvae.jobs.files import READY, JobFiles, Spec, State, run_is_alive
from tvae.jobs.idle_workers import wait_for_run
from tvae.jobs.queue import JobQueue, runs_at_once
from tvae.jobs.status_writer import Teller
from tvae.runs.run_zip import unmeasured_snapshots
from tvae.system.json_lines import cut_rows
from tvae.system.process_lock import ProcessLock, inherited_lock, take_lock
from tvae.system.user_folders import own_run_folder, runs_folder

if TYPE_CHECKING:
    from tvae.data import Dataset
    from tvae.runs.recording import Recording
    from tvae.system.array_files import Weights
    from tvae.training.loop import Report

LOOK_EVERY = 0.05
"""Seconds between two looks for requests."""
TURN_EVERY = 0.2
"""Seconds between two looks at the queue."""
SLOW_SECONDS = 1.5
"""Between two steps in teaching mode."""
NICENESS = 5
"""The app's pages come first."""
TOLD_TO_END = "its process was told to end (SIGTERM)"
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


class Ended(Exception):
    """The run ends here, before its last step."""

    def __init__(self, state: State, reason: str = "") -> None:
        super().__init__(reason)
        self.state: State = state
        self.reason = reason


class Worker:
    """One run's process."""

    def __init__(self, runs: Path, run_id: str, lock: ProcessLock, dataset: Dataset | None = None) -> None:
        self._runs, self._id, self._loaded = runs, run_id, dataset
        self._files = JobFiles(runs / run_id)
        self._teller = Teller(self._files, lock)
        self._queue = JobQueue(runs)
        self._told_to_end = False
        self._in_steps = False
        self._looked = 0.0
        self._taken_steps = 0
        signal.signal(signal.SIGTERM, self._on_signal)
        signal.signal(signal.SIGINT, self._on_signal)

    def work(self) -> None:
        """Do what the run's spec says, when it is its turn, and tell how it ended."""
        try:
            ended = self._outcome()
        except Ended as end:
            ended = {"state": end.state, "reason": end.reason}
        self._teller.end(**ended, phase="", seconds_left=None)
        with contextlib.suppress(OSError):  # a row whose worker is gone counts for nothing
            self._queue.remove(self._id)

    def _outcome(self) -> dict[str, Any]:
        try:
            self._work()
        except Ended as end:
            return {"state": end.state, "reason": end.reason}
        except InputError as error:
            return {"state": "failed", "reason": str(error)}
        except OSError as error:
            full = error.errno in _FULL
            what = "disk full" if full else f"{error.filename or 'file system'}: {error.strerror or error}"
            return {"state": "failed", "reason": what}
        except ArithmeticError as error:
            return {"state": "failed", "reason": str(error), "hopeless": True}
        except Exception as error:
            traceback.print_exc()
            line = (str(error).splitlines() or [""])[0][:300]
            if _of_memory(error):
                return {"state": "failed", "reason": f"out of memory: {line}".rstrip(": ")}
            return {"state": "failed", "reason": f"{type(error).__name__}: {line}"}
        return {"state": "done", "reason": ""}

    def _work(self) -> None:
        spec = self._files.read_spec()
        self._wait_for_turn()
        self._teller.tell_now(state="running", phase="starting")
        self._end_if_stopped()
        dataset = self._dataset(spec)
        self._end_if_stopped()
        if spec.task == "measure":
            self._measure(dataset)
        else:
            self._train(spec, dataset)

    def _measure(self, dataset: Dataset) -> None:
        """Make what the pages show of weights that are there."""
        from tvae.runs.encodings import write_encoding
        from tvae.runs.evaluation import encode_split
        from tvae.runs.recording import finish
        from tvae.runs.run import read_run

        run = read_run(self._files.run_folder)
        told = run.provenance
        self._teller.tell(phase="measuring", step=run.step, epoch=round(run.epoch, 4), seconds=told.seconds)
        for step in unmeasured_snapshots(run):
            self._end_if_stopped()
            shot = replace(run, snapshot=step)
            write_encoding(shot.weights_folder, encode_split(shot, dataset.test), half=True)
        self._end_if_stopped()
        finish(run, dataset.test)

    def _wait_for_turn(self) -> None:
        self._teller.tell_now(state="queued")
        while not self._queue.claim(self._id, runs_at_once(), lambda other: run_is_alive(self._runs, other)):
            self._end_if_stopped()
            time.sleep(TURN_EVERY)

    def _dataset(self, spec: Spec) -> Dataset:
        from tvae.data import load_dataset

        if self._loaded is not None:
            return self._loaded
        folder = None if spec.data_folder is None else Path(spec.data_folder)
        return load_dataset(spec.config.data.name, folder)

    def _train(self, spec: Spec, dataset: Dataset) -> None:
        from tvae.runs.recording import Recording
        from tvae.runs.snapshots import take_snapshot
        from tvae.training.live_accuracy import LiveAccuracy

        recording = Recording(
            spec.config,
            dataset,
            self._files.run_folder,
            spec.command,
            half=spec.half,
            seconds=spec.seconds,
            start=self._starting_weights(spec, dataset),
            started_from=spec.started_from,
            resume_file=self._files.resume,
        )
        cut_rows(self._files.live, recording.training.step)  # what an earlier worker told beyond, or tore
        live = LiveAccuracy(dataset.test, self._files.append_live)
        pace = _Pace()
        reports = recording.reports()
        self._in_steps = True
        try:
            for report in reports:
                over = report.step == report.steps
                self._tell(report, recording, pace, "measuring" if over else "training")
                live.look(recording.training, report.epoch, recording.seconds)
                if over:  # a stop from now on races with the end, and the end wins
                    self._in_steps = False
                else:
                    self._look_for_requests(recording, dataset)
        except Ended:
            reports.close()
            if recording.training.step not in recording.run.snapshots:
                take_snapshot(recording.run, recording.training, dataset.test)  # so that the pages can show it
            raise
        finally:
            self._in_steps = False
            live.close()

    def _starting_weights(self, spec: Spec, dataset: Dataset) -> dict[str, Weights] | None:
        from tvae.runs.weights import read_arm

        if not spec.started_from:
            return None
        height, width = dataset.test.image_shape
        return {
            arm: read_arm(self._files.start / f"{arm}.safetensors", height * width, spec.config.model)
            for arm in spec.config.arms
        }

    def _tell(self, report: Report, recording: Recording, pace: _Pace, phase: str) -> None:
        pace.add(report.step, recording.seconds)
        left = pace.seconds_left(report.steps)
        if left is not None and recording.budget is not None:
            left = min(left, max(0.0, round(recording.budget - recording.seconds, 1)))
        self._teller.tell(
            phase=phase,
            step=report.step,
            steps=report.steps,
            epoch=round(report.epoch, 4),
            seconds=round(recording.seconds, 2),
            seconds_left=left,
            images_per_second=round(report.images_per_second),
            arms={name: vars(losses) for name, losses in report.arms.items()},
            warnings=list(report.warnings),
        )

    def _look_for_requests(self, recording: Recording, dataset: Dataset) -> None:
        """Stop, wait or go on, as was asked for last."""
        self._end_if_told()
        if time.monotonic() < self._looked + LOOK_EVERY:
            return
        self._looked = time.monotonic()
        self._end_if_stopped()
        told, shown = False, "training"
        slow_until = time.monotonic() + SLOW_SECONDS
        while (paused := self._files.flag("pause")) or self._files.flag("slow"):
            if not told and self._files.flag("slow"):
                from tvae.training.step_explained import explained_next_step

                self._files.write_lesson(explained_next_step(recording.training, dataset.train))
                told = True
            if paused and self._files.granted_steps() > self._taken_steps:
                self._taken_steps += 1
                self._looked = 0.0  # after this one step it is asked again
                return
            if not paused and time.monotonic() > slow_until:
                break
            phase = "paused" if paused else "training"
            if phase != shown:
                self._teller.tell(phase=phase)
                shown = phase
            self._end_if_stopped()
            self._end_if_told()
            time.sleep(LOOK_EVERY)
        self._taken_steps = self._files.granted_steps()

    def _end_if_told(self) -> None:
        if self._told_to_end:
            self._end_if_stopped()
            raise Ended("interrupted", TOLD_TO_END)

    def _end_if_stopped(self) -> None:
        if self._files.flag("stop"):
            raise Ended("stopped")

    def _on_signal(self, *_: object) -> None:
        self._told_to_end = True
        if not self._in_steps:  # else the step is taken to its end first
            self._end_if_told()


class _Pace:
    """How fast it goes, over the last ten seconds."""

    def __init__(self) -> None:
        self._marks: deque[tuple[int, float]] = deque()

    def add(self, step: int, seconds: float) -> None:
        if not self._marks or seconds - self._marks[-1][1] >= 0.25:
            self._marks.append((step, seconds))
            while len(self._marks) > 40:
                self._marks.popleft()
        self._now = (step, seconds)

    def seconds_left(self, steps: int) -> float | None:
        (step, seconds), (now, so_far) = self._marks[0], self._now
        if now - step < 3 or so_far - seconds < 0.5:
            return None
        return round((so_far - seconds) / (now - step) * (steps - now), 1)


def _of_memory(error: Exception) -> bool:
    words = str(error).lower()
    return isinstance(error, MemoryError) or "out of memory" in words or "allocate memory" in words


def main(arguments: list[str]) -> int:
    """Work for the run that the arguments name; 0 when its end is told, however it was."""
    run_id, *data = arguments
    runs = runs_folder().absolute()
    # An idle worker's place may have become a run before this line is reached, or just now.
    held = [inherited_lock(JobFiles(folder / run_id).lock) for folder in (runs / READY, runs)]
    lock = held[0] or held[1] or take_lock(JobFiles(own_run_folder(runs, run_id)).lock)
    if lock is None:
        raise InputError(f"run {run_id}: another worker has it")
    with contextlib.suppress(OSError):  # if memory runs out, let it be this process and not the app
        Path("/proc/self/oom_score_adj").write_text("500")
    with contextlib.suppress(OSError):
        os.nice(NICENESS)
    dataset = None
    if data:
        dataset = _ready(data[0])
        if not wait_for_run(runs, run_id):
            return 0
    Worker(runs, run_id, lock, dataset).work()
    return 0


def _ready(name: str) -> Dataset:
    """A data set, with all that training on it needs loaded, compiled and tried once."""
    from tvae.config import DataConfig, RunConfig, TrainConfig
    from tvae.data import load_dataset
    from tvae.training.live_accuracy import LiveAccuracy
    from tvae.training.loop import Training

    importlib.import_module("tvae.runs.recording")
    dataset = load_dataset(name)
    training = Training(RunConfig(data=DataConfig(name=name), train=TrainConfig(step="fast")), dataset.train)
    live = LiveAccuracy(dataset.test, lambda row: None)
    for report in training.reports():
        live.look(training, report.epoch, 0.0)
        if report.step == 2:
            break
    live.close()
    return dataset


if __name__ == "__main__":
    try:
        status = main(sys.argv[1:])
    except (InputError, OSError, ValueError) as problem:
        sys.stderr.write(f"tvae.jobs.worker: {problem}\n")
        status = 2
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)  # at once: what is to be kept is kept, and the lock is to be free
