"""Worker: trains what waits in a sweep until nothing waits or runs."""

from __future__ import annotations

import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import optuna
from optuna.exceptions import StorageInternalError, TrialPruned, UpdateFinishedTrialError

from tvae.data import dataset_identity
from tvae.errors import InputError
from tvae.jobs.jobs import Jobs
from tvae.runs.seeds.figures import SeedFigures, choosing_split
from tvae.sweeps.code_version import code_version
from tvae.sweeps.group_run import GroupFailed, GroupRun, ToldToEnd, WorkerTroubled, measured_figures
from tvae.sweeps.plan import BASELINE, Group
from tvae.sweeps.results import Results
from tvae.sweeps.storage import storage_errors
from tvae.sweeps.study import COUNTS, FAILED, FIGURES, GROUP, RUN, TROUBLES, WORKER, GroupState, Sweep
from tvae.system.owner import Owner

POLL_SECONDS = 2.0
"""Seconds between two looks at what other workers leave, where nothing waits."""
MOST_TROUBLES = 3
"""Workers that may give a group back before it counts as failed."""


@dataclass(frozen=True, kw_only=True)
class Ended:
    """The end of a worker's work: where each group of the sweep stands."""

    states: list[GroupState]
    told_to_end: bool

    @property
    def failed(self) -> list[GroupState]:
        """Groups that no worker can train."""
        return [state for state in self.states if state.state == "failed"]


class Worker:
    """Trains the groups of one sweep, one after the other, in one folder of runs.

    Attributes:
        sweep: that it works on.
    """

    def __init__(
        self,
        sweep: Sweep,
        jobs: Jobs,
        *,
        owner: Owner = None,
        data_folder: Path | None = None,
        results: Results | None = None,
        told_to_end: Callable[[], bool] = lambda: False,
        say: Callable[[str], None] = lambda line: None,
    ) -> None:
        """
        Args:
            sweep: opened to work (see `Sweep.open`).
            owner: whose runs they are.
            results: where finished and unfinished runs are put for other machines; None: nowhere.
            told_to_end: asked several times a second whether the worker is to end, as by `end`.
            say: called with what happens, a line each.

        Raises:
            InputError: this machine has other code or other data than the sweep.
        """
        plan = sweep.plan
        if plan.code != code_version():
            raise InputError(
                f"code: sweep {sweep.name!r} is trained by version {plan.code}, and this is {code_version()}; figures"
                " of two versions must not stand in one table, so install the same one here"
            )
        if dataset_identity(plan.config.data.name, data_folder) != plan.data:
            raise InputError(
                f"data: the data set {plan.config.data.name!r} here is not the one that sweep {sweep.name!r} was"
                " started with; bring in the same images"
            )
        self.sweep, self._jobs, self._owner = sweep, jobs, owner
        self._data_folder, self._results, self._say = data_folder, results, say
        self._told_to_end = threading.Event()
        self._asks_whether_to_end = told_to_end

    def end(self) -> None:
        """Have the worker end: its run is stopped so that it can be resumed. Usable from a signal handler."""
        self._told_to_end.set()

    def train_one(self) -> bool:
        """Put back what killed workers left, and train one group where one waits; whether one did.

        Raises:
            InputError, OSError: as `work`.
        """
        with storage_errors(self.sweep.storage.engine.url), _no_traceback_of_heartbeats():
            self.sweep.mend()
            if not any(state.state == "waiting" for state in self.sweep.states()):
                return False
            self._run_one()
            self.sweep.mend()  # what was stopped waits again
            return True

    def work(self) -> Ended:
        """Train until nothing waits or runs, or the worker is told to end.

        Raises:
            InputError, OSError: the storage can't be used, or this machine can't train; its group waits again.
        """
        waits = False
        if self._results is not None:
            self._results.make()
        with storage_errors(self.sweep.storage.engine.url), _no_traceback_of_heartbeats():
            while not self._told_to_end.is_set():
                self.sweep.mend()
                states = self.sweep.states()
                running = sum(state.state == "running" for state in states)
                if any(state.state == "waiting" for state in states):
                    self._run_one()
                    waits = False
                elif running:
                    if not waits:
                        self._say(f"nothing waits; {running:,} of other workers still train, and may come back")
                    waits = True
                    self._told_to_end.wait(POLL_SECONDS)
                else:
                    break
            self.sweep.mend()  # what was stopped waits again
            return Ended(states=self.sweep.states(), told_to_end=self._told_to_end.is_set())

    def _run_one(self) -> None:
        """Take one trial and run it to its end.

        Raises:
            InputError, OSError: this machine can't train it; another worker may.
        """
        task = _Task(self.sweep)
        try:
            self.sweep.study.optimize(
                lambda trial: self._objective(trial, task), n_trials=1, catch=(GroupFailed, ToldToEnd)
            )
            return
        except Exception as error:
            # Of a trial that has failed meanwhile Optuna takes nothing, and its error, one of these two, hides ours.
            problem, is_refused = task.problem or error, isinstance(error, (ValueError, AssertionError))
            if isinstance(problem, WorkerTroubled):
                raise InputError(f"{problem}; its cells wait for another worker") from None
            if not (is_refused and (task.is_lost or isinstance(problem, (GroupFailed, ToldToEnd, TrialPruned)))):
                raise problem from problem.__cause__  # which says what the database said
        if task.is_lost:
            grace = self.sweep.plan.grace
            self._say(f"{task.title}: no sign of life for {grace:,} s, so its cells were given to another worker")

    def _objective(self, trial: optuna.Trial, task: _Task) -> tuple[float, float, float]:
        """Train the group of a trial; the figures of its most accurate cell."""
        try:
            figures = self._told(trial, task)
        except Exception as problem:
            task.problem, task.is_lost = problem, isinstance(problem, UpdateFinishedTrialError)
            raise
        task.is_lost = True  # unless Optuna takes what it is told now
        return best_values(figures)

    def _told(self, trial: optuna.Trial, task: _Task) -> SeedFigures:
        """Train the group of a trial, and put its figures, or why there are none, among the trial's attributes.

        Raises:
            TrialPruned: another worker took the last one that waited, so that this is a new and empty trial; or
                another trial of the group is before it.
            UpdateFinishedTrialError: the trial was taken for stale.
        """
        group = self.sweep.groups.get(str(trial.user_attrs.get(GROUP)))
        if group is None:
            raise TrialPruned("nothing waited")
        if self.sweep.gives_way(group, trial.number):
            raise TrialPruned(f"group {group.id} is another trial's")
        task.number, task.title = trial.number, group.title(self.sweep.name)
        try:
            figures = self._figures(trial, group, task)
        except GroupFailed as failure:
            self._say(f"{task.title}: failed for good: {failure}")
            trial.set_user_attr(FAILED, _line(str(failure)))
            raise
        except WorkerTroubled as trouble:
            troubles = int(trial.user_attrs.get(TROUBLES, 0)) + 1
            trial.set_user_attr(TROUBLES, troubles)
            if troubles >= MOST_TROUBLES:
                trial.set_user_attr(FAILED, _line(f"{troubles} workers gave it back, the last one: {trouble}"))
            raise
        task.check(now=True)
        trial.set_user_attr(FIGURES, asdict(figures))
        return figures

    def _is_to_end(self) -> bool:
        return self._told_to_end.is_set() or self._asks_whether_to_end()

    def _figures(self, trial: optuna.Trial, group: Group, task: _Task) -> SeedFigures:
        """Train the group of a trial to its end, and measure it."""
        attributes = trial.user_attrs
        group_run = GroupRun(
            group,
            self.sweep.plan,
            self._jobs,
            title=task.title,
            owner=self._owner,
            data_folder=self._data_folder,
            results=self._results,
            say=lambda line: self._say(f"{task.title}: {line}"),
        )
        run_id = group_run.begin(str(attributes.get(RUN, "")), str(attributes.get(WORKER, "")))
        trial.set_user_attr(RUN, run_id)
        trial.set_user_attr(WORKER, socket.gethostname())
        self._say(f"{task.title}: run {run_id}")
        begun = time.monotonic()
        run = group_run.watch(run_id, self._is_to_end, task.check)
        figures = measured_figures(run)
        if COUNTS not in self.sweep.study.user_attrs:
            self.sweep.study.set_user_attr(COUNTS, {name: run.provenance.split(name).n for name in figures.splits})
        self._say(f"{task.title}: done after {time.monotonic() - begun:,.0f} s")
        return figures


class _Task:
    """The trial that a worker runs.

    Attributes:
        number: of the trial, once it is known.
        title: what messages call it.
        is_lost: whether the trial was taken for stale.
        problem: what ended its training.
    """

    def __init__(self, sweep: Sweep) -> None:
        self.number, self.title, self.is_lost = -1, "", False
        self.problem: Exception | None = None
        self._sweep = sweep
        self._checked_at = time.monotonic()

    def check(self, *, now: bool = False) -> None:
        """Check, as often as a sign of life is given, that the trial is still this worker's.

        Raises:
            UpdateFinishedTrialError: it is not.
        """
        at = time.monotonic()
        if not now and at < self._checked_at + self._sweep.plan.heartbeat:
            return
        self._checked_at = at
        if self._sweep.is_over(self.number):
            raise UpdateFinishedTrialError


@contextmanager
def _no_traceback_of_heartbeats() -> Iterator[None]:
    """Context in which a heartbeat that can't be given is silent: the worker meets the same error, and says it."""
    usual = threading.excepthook

    def hook(problem: threading.ExceptHookArgs) -> None:
        if not issubclass(problem.exc_type, StorageInternalError):
            usual(problem)

    threading.excepthook = hook
    try:
        yield
    finally:
        threading.excepthook = usual


@contextmanager
def ends_at_signals(worker: Worker) -> Iterator[None]:
    """Context in which SIGTERM and Ctrl-C have the worker end; a second one ends the process as usual."""
    before: dict[int, Any] = {}

    def restore() -> None:
        for number, handler in before.items():
            signal.signal(number, handler)

    def told(*_: object) -> None:
        worker.end()
        restore()

    for number in (signal.SIGTERM, signal.SIGINT):
        before[number] = signal.signal(number, told)
    try:
        yield
    finally:
        restore()


def best_values(figures: SeedFigures) -> tuple[float, float, float]:
    """Accuracy at margin 0, error and KL of the most accurate cell on the split that cells are chosen on."""
    by_arm = figures.splits[choosing_split([figures])]
    cells = [of_arm.at(0.0) for arm, of_arm in by_arm.items() if arm != BASELINE]
    best = max(cells, key=lambda cell: cell.accuracy)
    return best.accuracy, best.error, best.kl


def _line(text: str) -> str:
    """A text as one line of at most 500 characters, as the storage keeps it."""
    return " ".join(text.split())[:500]
