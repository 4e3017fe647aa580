"""Sweep: a plan and its trials in an Optuna study.

Every group of cells is one trial, and a retry of it is another. What keeps a group from being lost or trained twice,
whoever is killed at whatever moment:

    taken       the database lets one worker alone take a waiting trial
    stale       a running trial without a sign of life fails, and Optuna's callback puts it back (`fail_stale_trials`)
    first beat  one whose worker was killed before its first sign of life is given one, so that it becomes stale
    put back    a group of which no trial waits, runs or is done is put back: its worker, or who was to lay it out, was
                killed in between
    twice       of two trials of a group the later one gives way before it trains (`gives_way`). An earlier one that has
                failed stays so, so at most one of them is ever complete
"""

from __future__ import annotations

import time
import warnings
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import optuna
from optuna.exceptions import DuplicatedStudyError, ExperimentalWarning
from optuna.samplers import RandomSampler
from optuna.storages import RDBStorage
from optuna.trial import FrozenTrial, TrialState

from tvae.errors import InputError
from tvae.runs.seeds.figures import MEASURED, SeedFigures
from tvae.sweeps.background import Background
from tvae.sweeps.plan import Cell, Group, Plan, cells_from_json
from tvae.sweeps.storage import close_storage, heartbeat_missing, open_storage, storage_errors
from tvae.system.strict_json import Line, Whole, checked

DIRECTIONS = ("maximize", "minimize", "minimize")
METRIC_NAMES = ("triplet accuracy", "squared error", "KL")
"""Values of a trial, for Optuna's own tools: those of the group's most accurate cell, where cells are chosen."""
LAYING_OUT_SECONDS = 10.0
"""Patience with another process that has made the study, and not stored its plan or all groups yet."""
PLAN, COUNTS = "plan", "images"
GROUP, RUN, WORKER, FIGURES, FAILED, TROUBLES = "group", "run", "worker", "figures", "failed", "troubles"
"""Names of attributes of the study and of its trials."""
_CELLS = "cells "
"""Beginning of the names of the study's attributes that hold cells beyond the grid."""

State = Literal["waiting", "running", "done", "failed", "lost"]


@dataclass(frozen=True, kw_only=True)
class GroupState:
    """Where a group of cells stands."""

    group: Group
    state: State
    """lost: no trial of it waits, runs or is complete; `mend` puts it back."""
    run: str = ""
    """Id of its run, in the folder of runs of the worker."""
    worker: str = ""
    """Name of the machine that has it, or had it."""
    reason: str = ""
    """Why it failed."""
    troubles: int = 0
    """Number of workers that gave it back."""
    measured: Mapping[str, Any] | None = None
    """What was measured, as its trial keeps it, of a group that is done."""

    @property
    def figures(self) -> SeedFigures:
        """What was measured, of a group that is done.

        Raises:
            InputError: the storage holds no such figures.
        """
        where = f"figures of group {self.group.id}"
        figures = checked(self.measured, SeedFigures, where)
        has_its_arms = all(tuple(by_arm) == tuple(self.group.config.arms) for by_arm in figures.splits.values())
        if figures.seed != self.group.seed or MEASURED not in figures.splits or not has_its_arms:
            raise InputError(f"{where}: of another seed, split or arm than the group's")
        return figures


@dataclass(frozen=True, kw_only=True)
class _Said:
    """What workers have said of a group, beside what they measured: attributes of its trial."""

    run: Line = ""
    worker: Line = ""
    failed: Line = ""
    troubles: Whole = 0


class Sweep:
    """A sweep in its storage.

    Attributes:
        name: the study's.
        plan: what is trained.
        study: the study, for a worker's one `optimize` call a trial.
        storage: the database that it is kept in.
    """

    def __init__(self, name: str, plan: Plan, study: optuna.Study, storage: RDBStorage) -> None:
        self.name, self.plan, self.study, self.storage = name, plan, study, storage

    @classmethod
    def start(cls, name: str, plan: Plan, url: str, runs: Path) -> tuple[Sweep, bool]:
        """Lay out a sweep, or find it laid out with the same settings; whether it was laid out by this call.

        Of two calls at once the database lets one make the study, which lays it out. Groups that have failed for good
        are put back.

        Raises:
            InputError: the storage can't be used, or the name is taken by other settings.
        """
        storage = open_storage(url, runs, make=True)
        with storage_errors(storage.engine.url):
            is_new = True
            try:
                study = optuna.create_study(
                    storage=storage, study_name=name, directions=DIRECTIONS, sampler=RandomSampler()
                )
                study.set_user_attr(PLAN, plan.to_json())
            except DuplicatedStudyError:
                is_new = False
                study = optuna.load_study(storage=storage, study_name=name, sampler=RandomSampler())
                _wait_for_plan(study, plan)
            sweep = cls(name, _plan_of(study), study, storage)
            if sweep.plan.owner != plan.owner:
                raise InputError(f"name: {name!r} is the name of another person's sweep; take another name")
            if not sweep.plan.same_settings(plan):
                raise InputError(
                    f"name: {name!r} is a sweep of other settings ({differences(sweep.plan, plan)}); take another name"
                )
            if is_new:
                with _quietly():
                    study.set_metric_names(list(METRIC_NAMES))
                sweep.put_in(sweep.groups.values())
            else:
                _wait_for(lambda: sweep.trials().keys() >= sweep.groups.keys())
                sweep.mend(also_failed=True)
            return sweep, is_new

    @classmethod
    def open(cls, name: str, url: str, runs: Path, *, to_work: bool = False) -> Sweep:
        """The sweep of this name.

        Args:
            to_work: whether its trials are to be run, with signs of life; else nothing is written.

        Raises:
            InputError: there is no such sweep, or the storage can't be used.
        """
        storage = open_storage(url, runs, make=False)
        with storage_errors(storage.engine.url):
            names = [study.study_name for study in storage.get_all_studies()]
            if name not in names:
                there = f"there are {', '.join(sorted(names)[:20])}" if names else "there is none in this storage"
                raise InputError(f"name: no sweep {name!r}; {there}")
            plan = _plan_of(optuna.load_study(storage=storage, study_name=name))
            if to_work:
                close_storage(storage)
                storage = open_storage(url, runs, make=True, heartbeat=plan.heartbeat, grace=plan.grace)
            study = optuna.load_study(storage=storage, study_name=name, sampler=RandomSampler())
            return cls(name, plan, study, storage)

    def close(self) -> None:
        """Close the connections to the database."""
        close_storage(self.storage)

    # What is trained

    @cached_property
    def _grid(self) -> dict[str, Group]:
        return {group.id: group for group in self.plan.groups()}

    @property
    def groups(self) -> dict[str, Group]:
        """All groups by their id: those of the grid, then those that were added."""
        groups = dict(self._grid)
        for name, cells in self._added.items():
            groups |= {group.id: group for group in self.plan.groups(cells, name)}
        return groups

    @property
    def cells(self) -> dict[str, Cell]:
        """All cells by the name of their arm."""
        cells = dict(self.plan.cells)
        for added in self._added.values():
            cells |= added
        return cells

    @property
    def _added(self) -> dict[str, dict[str, Cell]]:
        attributes = self.study.user_attrs
        names = sorted(name for name in attributes if name.startswith(_CELLS))
        return {name.removeprefix(_CELLS): cells_from_json(attributes[name], name) for name in names}

    def add_cells(self, name: str, cells: Mapping[str, Cell]) -> None:
        """Add cells beyond the grid, with every seed.

        Args:
            name: a part of the groups' ids that nobody else takes.
        """
        with storage_errors(self.storage.engine.url):
            self.study.set_user_attr(
                f"{_CELLS}{name}", {arm: [cell.margin, cell.weight] for arm, cell in cells.items()}
            )
            self.put_in(self.plan.groups(cells, name))

    def put_in(self, groups: Iterable[Group], attributes: Mapping[str, Mapping[str, Any]] | None = None) -> None:
        """Have these groups wait for a worker.

        Args:
            attributes: what the next worker is to know, by a group's id.
        """
        for group in groups:
            known = (attributes or {}).get(group.id, {})
            cells = ", ".join(list(group.config.arms)[1:])
            self.study.enqueue_trial({}, user_attrs={GROUP: group.id, "seed": group.seed, "cells": cells, **known})

    # Where it stands

    def trials(self) -> dict[str, list[FrozenTrial]]:
        """The trials of each group by its id, oldest first."""
        by_group: dict[str, list[FrozenTrial]] = defaultdict(list)
        for trial in self.study.get_trials(deepcopy=False):
            group = trial.user_attrs.get(GROUP)
            if isinstance(group, str) and trial.state != TrialState.PRUNED:
                by_group[group].append(trial)
        return by_group

    def states(self) -> list[GroupState]:
        """Where each group stands.

        Raises:
            InputError: the storage can't be used.
        """
        with storage_errors(self.storage.engine.url):
            trials = self.trials()
            return [_state_of(group, trials.get(group.id, [])) for group in self.groups.values()]

    def mend(self, *, also_failed: bool = False) -> None:
        """Have the groups wait again that a killed worker left: in stale trials, or without a trial.

        Args:
            also_failed: put back groups too that have failed for good.
        """
        with _quietly():
            optuna.storages.fail_stale_trials(self.study)
        trials = self.trials()
        study_id = self.storage.get_study_id_from_name(self.name)
        running = [
            self.storage.get_trial_id_from_study_id_trial_number(study_id, trial.number)
            for own in trials.values()
            for trial in own
            if trial.state == TrialState.RUNNING
        ]
        for trial_id in heartbeat_missing(self.storage, running):
            self.storage.record_heartbeat(trial_id)
        states = [_state_of(group, trials.get(group.id, [])) for group in self.groups.values()]
        lost = [state for state in states if state.state == "lost" or (also_failed and state.state == "failed")]
        known = {
            state.group.id: {
                **({RUN: state.run, WORKER: state.worker} if state.run else {}),
                **({TROUBLES: state.troubles} if state.troubles and state.state == "lost" else {}),
            }
            for state in lost
        }
        self.put_in([state.group for state in lost], known)

    def gives_way(self, group: Group, number: int) -> bool:
        """Whether an earlier trial of the group than this one waits, runs or is complete, so that this is not run."""
        return any(
            trial.number < number and trial.state != TrialState.FAIL for trial in self.trials().get(group.id, [])
        )

    def is_over(self, number: int) -> bool:
        """Whether the trial of this number is no longer running."""
        return any(
            trial.number == number and trial.state.is_finished() for trial in self.study.get_trials(deepcopy=False)
        )


def plans_in(runs: Path) -> dict[str, Plan]:
    """The plans in the default storage of a folder of runs by the names of their sweeps, oldest first.

    What another program, or another version of this one, has put there is left out.

    Raises:
        InputError: the storage can't be used.
    """
    if not Background(runs).has_storage:
        return {}
    storage = open_storage("", runs, make=False)
    with storage_errors(storage.engine.url):
        studies = storage.get_all_studies()
    close_storage(storage)
    plans = {}
    for study in studies:
        plain = study.user_attrs.get(PLAN)
        if isinstance(plain, dict):
            with suppress(InputError):
                plans[study.study_name] = Plan.from_json(plain, study.study_name)
    return plans


def differences(kept: Plan, other: Plan) -> str:
    """Names of what differs between two plans, as a phrase."""
    if kept.code != other.code:
        return f"of code {kept.code}, this is {other.code}"
    names = []
    first, second = kept.to_json(), other.to_json()
    for name in ("cells", "seeds", "cells_a_run", "half", "heartbeat", "data"):
        if first[name] != second[name]:
            names.append(name.replace("_", "-"))
    settings = kept.config.settings(), other.config.settings()
    names += [name for name in settings[0] if settings[0][name] != settings[1].get(name)]
    return ", ".join(names)


def _state_of(group: Group, trials: list[FrozenTrial]) -> GroupState:
    """Where a group with these trials, oldest first, stands."""

    def latest(state: TrialState) -> FrozenTrial | None:
        return next((trial for trial in reversed(trials) if trial.state == state), None)

    words: dict[TrialState, State] = {
        TrialState.COMPLETE: "done",
        TrialState.RUNNING: "running",
        TrialState.WAITING: "waiting",
    }
    trial = next(filter(None, map(latest, words)), None)
    if trial is not None:
        word = words[trial.state]
    else:
        trial = latest(TrialState.FAIL)
        word = "failed" if trial is not None and FAILED in trial.user_attrs else "lost"
    attributes = {} if trial is None else trial.user_attrs
    plain = {name: attributes[name] for name in (RUN, WORKER, FAILED, TROUBLES) if name in attributes}
    said = checked(plain, _Said, f"group {group.id}")
    return GroupState(
        group=group,
        state=word,
        run=said.run,
        worker=said.worker,
        reason=said.failed,
        troubles=said.troubles,
        measured=attributes.get(FIGURES) if word == "done" else None,
    )


def _plan_of(study: optuna.Study) -> Plan:
    plain = study.user_attrs.get(PLAN)
    where = f"sweep {study.study_name!r}"
    if not isinstance(plain, dict):
        raise InputError(f"name: {study.study_name!r} is a study of another program, or was never laid out")
    return Plan.from_json(plain, where)


def _wait_for_plan(study: optuna.Study, plan: Plan) -> None:
    """Wait for the process that has just made the study to store its plan; store ours where it was killed before."""
    _wait_for(lambda: PLAN in study.user_attrs)
    is_empty = not (study.get_trials(deepcopy=False) or study.user_attrs)  # else it is laid out, or another program's
    if is_empty:
        study.set_user_attr(PLAN, plan.to_json())


def _wait_for(is_laid_out: Callable[[], bool]) -> None:
    """Wait until another process has laid this out, or was killed before."""
    until = time.monotonic() + LAYING_OUT_SECONDS
    while not is_laid_out() and time.monotonic() < until:
        time.sleep(0.1)


@contextmanager
def _quietly() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ExperimentalWarning)
        yield
