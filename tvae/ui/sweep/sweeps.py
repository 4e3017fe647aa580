"""SweepView: a sweep as it stands, read anew at each look."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tvae.sweeps.background import Asked, Background, Turn
from tvae.sweeps.plan import Plan
from tvae.system.owner import is_owner
from tvae.system.user_folders import runs_folder
from tvae.ui import cached
from tvae.ui import session as state

if TYPE_CHECKING:  # Optuna is imported where there is a sweep to read
    from tvae.sweeps.progress import CellProgress, RunUnderWay
    from tvae.sweeps.study import GroupState
    from tvae.sweeps.table import Table


@dataclass(frozen=True, kw_only=True)
class SweepView:
    """A sweep as it stood when it was read."""

    name: str
    plan: Plan
    states: list[GroupState]
    table: Table
    cells: list[CellProgress]
    counts: dict[str, int]
    """Number of images of each split that was measured; empty before the first run is done."""
    running: list[RunUnderWay]
    asked: Asked
    turn: Turn

    @property
    def is_of_app(self) -> bool:
        """Whether the app's own process trains it, and not `sweep work`."""
        return bool(self.plan.owner)

    def count(self, *states: str) -> int:
        """Number of runs in these states."""
        return sum(state.state in states for state in self.states)

    @property
    def over(self) -> bool:
        """Whether every run is done or has failed."""
        return self.count("done", "failed") == len(self.states)

    @property
    def under_way(self) -> bool:
        """Whether more is to be seen at the next look."""
        return not self.over and (self.asked.state == "on" or self.count("running") > 0)


def background() -> Background:
    """The background work on the sweeps of this server."""
    return Background(runs_folder())


def visible_plans() -> dict[str, Plan]:
    """The plans of the sweeps that this person may see, by name, newest first: their own and the command line's.

    Raises:
        InputError: the storage can't be used.
    """
    if not background().has_storage:
        return {}
    from tvae.sweeps.study import plans_in

    plans = reversed(plans_in(runs_folder()).items())
    return {name: plan for name, plan in plans if not plan.owner or is_owner(state.owner(), plan.owner)}


def sweep_view(name: str) -> SweepView:
    """The sweep of this name as it stands.

    Raises:
        InputError: it is gone, or the storage can't be used.
    """
    from tvae.sweeps.progress import progress_of, runs_under_way
    from tvae.sweeps.study import COUNTS, Sweep
    from tvae.sweeps.table import table_of

    sweep = Sweep.open(name, "", runs_folder())
    try:
        states, cells, counts = sweep.states(), sweep.cells, sweep.study.user_attrs.get(COUNTS, {})
    finally:
        sweep.close()
    table = table_of(cells, states)
    return SweepView(
        name=name,
        plan=sweep.plan,
        states=states,
        table=table,
        cells=progress_of(table, states),
        counts=counts,
        running=runs_under_way(states, cached.jobs()),
        asked=background().asked(sweep.plan.token),
        turn=background().turn,
    )
