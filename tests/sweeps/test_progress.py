"""Where the cells of a sweep stand, and what is known of runs under way."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import cast

from tests.sweeps.conftest import small_plan
from tests.sweeps.made_sweeps import made_figures
from tvae.errors import InputError
from tvae.jobs.jobs import Jobs
from tvae.sweeps.progress import RunUnderWay, progress_of, runs_under_way
from tvae.sweeps.study import GroupState
from tvae.sweeps.table import table_of


def states_of(plan, **by_id) -> list[GroupState]:
    states = []
    for group in plan.groups():
        state, run = by_id.get(f"g{group.id.replace('-', '_')}", ("waiting", ""))
        states.append(GroupState(group=group, state=state, run=run))
    return states


def test_a_cell_stands_with_each_seed_as_its_group_does():
    plan = small_plan()
    states = states_of(plan, g0_0=("running", "x"), g1_0=("failed", ""))
    cells = progress_of(table_of(plan.cells, states), states)
    assert [cell.row.arm for cell in cells] == list(plan.cells)
    first, second = cells
    assert first.seeds("running") == [0] and first.seeds("failed") == [1]
    assert second.seeds("waiting") == [0, 1]
    assert first.cell == plan.cells[first.row.arm]


def test_only_runs_of_this_folder_with_the_groups_settings_are_under_way():
    plan = small_plan()
    states = states_of(plan, g0_0=("running", "here"), g0_1=("running", "elsewhere"), g1_0=("running", "another"))
    configs = {state.run: state.group.config for state in states}

    def run(run_id):
        if run_id == "elsewhere":
            raise InputError("there is none")
        config = configs[run_id]
        if run_id == "another":
            config = replace(config, train=replace(config.train, seed=99))
        return SimpleNamespace(id=run_id, config=config)

    arm = next(iter(plan.cells))
    live = {"margins": [0.0, 0.5], "arms": {arm: [0.9, 0.8]}, "n": 100}
    jobs = cast(Jobs, SimpleNamespace(run=run, last_live=lambda run_id: live))
    (found,) = runs_under_way(states, jobs)
    assert found.job.id == "here"
    assert found.accuracy(arm, 0.5) == 0.8
    assert found.accuracy(arm, 0.25) is None and found.accuracy("other", 0.5) is None
    assert RunUnderWay(state=found.state, job=found.job, live=None).accuracy(arm, 0.5) is None


def test_made_figures_are_figures():
    assert made_figures(0, ["vae", "a"]).splits["test"]["a"].at(0.0).accuracy == 0.81
