"""Real workers in processes of their own, which are killed at random and stopped: nothing is lost or doubled."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from dataclasses import asdict, replace

import pytest

from benchmarks.sweep_with_kills import WorkerProcess, trials_by_group, work_with_kills
from tests.sweeps.conftest import small_plan
from tvae.data import load_dataset
from tvae.jobs.jobs import Jobs
from tvae.runs.recording import record
from tvae.runs.run import read_run
from tvae.runs.seeds.file import read_seed_figures
from tvae.sweeps.collecting import collect
from tvae.sweeps.group_run import measured_figures
from tvae.sweeps.plan import Plan
from tvae.sweeps.results import Results
from tvae.sweeps.study import Sweep
from tvae.sweeps.table import table_of

PROGRAM = [sys.executable, "-m", "tvae", "sweep"]


def long_enough_to_be_killed(**changes) -> Plan:
    """Four runs of some seconds, with a resume file from the first epochs on."""
    plan = small_plan(heartbeat=2)
    train = replace(plan.config.train, epochs=12, batch_size=32)
    return replace(plan, config=replace(plan.config, train=train), **changes)


@pytest.fixture(scope="module")
def figures_of_one_process(tmp_path_factory):
    """Figures of each group, as JSON, of runs that this process trains one after the other, without jobs or a study."""
    folder, figures = tmp_path_factory.mktemp("alone"), {}
    for group in long_enough_to_be_killed().groups():
        data = group.config.data
        dataset = load_dataset(data.name, validation_share=data.validation_share)
        for _ in record(group.config, dataset, folder / group.id, "test"):
            pass
        figures[group.id] = json.dumps(asdict(measured_figures(read_run(folder / group.id))))
    return figures


def test_two_workers_killed_at_random_give_the_table_of_one_process(url, runs, tmp_path, figures_of_one_process):
    sweep, _ = Sweep.start("grid", long_enough_to_be_killed(), url, runs)
    results = tmp_path / "results"
    command = [*PROGRAM, "work", "grid", "--storage", url, "--results", str(results)]
    workers = [WorkerProcess(command, tmp_path / name) for name in ("one", "two")]
    killed = work_with_kills(workers, 4, (1.0, 4.0))
    logs = "\n".join((tmp_path / f"{worker.folder.name}.log").read_text() for worker in workers)
    assert [worker.ended for worker in workers] == [0, 0], logs
    assert killed.total() >= 2, logs
    groups = trials_by_group(url, "grid", runs)
    groups.pop("", None)
    assert Counter(states["COMPLETE"] for states in groups.values()) == {1: 4}, logs
    states = sweep.states()
    figures = {state.group.id: json.dumps(asdict(state.figures)) for state in states}
    assert figures == figures_of_one_process, logs
    assert [list(row.by_seed) for row in table_of(sweep.cells, states).rows] == [[0, 1]] * 3
    # Each worker's runs have the figures of all seeds, and others' runs can be brought in.
    jobs = Jobs(tmp_path / "one")
    here = sum(job.state == "done" for job in jobs.runs())
    assert collect(sweep, jobs, Results(results, "grid")) == 4 - here
    assert sum(job.state == "done" for job in jobs.runs()) == 4
    assert collect(sweep, jobs, Results(results, "grid")) == 0
    done = [read_run(job.folder) for job in jobs.runs() if job.folder.name in {state.run for state in states}]
    for run in done:
        assert len(read_seed_figures(run) or []) == 2
    sweep.close()


def test_a_worker_that_was_stopped_for_too_long_loses_its_cells(url, runs, tmp_path):
    """SIGSTOP for longer than the grace, then SIGCONT: another worker has trained its cells meanwhile."""
    one_cell = small_plan(heartbeat=1)
    cells = dict(list(one_cell.cells.items())[:1])
    plan = replace(one_cell, cells=cells, seeds=(0,))
    sweep, _ = Sweep.start("grid", plan, url, runs)
    log = (tmp_path / "log.txt").open("w")
    environment = {**os.environ, "TVAE_RUNS": str(tmp_path / "stopped")}
    stopped = subprocess.Popen(
        [*PROGRAM, "work", "grid", "--storage", url], env=environment, stdout=log, stderr=log, start_new_session=True
    )
    (group,) = sweep.groups
    until = time.monotonic() + 60
    while not any(state.run for state in sweep.states()) and time.monotonic() < until:
        time.sleep(0.05)
    stopped.send_signal(signal.SIGSTOP)
    (first,) = sweep.states()
    other = WorkerProcess([*PROGRAM, "work", "grid", "--storage", url], tmp_path / "other")
    work_with_kills([other], 0, (1.0, 1.0))
    assert other.ended == 0
    stopped.send_signal(signal.SIGCONT)
    assert stopped.wait(120) == 0
    log.close()
    said = (tmp_path / "log.txt").read_text()
    assert "no sign of life for 3 s, so its cells were given to another worker" in said
    (state,) = sweep.states()
    assert state.state == "done"
    assert state.run != first.run
    assert trials_by_group(url, "grid", runs)[group] == {"FAIL": 1, "COMPLETE": 1}
    sweep.close()
