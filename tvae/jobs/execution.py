"""Execution: train or measure a run by its spec, in its worker, and write its final state."""

from __future__ import annotations

import contextlib
import errno
import time
import traceback
from collections import deque
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tvae.errors import InputError
from tvae.jobs.files import LESS_MEMORY, JobFiles, LiveRow, Spec, run_has_worker
from tvae.jobs.queue import JobQueue, runs_at_once
from tvae.jobs.requests import Ended, Requests
from tvae.jobs.status_writer import StatusWriter
from tvae.runs.arm_names import arm_names
from tvae.runs.run_zip import unmeasured_snapshots
from tvae.system.json_lines import cut_rows
from tvae.system.limits import limits

if TYPE_CHECKING:  # torch is imported only when it is this run's turn
    from tvae.data import Dataset
    from tvae.runs.recording import Recording
    from tvae.system.array_files import Weights
    from tvae.training.loop import Report

TURN_EVERY = 0.2
"""Seconds between two checks of the queue."""
_FULL = (errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC), errno.EFBIG)


class Execution:
    """Executes one run, from its place in the queue to its end."""

    def __init__(self, runs: Path, run_id: str, dataset: Dataset | None = None) -> None:
        """`dataset` is the one that an idle worker has loaded already; None where it is still to be loaded."""
        self._runs, self._id, self._dataset = runs, run_id, dataset
        self._files = JobFiles(runs / run_id)
        self._status = StatusWriter(self._files)
        self._queue = JobQueue(runs)
        self._requests = Requests(self._files)

    def execute(self) -> None:
        """Wait for the run's turn, train or measure it, and write its final state."""
        try:
            end = self._outcome()
            self._requests.ending = True
        except Ended as ended:  # by a signal that came while the outcome was being determined
            end = _end_of(ended)
        self._requests.ending = True
        self._status.end(**end, phase="", seconds_left=None)
        with contextlib.suppress(OSError):  # the queue ignores rows whose worker is gone
            self._queue.remove(self._id)

    def _outcome(self) -> dict[str, Any]:
        try:
            self._carry_out()
        except Ended as ended:
            return _end_of(ended)
        except InputError as error:
            return {"state": "failed", "reason": str(error)}
        except OSError as error:
            full = error.errno in _FULL
            reason = "disk full" if full else f"{error.filename or 'file system'}: {error.strerror or error}"
            return {"state": "failed", "reason": reason}
        except ArithmeticError as error:
            return {"state": "failed", "reason": str(error), "hopeless": True}
        except Exception as error:
            traceback.print_exc()
            line = (str(error).splitlines() or [""])[0][:300]
            if _is_out_of_memory(error):
                return {"state": "failed", "reason": f"{f'out of memory: {line}'.rstrip(': .')}; {LESS_MEMORY}"}
            return {"state": "failed", "reason": f"{type(error).__name__}: {line}"}
        return {"state": "done", "reason": ""}

    def _carry_out(self) -> None:
        spec = self._files.read_spec()
        self._wait_for_turn()
        self._status.write(state="running", phase="starting")
        self._requests.end_if_stopped()
        dataset = self._loaded_dataset(spec)
        self._requests.end_if_stopped()
        if spec.task == "measure":
            self._measure(dataset)
        else:
            self._train(spec, dataset)

    def _wait_for_turn(self) -> None:
        self._status.write(state="queued")
        self._queue.enter(self._id)
        while not self._queue.claim(self._id, runs_at_once(), lambda other: run_has_worker(self._runs, other)):
            self._requests.end_if_stopped()
            time.sleep(TURN_EVERY)

    def _loaded_dataset(self, spec: Spec) -> Dataset:
        from tvae.data import load_dataset, with_validation

        data = spec.config.data
        if self._dataset is not None:
            return with_validation(self._dataset, data.validation_share).by(data.notion)
        self._status.update(phase="loading")
        folder = None if spec.data_folder is None else Path(spec.data_folder)
        return load_dataset(data.name, folder, notion=data.notion, validation_share=data.validation_share)

    def _measure(self, dataset: Dataset) -> None:
        """Compute the encodings and metrics of a run whose weights exist already (an upload)."""
        from tvae.maps.moved_layouts import keep_taken_layouts
        from tvae.runs.encodings import read_encoding, write_encoding
        from tvae.runs.evaluation import encode_split
        from tvae.runs.finishing import finish
        from tvae.runs.measuring import expected_seconds
        from tvae.runs.run import read_run

        run = read_run(self._files.run_folder)
        measuring = _Measuring(expected_seconds(len(dataset.test), len(run.config.arms)), self._status)
        measuring.show(0.0)
        self._status.update(step=run.step, epoch=round(run.epoch, 4), seconds=run.provenance.seconds)
        for step in unmeasured_snapshots(run):
            self._requests.end_if_stopped()
            snapshot = replace(run, snapshot=step)
            write_encoding(snapshot.weights_folder, encode_split(snapshot, dataset.test), half=True)
        self._requests.end_if_stopped()
        finish(run, dataset.test, measuring.show, train=dataset.train, validation=dataset.validation)
        encoding = read_encoding(run, "test")
        if encoding is not None:
            keep_taken_layouts(run.folder, encoding)

    def _train(self, spec: Spec, dataset: Dataset) -> None:
        from tvae.data import validation_note
        from tvae.metrics.measurable import measurability_note
        from tvae.runs.measuring import expected_seconds
        from tvae.runs.recording import Recording
        from tvae.runs.snapshots import take_snapshot
        from tvae.runs.triplets import read_triplets_of
        from tvae.training.live_accuracy import LiveAccuracy
        from tvae.training.step_explained import explained_next_step

        self._compile(spec, dataset)
        recording = Recording(
            spec.config,
            dataset,
            self._files.run_folder,
            spec.command,
            half=spec.half,
            seconds=spec.seconds,
            start=self._starting_weights(spec, dataset),
            started_from=spec.started_from,
            triplets=read_triplets_of(self._files.run_folder, spec.config),
            resume_file=self._files.resume,
        )
        training = recording.training
        cut_rows(self._files.live, training.step, LiveRow)  # an earlier worker may have written more, or a part
        live = LiveAccuracy(dataset.test, self._files.append_live)
        notes = [note for note in (measurability_note(dataset.test.labels), validation_note(dataset)) if note]
        speed = _Speed()
        measuring = _Measuring(expected_seconds(len(dataset.test), len(spec.config.arms)), self._status)
        reports = recording.reports(measuring.show)
        self._requests.within_steps, longest = True, limits().run_seconds
        try:
            for report in reports:
                finished = report.step == report.steps
                self._update_status(report, recording, speed, measuring.expected, notes)
                live.measure_if_due(training, report.epoch, recording.seconds)
                if finished:  # a stop from now on races with the end, and the end wins
                    self._requests.within_steps = False
                elif recording.seconds > longest:
                    raise Ended("stopped", f"it trained for {longest:,} seconds, the longest that a run may here")
                else:
                    self._requests.obey(
                        explain_step=lambda: self._files.write_lesson(explained_next_step(training, dataset.train)),
                        show_phase=lambda phase: self._status.update(phase=phase),
                    )
        except Ended:
            with contextlib.suppress(OSError):  # on a full disk too, the rest is tried
                self._status.write(phase="stopping")  # at once: it has answered, and saves what it has
            reports.close()
            if training.step not in recording.run.snapshots:
                take_snapshot(recording.run, training, dataset.test)  # so that the pages can show it
            raise
        finally:
            self._requests.within_steps = False
            live.close()

    def _compile(self, spec: Spec, dataset: Dataset) -> None:
        """Have the machine code for training compiled, by this process or another; the run waits for it and says so.

        A run never begins with one kind of step and goes on with another: equal settings give equal runs.
        """
        from tvae.metrics.kernels.compilation import COUNTING
        from tvae.system.compiled import compile_parts, lacking
        from tvae.training.steps.compilation import parts_of_run

        def go_on() -> bool:
            self._requests.end_if_stopped()
            return True

        parts = (*parts_of_run(spec.config, dataset.train), COUNTING)
        if lacking(parts):
            self._status.update(phase="compiling")
            compile_parts(parts, go_on)

    def _starting_weights(self, spec: Spec, dataset: Dataset) -> dict[str, Weights] | None:
        from tvae.runs.weights import read_arm

        if not spec.started_from:
            return None
        shape = dataset.test.image_shape
        return {
            arm: read_arm(self._files.start / f"{arm}.safetensors", shape, spec.config.model, loss, without_heads=True)
            for arm, loss in spec.config.arms.items()
        }

    def _update_status(
        self, report: Report, recording: Recording, speed: _Speed, measuring_seconds: float, notes: list[str]
    ) -> None:
        names = arm_names(recording.run.config)
        speed.add(report.step, recording.seconds)
        seconds_left = speed.seconds_left(report.steps)
        if seconds_left is not None and recording.budget is not None:
            seconds_left = min(seconds_left, max(0.0, recording.budget - recording.seconds))
        self._status.update(
            phase="measuring" if report.step == report.steps else "training",
            step=report.step,
            steps=report.steps,
            epoch=round(report.epoch, 4),
            seconds=round(recording.seconds, 2),
            seconds_left=None if seconds_left is None else round(seconds_left + measuring_seconds, 1),
            measuring_seconds=round(measuring_seconds, 1),
            images_per_second=round(report.images_per_second),
            arms={name: vars(losses) for name, losses in report.arms.items()},
            warnings=[*notes, *(f"{names[arm]}: {warning}" for arm, warning in report.warnings.items())],
        )


class _Speed:
    """Measures steps per second over the last ten seconds."""

    def __init__(self) -> None:
        self._marks: deque[tuple[int, float]] = deque(maxlen=40)
        """Steps and seconds at moments a quarter of a second apart."""
        self._last = (0, 0.0)

    def add(self, step: int, seconds: float) -> None:
        if not self._marks or seconds - self._marks[-1][1] >= 0.25:
            self._marks.append((step, seconds))
        self._last = (step, seconds)

    def seconds_left(self, steps: int) -> float | None:
        """Estimated seconds until this many steps are done; None while there are too few to estimate from."""
        (first_step, first_seconds), (step, seconds) = self._marks[0], self._last
        if step >= steps:
            return 0.0
        if step - first_step < 3 or seconds - first_seconds < 0.5:
            return None
        return (seconds - first_seconds) / (step - first_step) * (steps - step)


class _Measuring:
    """Shows how far measuring is, and how long it will take.

    Attributes:
        expected: seconds that it is expected to take; as soon as a part is done, by the speed of this machine.
    """

    def __init__(self, expected: float, status: StatusWriter) -> None:
        self.expected = expected
        self._status = status
        self._begun: float | None = None

    def show(self, share: float) -> None:
        """Show the share that is done; the time is counted from the first call on."""
        now = time.monotonic()
        self._begun = self._begun or now
        if share:
            self.expected = (now - self._begun) / share
        self._status.update(
            phase="measuring",
            measured=round(share, 3),
            measuring_seconds=round(self.expected, 1),
            seconds_left=round(self.expected * (1 - share), 1),
        )


def _end_of(ended: Ended) -> dict[str, Any]:
    return {"state": ended.state, "reason": ended.reason}


def _is_out_of_memory(error: Exception) -> bool:
    message = str(error).lower()
    return isinstance(error, MemoryError) or "out of memory" in message or "allocate memory" in message
