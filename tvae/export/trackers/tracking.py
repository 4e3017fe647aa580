"""Tracking: what each tracker is told while a run trains; none of them can end it.

Losses are told as averages, ten times an epoch, as in the run's history; triplet accuracy is that of `LiveAccuracy`.
"""

from __future__ import annotations

import queue
from collections.abc import Callable, Generator, Mapping
from dataclasses import asdict
from typing import Any, Protocol

from tvae.config import RunConfig
from tvae.data import Split
from tvae.runs.history import ROWS_PER_EPOCH
from tvae.runs.recording import Recording
from tvae.runs.run import read_metrics
from tvae.training.live_accuracy import LiveAccuracy
from tvae.training.loop import Report

ArmValues = Mapping[str, Mapping[str, float]]
"""Values by the name of their arm and their own, such as `loss/kl`."""


class Tracker(Protocol):
    """Keeps the values of a run for another tool."""

    def log(self, step: int, values: ArmValues) -> None:
        """Keep values of the arms at a step; may be called several times a step, with other names."""

    def end(self, metrics: ArmValues) -> None:
        """Keep the final metrics, of which there are none where the run did not end, and finish."""


class Tracking:
    """Tells trackers of a run; one that fails is warned of once, and told no more."""

    def __init__(self, trackers: Mapping[str, Tracker], steps_per_epoch: int, warn: Callable[[str], None]) -> None:
        """
        Args:
            warn: is given a line on a tracker that fails.
        """
        self._trackers = dict(trackers)
        self._warn = warn
        self._every = max(1, steps_per_epoch // ROWS_PER_EPOCH)
        self._count = 0
        self._sums: dict[str, dict[str, float]] = {}

    def add(self, report: Report) -> None:
        """Take a report, and tell the averages since the last ones where they are due."""
        self._count += 1
        for arm, losses in report.arms.items():
            sums = self._sums.setdefault(arm, {})
            for term, value in asdict(losses).items():
                sums[f"loss/{term}"] = sums.get(f"loss/{term}", 0.0) + value
        if report.step % self._every == 0 or report.step >= report.steps:
            means = {arm: {name: s / self._count for name, s in sums.items()} for arm, sums in self._sums.items()}
            self._count, self._sums = 0, {}
            self._tell(lambda tracker: tracker.log(report.step, means))

    def add_accuracy(self, row: Mapping[str, Any]) -> None:
        """Tell a measurement of `LiveAccuracy`."""
        values = {
            arm: {f"live/{accuracy_name(m)}": share for m, share in zip(row["margins"], shares, strict=True)}
            for arm, shares in row["arms"].items()
        }
        self._tell(lambda tracker: tracker.log(row["step"], values))

    def end(self, metrics: Mapping[str, Any] | None) -> None:
        """Tell the final metrics, as metrics.json has them; None where the run did not end."""
        values = {} if metrics is None else {arm: final_values(one) for arm, one in metrics["arms"].items()}
        self._tell(lambda tracker: tracker.end(values))

    def _tell(self, words: Callable[[Tracker], None]) -> None:
        for name, tracker in list(self._trackers.items()):
            try:
                words(tracker)
            except Exception as error:  # another program's: its errors are of any kind
                del self._trackers[name]
                self._warn(f"{name} is no longer written: {type(error).__name__}: {error}")


def tracked(
    reports: Generator[Report, None, None],
    recording: Recording,
    test: Split,
    tracking: Tracking,
    warn: Callable[[str], None],
) -> Generator[Report, None, None]:
    """The reports of a recording, of which the trackers are told on the way; its metrics once they are there."""
    rows: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
    live: LiveAccuracy | None = LiveAccuracy(test, rows.put)
    try:
        for report in reports:
            tracking.add(report)
            if live is not None:
                try:
                    live.measure_if_due(recording.training, report.epoch, recording.seconds)
                except Exception as error:
                    warn(f"triplet accuracy is no longer followed: {type(error).__name__}: {error}")
                    live.close()
                    live = None
            _pass_on(rows, tracking)
            yield report
    finally:
        reports.close()  # where it was left early, what it has is saved now
        if live is not None:
            live.close()
        _pass_on(rows, tracking)
        tracking.end(read_metrics(recording.run.folder) if recording.run.provenance.finished else None)


def _pass_on(rows: queue.SimpleQueue[dict[str, Any]], tracking: Tracking) -> None:
    while not rows.empty():
        tracking.add_accuracy(rows.get())


def settings_of_arms(config: RunConfig) -> dict[str, dict[str, str | int | float]]:
    """Settings of each arm by their options on the command line, as numbers or text."""
    common = {**config.data.options(), **config.model.options(), **config.train.options()}
    return {
        arm: {
            name: value if isinstance(value, int | float) else str(value)
            for name, value in {**common, **loss.options()}.items()
        }
        for arm, loss in config.arms.items()
    }


def final_values(metrics: Mapping[str, Any]) -> dict[str, float]:
    """The numbers among an arm's metrics, triplet accuracy at each margin."""
    values = {f"final/{accuracy_name(float(m))}": share for m, share in metrics["triplet_accuracy"].items()}
    values |= {f"final/{name}": value for name, value in metrics.items()}
    return {
        name: float(value)
        for name, value in values.items()
        if isinstance(value, int | float) and not isinstance(value, bool)
    }


def accuracy_name(margin: float) -> str:
    """What triplet accuracy at a margin is called."""
    return f"triplet_accuracy_m{margin:g}"
