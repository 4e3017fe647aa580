"""Progress of a sweep: where each of its cells stands, and what is known of it so far."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from tvae.errors import InputError
from tvae.jobs.files import LiveRow
from tvae.jobs.job import Job
from tvae.jobs.jobs import Jobs
from tvae.sweeps.plan import BASELINE, Cell
from tvae.sweeps.study import GroupState, State
from tvae.sweeps.table import Row, Table


@dataclass(frozen=True, kw_only=True)
class CellProgress:
    """Progress of a cell: its figures so far, and the state of its training with each seed."""

    row: Row
    """Its figures of the seeds that are done."""
    groups: Mapping[int, GroupState]
    """The group of cells that it is trained with, by seed."""

    @property
    def cell(self) -> Cell:
        """Margin and weight."""
        assert self.row.cell is not None
        return self.row.cell

    def seeds(self, state: State) -> list[int]:
        """The seeds with which it is in this state."""
        return [seed for seed, group in self.groups.items() if group.state == state]


@dataclass(frozen=True, kw_only=True)
class RunUnderWay:
    """A run of a sweep that trains in this folder of runs."""

    state: GroupState
    job: Job
    live: LiveRow | None
    """Accuracies so far on a part of the test split; None before the first."""

    def accuracy(self, arm: str, margin: float) -> float | None:
        """An arm's accuracy so far at a margin; None where it is not measured at this one."""
        if self.live is None or arm not in self.live["arms"] or margin not in self.live["margins"]:
            return None
        return self.live["arms"][arm][self.live["margins"].index(margin)]


def progress_of(table: Table, states: Iterable[GroupState]) -> list[CellProgress]:
    """Where each cell of a table stands, in its order."""
    by_arm: dict[str, dict[int, GroupState]] = {}
    for state in states:
        for arm in state.group.config.arms:
            by_arm.setdefault(arm, {})[state.group.seed] = state
    return [
        CellProgress(row=row, groups=dict(sorted(by_arm.get(row.arm, {}).items())))
        for row in table.rows
        if row.arm != BASELINE
    ]


def runs_under_way(states: Iterable[GroupState], jobs: Jobs) -> list[RunUnderWay]:
    """The runs of a sweep that train or wait in the queue of this folder of runs."""
    running = []
    for state in states:
        if state.state != "running" or not state.run:
            continue
        try:
            job = jobs.run(state.run)
        except InputError:  # it trains on another machine, or was deleted
            continue
        if job.config == state.group.config:
            running.append(RunUnderWay(state=state, job=job, live=jobs.last_live(job.id)))
    return running
