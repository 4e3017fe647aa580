"""The time that a sweep takes: of its steps, and at the speed of this machine where a run has shown it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.conftest import small_run_config
from tvae.jobs.job import Job
from tvae.sweeps.layout import Grid, plan_of
from tvae.ui.sweep.estimate import estimate

GRID = Grid(margins=(0.2, 1.0), weights=(3.0,), seeds=(0, 1), cells_a_run=1)


def a_plan(epochs: int = 1_000):
    config = small_run_config()
    return plan_of(replace(config, train=replace(config.train, epochs=epochs)), GRID)


def done(config, seconds: float) -> Job:
    return Job(id="before", folder=Path(), config=config, state="done", step=1_000, seconds=seconds, arms={})


def test_runs_follow_each_other():
    took = estimate(a_plan(), [])
    assert took.like == ""
    assert took.seconds == pytest.approx(4 * took.longest)
    measuring = estimate(a_plan(1), []).seconds
    twice = estimate(a_plan(2_000), []).seconds
    assert twice - measuring == pytest.approx(2 * (took.seconds - measuring), rel=0.01)


def test_a_run_of_this_machine_gives_the_speed():
    plan = a_plan()
    config = next(plan.groups()).config
    quick, slow = (estimate(plan, [done(config, seconds)]) for seconds in (1.0, 100.0))
    assert quick.like == slow.like == "before"
    measuring = estimate(a_plan(1), []).seconds
    assert slow.seconds - measuring == pytest.approx(100 * (quick.seconds - measuring), rel=0.05)


@pytest.mark.parametrize(
    "change",
    [
        {"state": "stopped"},
        {"trains": False},
        {"step": 10},
        {"seconds": 0.0},
    ],
)
def test_other_runs_say_nothing(change):
    plan = a_plan()
    assert estimate(plan, [replace(done(next(plan.groups()).config, 5.0), **change)]).like == ""


def test_a_run_with_another_network_says_nothing():
    plan = a_plan()
    config = next(plan.groups()).config
    other = replace(config, model=replace(config.model, latent_dim=config.model.latent_dim + 1))
    assert estimate(plan, [done(other, 5.0)]).like == ""
