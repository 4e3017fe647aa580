"""The process that works on the app's sweeps: started once, steered, found again, ended with its work."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import replace

import psutil
import pytest

from tests.sweeps.conftest import small_plan
from tvae.jobs.jobs import Jobs
from tvae.runs.run import read_run
from tvae.runs.seeds.file import read_seed_figures
from tvae.sweeps import worker
from tvae.sweeps.background import MODULE, Asked, Background
from tvae.sweeps.plan import Plan
from tvae.sweeps.study import GroupState, Sweep, plans_in
from tvae.system.owner import OwnerHash, hashed

ME = "the secret of who sits at the page"
WAIT = 240.0


def plan_of_app(**changes) -> Plan:
    """A run of two cells for each of two seeds."""
    return small_plan(**{"owner": hashed(ME), "heartbeat": 2, "cells_a_run": 2, **changes})


def laid_out(name: str, runs, plan: Plan) -> Plan:
    sweep, _ = Sweep.start(name, plan, "", runs)
    sweep.close()
    return sweep.plan


def states(name: str, runs) -> list[GroupState]:
    sweep = Sweep.open(name, "", runs)
    try:
        return sweep.states()
    finally:
        sweep.close()


def wait_for(condition: Callable[[], object], background: Background) -> None:
    deadline = time.monotonic() + WAIT
    while not condition():
        log = background.runs / ".sweeps" / "log"
        assert time.monotonic() < deadline, log.read_text() if log.exists() else "no process was started"
        time.sleep(0.1)


def processes() -> list[psutil.Process]:
    return [one for one in psutil.process_iter(["cmdline"]) if MODULE in (one.info["cmdline"] or [])]


@pytest.fixture
def background(runs):
    background = Background(runs)
    yield background
    for process in processes():
        if str(background.runs) in process.cmdline():
            process.terminate()
            process.wait(60)


def test_a_sweep_of_the_app_is_trained_to_its_end_and_its_process_ends(runs, background):
    laid_out("mine", runs, plan_of_app())
    laid_out("of-the-command-line", runs, small_plan())
    background.start()
    background.start()
    assert background.works
    assert len([one for one in processes() if str(background.runs) in one.cmdline()]) == 1
    wait_for(lambda: not background.works, background)
    assert [state.state for state in states("mine", runs)] == ["done"] * 2
    assert {state.state for state in states("of-the-command-line", runs)} == {"waiting"}
    assert not background.wanted
    jobs = Jobs(runs)
    for state in states("mine", runs):
        assert jobs.may_control(state.run, ME) and not jobs.may_control(state.run, "somebody else")
        assert len(read_seed_figures(read_run(jobs.run(state.run).folder)) or []) == 2


def test_a_paused_sweep_rests_and_goes_on_where_it_was(runs, background):
    plan = plan_of_app(seeds=(0,))
    plan = replace(plan, config=replace(plan.config, train=replace(plan.config.train, epochs=150)))
    plan = laid_out("mine", runs, plan)
    background.start()
    jobs = Jobs(runs)
    wait_for(lambda: any(job.step for job in jobs.runs()), background)
    background.ask(plan.token, Asked(state="paused"))
    wait_for(lambda: not background.works, background)
    assert "running" not in {state.state for state in states("mine", runs)}
    (job,) = jobs.runs()
    assert job.state == "stopped" and job.resumable
    background.ask(plan.token, Asked())
    background.start()
    wait_for(lambda: not background.works, background)
    assert {state.state for state in states("mine", runs)} == {"done"}
    assert job.id in {state.run for state in states("mine", runs)}


def test_a_killed_process_is_started_again_with_the_server(runs, background):
    laid_out("mine", runs, plan_of_app(seeds=(0,)))
    background.start()
    (process,) = (one for one in processes() if str(background.runs) in one.cmdline())
    wait_for(lambda: Jobs(runs).runs(), background)
    process.kill()
    process.wait(60)
    assert background.wanted and not background.works
    background.start_again()
    wait_for(lambda: not background.works, background)
    assert [state.state for state in states("mine", runs)] == ["done"]
    assert len(Jobs(runs).runs()) == 1


def test_nothing_is_started_where_nothing_was_left(runs, background):
    background.start_again()
    assert not background.works


def test_what_hinders_a_sweep_pauses_it_with_the_reason(runs, background):
    plan = laid_out("mine", runs, plan_of_app(code="0.0+older"))
    worker.main(runs, threading.Event())
    asked = background.asked(plan.token)
    assert asked.state == "paused" and "0.0+older" in asked.reason


def test_a_full_server_is_waited_for(runs, background, monkeypatch):
    plan = laid_out("mine", runs, plan_of_app())
    asked = []

    def refuse(folder, owner):
        asked.append(owner)
        if len(asked) == 2:
            background.ask(plan.token, Asked(state="cancelled"))
        raise worker.InputError("runs: 100 wait or train here already; start yours when one is done")

    monkeypatch.setattr(worker, "check_room", refuse)
    monkeypatch.setattr(worker, "WAIT_SECONDS", 0.01)
    worker.main(runs, threading.Event())
    assert asked == [OwnerHash(hashed(ME))] * 2
    assert not Jobs(runs).runs()


def test_turns_go_round(runs, background, monkeypatch):
    """Two people's sweeps are trained a run each in turn."""
    for name in ("first", "second"):
        laid_out(name, runs, plan_of_app())
    taken: list[str] = []

    def take(background, name, told_to_end):
        taken.append(name)
        return True

    remaining = iter([["first", "second"]] * 4)
    monkeypatch.setattr(worker, "_take_turn", take)
    monkeypatch.setattr(worker, "_to_work_on", lambda background: next(remaining, []))
    worker.main(runs, threading.Event())
    assert taken == ["first", "second", "first", "second"]


def test_a_name_is_one_persons(runs):
    laid_out("mine", runs, plan_of_app())
    with pytest.raises(ValueError, match="another person's sweep"):
        laid_out("mine", runs, small_plan(owner=hashed("somebody else")))
    assert list(plans_in(runs)) == ["mine"]
    assert plans_in(runs)["mine"].owner == hashed(ME)


def test_a_folder_without_sweeps_has_no_plans(runs):
    assert plans_in(runs) == {}
