"""Sweep: laid out once, no group lost or doubled, whoever is killed when."""

from __future__ import annotations

import json
import subprocess
import sys
import time
import warnings
from collections import Counter
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import optuna
import pytest
from optuna.trial import TrialState

from tests.sweeps.conftest import small_plan
from tvae.errors import InputError
from tvae.runs.seeds.figures import MARGINS, ArmFigures, SeedFigures
from tvae.sweeps.plan import Cell, Group
from tvae.sweeps.study import FAILED, FIGURES, GROUP, PLAN, RUN, TROUBLES, Sweep
from tvae.sweeps.table import table_of

ROOT = Path(__file__).parents[2]


def some_figures(group: Group, accuracy: float = 0.9) -> SeedFigures:
    figures = ArmFigures(triplet_accuracy=(accuracy,) * len(MARGINS), reconstruction=1.0, kl=2.0)
    of_arms = dict.fromkeys(group.config.arms, figures)
    return SeedFigures(seed=group.seed, step=10, splits={"validation": of_arms, "test": of_arms})


def states_of(sweep: Sweep) -> dict[str, str]:
    return {state.group.id: state.state for state in sweep.states()}


def take(sweep: Sweep) -> optuna.Trial:
    """Take a trial as a worker does that is killed before it gives a sign of life."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # without `optimize` there is none
        return sweep.study.ask()


def end(sweep: Sweep, trial: optuna.Trial) -> None:
    group = sweep.groups[trial.user_attrs[GROUP]]
    trial.set_user_attr(FIGURES, asdict(some_figures(group)))
    sweep.study.tell(trial, (0.9, 1.0, 2.0))


START = """
plan = Plan.from_json(json.loads(sys.argv[3]), "plan")
put_in = Sweep.put_in

def put_in_slowly(sweep, groups, attributes=None):
    for group in groups:
        time.sleep(0.2)  # the others look meanwhile
        put_in(sweep, [group], attributes)

Sweep.put_in = put_in_slowly
ready()
try:
    sweep, is_new = Sweep.start("grid", plan, url, runs)
    print(json.dumps("laid out" if is_new else "found"))
except InputError as refused:
    print(json.dumps(str(refused)))
"""
TAKE = """
sweep = Sweep.open("grid", url, runs, to_work=True)
ready()
taken = []
while (trial := sweep.study.ask()).user_attrs.get(GROUP):
    taken.append(trial.number)
print(json.dumps(taken))
"""
BEGIN = """
import json, sys, time
from pathlib import Path
from tvae.errors import InputError
from tvae.sweeps.plan import Plan
from tvae.sweeps.study import GROUP, Sweep

url, runs = sys.argv[1], Path(sys.argv[2])

def ready():
    print("ready", flush=True)
    sys.stdin.readline()
"""


def at_once(script: str, argument_lists: list[list[str]]) -> list[Any]:
    """What processes print that begin at the same moment."""
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", BEGIN + script, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=ROOT,
            text=True,
        )
        for arguments in argument_lists
    ]
    for process in processes:
        assert process.stdout is not None and process.stdout.readline() == "ready\n"
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    return [json.loads(process.communicate(timeout=120)[0]) for process in processes]


@pytest.mark.parametrize(
    ("heartbeats", "found_and_refused"),
    [
        ((1, 1, 1), {(2, 0)}),
        ((1, 1, 2), {(1, 1), (0, 2)}),  # the second where the odd one laid out
    ],
)
def test_of_several_starts_at_once_one_lays_out(heartbeats, found_and_refused, url, runs):
    plans = [json.dumps(small_plan(heartbeat=heartbeat).to_json()) for heartbeat in heartbeats]
    said = Counter(at_once(START, [[url, str(runs), plan] for plan in plans]))
    refused = "name: 'grid' is a sweep of other settings (heartbeat); take another name"
    assert said["laid out"] == 1
    assert (said["found"], said[refused]) in found_and_refused
    sweep = Sweep.open("grid", url, runs)
    assert {group: len(trials) for group, trials in sweep.trials().items()} == dict.fromkeys(sweep.groups, 1)
    sweep.close()


def test_a_second_start_changes_nothing(url, runs, start):
    before = start()
    again, is_new = Sweep.start("grid", small_plan(), url, runs)
    assert not is_new
    assert again.plan == before.plan
    assert {group: len(trials) for group, trials in again.trials().items()} == dict.fromkeys(again.groups, 1)
    again.close()


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"cells": {"m0.2-w3": Cell(margin=0.2, weight=3.0)}}, "cells"),
        ({"seeds": (0,)}, "seeds"),
        ({"cells_a_run": 2}, "cells-a-run"),
        ({"half": True}, "half"),
        ({"code": "0.0.0+0"}, "of code"),
        ({"data": "digits@other"}, "data"),
    ],
)
def test_a_name_taken_by_other_settings_is_refused(url, runs, start, changes, name):
    start()
    with pytest.raises(InputError, match=rf"other settings \(.*{name}.*\); take another name"):
        Sweep.start("grid", small_plan(**changes), url, runs)
    plan = small_plan()
    other = replace(plan, config=replace(plan.config, train=replace(plan.config.train, epochs=9)))
    with pytest.raises(InputError, match=r"other settings \(train.epochs\)"):
        Sweep.start("grid", other, url, runs)


def test_a_sweep_whose_starter_was_killed_is_laid_out_by_who_comes_next(url, runs, monkeypatch):
    plan = small_plan()
    monkeypatch.setattr("tvae.sweeps.study.LAYING_OUT_SECONDS", 0.2)
    sweep, _ = Sweep.start("made", plan, url, runs)
    optuna.create_study(storage=sweep.storage, study_name="grid", directions=("maximize", "minimize", "minimize"))
    sweep.close()  # killed before it stored the plan
    again, is_new = Sweep.start("grid", plan, url, runs)
    assert not is_new
    assert states_of(again) == dict.fromkeys(again.groups, "waiting")
    again.close()


def test_groups_without_a_trial_are_put_in_by_a_worker(url, runs, start):
    sweep = start()
    study = optuna.create_study(storage=sweep.storage, study_name="half", directions=sweep.study.directions)
    study.set_user_attr(PLAN, sweep.plan.to_json())
    half = Sweep("half", sweep.plan, study, sweep.storage)
    half.put_in(list(half.groups.values())[:2])  # killed between two groups
    assert Counter(states_of(half).values()) == {"waiting": 2, "lost": 2}
    half.mend()
    assert {group: len(trials) for group, trials in half.trials().items()} == dict.fromkeys(half.groups, 1)


def test_a_stale_trial_waits_again_with_what_its_worker_knew(start):
    sweep = start(small_plan(heartbeat=1))
    trial = take(sweep)
    group = trial.user_attrs[GROUP]
    trial.set_user_attr(RUN, "abc")
    sweep.mend()  # it has given no sign of life: now it has
    assert states_of(sweep)[group] == "running"
    until = time.monotonic() + 20
    while states_of(sweep)[group] == "running" and time.monotonic() < until:
        time.sleep(0.2)
        sweep.mend()
    assert [trial.state for trial in sweep.trials()[group]] == [TrialState.FAIL, TrialState.WAITING]
    (state,) = [state for state in sweep.states() if state.group.id == group]
    assert (state.state, state.run) == ("waiting", "abc")


def test_a_worker_that_is_alive_keeps_its_trial(start):
    sweep = start(small_plan(heartbeat=1))
    seen = []

    def objective(trial):
        until = time.monotonic() + 5
        while time.monotonic() < until:
            time.sleep(0.5)
            sweep.mend()
            seen.append(states_of(sweep)[trial.user_attrs[GROUP]])
        return 0.9, 1.0, 2.0

    sweep.study.optimize(objective, n_trials=1)
    assert set(seen) == {"running"}
    assert Counter(states_of(sweep).values())["done"] == 1


def test_a_failed_trial_that_nobody_put_back_is_put_back_once(start):
    sweep = start()
    trial = take(sweep)
    group = trial.user_attrs[GROUP]
    trial.set_user_attr(RUN, "abc")
    trial.set_user_attr(TROUBLES, 1)
    sweep.study.tell(trial, state=TrialState.FAIL)  # its worker was killed right after
    for _ in range(3):
        sweep.mend()
    assert [trial.state for trial in sweep.trials()[group]] == [TrialState.FAIL, TrialState.WAITING]
    (state,) = [state for state in sweep.states() if state.group.id == group]
    assert (state.run, state.troubles) == ("abc", 1)


def test_what_failed_for_good_waits_again_after_another_start(url, runs, start):
    sweep = start()
    trial = take(sweep)
    group = trial.user_attrs[GROUP]
    trial.set_user_attr(FAILED, "not a number")
    sweep.study.tell(trial, state=TrialState.FAIL)
    sweep.mend()
    (state,) = [state for state in sweep.states() if state.group.id == group]
    assert (state.state, state.reason) == ("failed", "not a number")
    again, _ = Sweep.start("grid", small_plan(), url, runs)
    assert states_of(again) == dict.fromkeys(again.groups, "waiting")
    again.close()


def test_of_two_trials_of_a_group_the_later_one_gives_way(start):
    """Two workers that mend at the same moment both put a lost group back; whatever they do then, one is complete."""
    sweep = start()
    group = next(iter(sweep.groups.values()))
    first = sweep.trials()[group.id][0].number
    sweep.put_in([group])
    second = sweep.trials()[group.id][1].number
    assert not sweep.gives_way(group, first)
    assert sweep.gives_way(group, second)  # while the first waits
    trial = take(sweep)
    assert trial.number == first
    assert sweep.gives_way(group, second)  # while it runs
    end(sweep, trial)
    assert sweep.gives_way(group, second)  # when it is complete


def test_a_trial_goes_on_where_all_earlier_ones_have_failed(start):
    sweep = start()
    group = next(iter(sweep.groups.values()))
    trial = take(sweep)
    sweep.put_in([group])
    sweep.study.tell(trial, state=TrialState.FAIL)
    assert not sweep.gives_way(group, sweep.trials()[group.id][1].number)


def test_two_workers_never_take_one_trial(url, runs):
    """Optuna's own storage lets two processes take one trial of SQLite: it reads the state before it takes the lock."""
    sweep, _ = Sweep.start("grid", small_plan(seeds=tuple(range(20))), url, runs)
    taken = [number for part in at_once(TAKE, [[url, str(runs)]] * 3) for number in part]
    assert sorted(taken) == [trials[0].number for trials in sweep.trials().values()]
    sweep.close()


def test_cells_are_added_with_every_seed(start):
    sweep = start()
    sweep.add_cells("ab12", {"m0.5-w7": Cell(margin=0.5, weight=7.0)})
    assert "m0.5-w7" in sweep.cells
    added = [group for group in sweep.groups.values() if "m0.5-w7" in group.config.arms]
    assert [group.id for group in added] == ["0-ab120", "1-ab120"]
    assert states_of(sweep) == dict.fromkeys(sweep.groups, "waiting")


def test_the_table_is_of_what_is_done(start):
    sweep = start()
    end(sweep, take(sweep))
    table = table_of(sweep.cells, sweep.states())
    assert [(row.arm, list(row.by_seed)) for row in table.rows] == [("vae", [0]), ("m0.2-w10", [0]), ("m1-w10", [])]
    assert table.choosing == "validation"
    for _ in range(3):
        end(sweep, take(sweep))
    table = table_of(sweep.cells, sweep.states())
    assert [list(row.by_seed) for row in table.rows] == [[0, 1]] * 3
