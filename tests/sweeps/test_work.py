"""Worker: what it does with each end of a run; the runs here are a list of states and train nothing."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from optuna.trial import TrialState

from tests.sweeps.conftest import small_plan
from tests.sweeps.test_study import some_figures, take
from tvae.errors import InputError
from tvae.jobs.files import State
from tvae.jobs.job import Job
from tvae.runs.replays.recorded import REPLAY
from tvae.runs.run import HISTORY
from tvae.sweeps.results import Results
from tvae.sweeps.study import RUN, Sweep
from tvae.sweeps.work import Worker

Seen = tuple[State, str, int]
"""State, reason and step of a run at one look."""
RUNNING: Seen = ("running", "", 1)
DONE: Seen = ("done", "", 10)


class ListedJobs:
    """Runs that go through listed states, one a look, and stay in the last; resumed, they go on with the next."""

    def __init__(self, folder: Path, *looks: Sequence[Seen]) -> None:
        """`looks`: the states of each run in the order in which they are started; the last are those of all others."""
        self.folder = folder
        self.looks = [list(of_run) for of_run in looks]
        self.started: list[dict[str, Any]] = []
        self.resumed: list[str] = []
        self.stopped: list[str] = []
        self.starter = self
        self.hopeless = ""
        self._at_look: dict[int, Callable[[], None]] = {}
        self._looks = 0
        self._requests: dict[str, str] = {}

    def at_look(self, number: int, action: Callable[[], None]) -> None:
        """Call this at the look of this number."""
        self._at_look[number] = action

    def start(self, config, owner, *, request, **options) -> str:
        if request in self._requests:
            return self._requests[request]
        run_id = f"run{len(self.started)}"
        self._requests[request] = run_id
        self.started.append({"config": config, "owner": owner, "request": request, **options})
        (self.folder / run_id).mkdir(parents=True)
        return run_id

    def run(self, run_id: str) -> Job:
        if not (self.folder / run_id).is_dir() or not run_id:
            raise InputError(f"run {run_id!r} is not found")
        self._looks += 1
        self._at_look.get(self._looks, lambda: None)()
        number = int(run_id.removeprefix("run"))
        looks = self.looks[min(number, len(self.looks) - 1)]
        state, reason, step = looks.pop(0) if len(looks) > 1 else looks[0]
        self.hopeless = run_id if reason.startswith("hopeless") else ""
        return Job(
            id=run_id,
            folder=self.folder / run_id,
            config=self.started[number]["config"],
            state=state,
            reason=reason,
            step=step,
            arms={},
            resumable=state in ("stopped", "interrupted", "failed") and not self.hopeless,
        )

    def resume(self, run_id: str, owner) -> None:
        if self.hopeless == run_id:
            raise InputError("would fail again")
        self.resumed.append(run_id)
        looks = self.looks[min(int(run_id.removeprefix("run")), len(self.looks) - 1)]
        if looks == [("stopped", "", 5)]:
            looks[:] = [DONE]

    def stop(self, run_id: str, owner) -> None:
        self.stopped.append(run_id)
        self.looks[min(int(run_id.removeprefix("run")), len(self.looks) - 1)][:] = [("stopped", "", 5)]


@pytest.fixture(autouse=True)
def nothing_is_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    """Gives each finished run figures of its own, without a folder."""
    monkeypatch.setattr("tvae.sweeps.group_run.LOOK_EVERY", 0.01)
    monkeypatch.setattr("tvae.sweeps.work.POLL_SECONDS", 0.1)
    counted = SimpleNamespace(split=lambda name: SimpleNamespace(n=7))
    monkeypatch.setattr("tvae.sweeps.group_run.read_run", lambda folder: SimpleNamespace(provenance=counted))
    group = next(small_plan().groups())
    monkeypatch.setattr("tvae.sweeps.work.measured_figures", lambda run: some_figures(group))


def worker_of(sweep: Sweep, jobs: ListedJobs, **options: Any) -> tuple[Worker, list[str]]:
    said: list[str] = []
    return Worker(sweep, jobs, say=said.append, **options), said  # type: ignore[arg-type]


def states_of(sweep: Sweep) -> Counter[str]:
    return Counter(state.state for state in sweep.states())


def trial_states(sweep: Sweep) -> Counter[TrialState]:
    return Counter(trial.state for trial in sweep.study.get_trials(deepcopy=False))


def test_each_group_is_trained_once(start, tmp_path):
    sweep = start()
    jobs = ListedJobs(tmp_path / "jobs", [("queued", "", 0), ("running", "", 3), DONE])
    worker, said = worker_of(sweep, jobs)
    end = worker.work()
    assert [state.state for state in end.states] == ["done"] * 4
    assert (end.failed, end.told_to_end) == ([], False)
    assert [one["config"] for one in jobs.started] == [group.config for group in sweep.groups.values()]
    assert jobs.started[0]["name"] == "grid: seed 0, m0.2-w10"
    assert "storage" not in jobs.started[0]["command"]  # it stands in the run, and the URL may hold a password
    assert sweep.study.user_attrs["images"] == {"validation": 7, "test": 7}
    assert trial_states(sweep) == {TrialState.COMPLETE: 4}
    assert sum("done after" in line for line in said) == 4
    assert worker.work().states == end.states


def test_a_run_whose_process_is_killed_goes_on(start, tmp_path):
    sweep = start()
    killed: Seen = ("interrupted", "killed (memory?)", 3)
    jobs = ListedJobs(tmp_path / "jobs", [("running", "", 3), killed, ("running", "", 4), DONE], [DONE])
    assert [state.state for state in worker_of(sweep, jobs)[0].work().states] == ["done"] * 4
    assert jobs.resumed == ["run0"]


def test_a_run_that_is_killed_again_and_again_is_given_back(start, tmp_path):
    """As where memory is too small here; where it gets further between two ends, it is resumed as often as it takes."""
    sweep = start()
    killed: Seen = ("interrupted", "killed (memory?)", 3)
    further: list[Seen] = [("interrupted", "killed (memory?)", step) for step in range(1, 30)]
    jobs = ListedJobs(tmp_path / "jobs", [*further, DONE], [("running", "", 3), killed])
    worker, _ = worker_of(sweep, jobs)
    with pytest.raises(InputError, match=r"run1 interrupted: killed \(memory\?\); its cells wait for another worker"):
        worker.work()
    assert jobs.resumed.count("run0") == 29
    assert jobs.resumed.count("run1") == 3
    sweep.mend()
    assert states_of(sweep) == {"done": 1, "waiting": 3}


def test_a_full_disk_ends_one_worker_and_loses_nothing(start, tmp_path):
    sweep = start()
    full: Seen = ("failed", "disk full", 3)
    worker, _ = worker_of(sweep, ListedJobs(tmp_path / "one", [full]))
    with pytest.raises(InputError, match="run0 failed: disk full; its cells wait for another worker"):
        worker.work()
    worker, _ = worker_of(sweep, ListedJobs(tmp_path / "another", [DONE]))
    assert [state.state for state in worker.work().states] == ["done"] * 4
    assert trial_states(sweep) == {TrialState.FAIL: 1, TrialState.COMPLETE: 4}


def test_what_several_workers_give_back_has_failed(start, tmp_path):
    sweep = start(small_plan(seeds=(0,), cells_a_run=2))
    for number in range(3):
        worker, _ = worker_of(sweep, ListedJobs(tmp_path / str(number), [("failed", "out of memory", 0)]))
        with pytest.raises(InputError, match="out of memory"):
            worker.work()
    end = worker_of(sweep, ListedJobs(tmp_path / "last", [DONE]))[0].work()
    (failed,) = end.failed
    assert failed.reason.startswith("3 workers gave it back, the last one: run run0 failed: out of memory")


@pytest.mark.parametrize(
    ("seen", "reason"),
    [
        (("failed", "hopeless: the loss is not a number", 3), "run0 failed: hopeless: the loss is not a number"),
        (("stopped", "", 3), "run run0 was stopped"),
    ],
)
def test_what_no_worker_can_train_has_failed_and_the_rest_goes_on(start, tmp_path, seen, reason):
    sweep = start()
    end = worker_of(sweep, ListedJobs(tmp_path / "jobs", [("running", "", 1), seen], [DONE]))[0].work()
    (failed,) = end.failed
    assert reason in failed.reason
    assert [state.state for state in end.states].count("done") == 3


def test_a_deleted_run_has_failed(start, tmp_path):
    class Deleting(ListedJobs):
        looked = 0

        def run(self, run_id):
            self.looked += run_id == "run0"
            if run_id == "run0" and self.looked > 3:
                raise InputError("run 'run0' is not found")
            return super().run(run_id)

    end = worker_of(start(), Deleting(tmp_path / "jobs", [("running", "", 1)], [DONE]))[0].work()
    assert [state.reason for state in end.failed] == ["its run run0 was deleted"]


def test_a_worker_that_is_told_to_end_stops_its_run_and_another_goes_on(start, tmp_path):
    sweep = start()
    jobs = ListedJobs(tmp_path / "jobs", [("running", "", 1)], [DONE])
    worker, _ = worker_of(sweep, jobs)
    jobs.at_look(3, worker.end)
    end = worker.work()
    assert end.told_to_end
    assert jobs.stopped == ["run0"]
    assert states_of(sweep) == {"waiting": 4}
    worker, said = worker_of(sweep, jobs)
    assert [state.state for state in worker.work().states] == ["done"] * 4
    assert any("run run0 goes on from step 5" in line for line in said)
    assert len(jobs.started) == 4  # none was started twice


def test_a_retry_in_another_folder_starts_again_and_says_so(start, tmp_path):
    sweep = start()
    trial = take(sweep)
    trial.set_user_attr(RUN, "run9")
    trial.set_user_attr("worker", "other-machine")
    sweep.study.tell(trial, state=TrialState.FAIL)
    worker, said = worker_of(sweep, ListedJobs(tmp_path / "jobs", [DONE]))
    worker.work()
    line = "its run run9, of a worker on other-machine, is not in this folder of runs; it starts again here"
    assert any(line in one for one in said)


def test_a_retry_in_another_folder_goes_on_with_what_was_put_where_both_find_it(start, tmp_path):
    sweep, results = start(), Results(tmp_path / "results", "grid")
    jobs = ListedJobs(tmp_path / "one", [("running", "", 1)])
    worker, _ = worker_of(sweep, jobs, results=results)
    files = {"job/resume.safetensors": b"all that is needed", HISTORY: b"rows", REPLAY: b"moments"}

    def save() -> None:
        for name, content in files.items():
            path = tmp_path / "one" / "run0" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)

    jobs.at_look(3, save)
    jobs.at_look(6, worker.end)
    worker.work()
    group = next(iter(sweep.groups))
    assert results.unfinished(group) == files
    jobs = ListedJobs(tmp_path / "another", [DONE])
    worker, said = worker_of(sweep, jobs, results=results)
    worker.work()
    assert [one["unfinished"] for one in jobs.started] == [None, None, None, files]
    assert any("it goes on from what that put there" in line for line in said)
    assert results.unfinished(group) is None
    assert results.finished().keys() == sweep.groups.keys()


def test_damaged_results_are_said_and_the_cell_starts_again(start, tmp_path):
    sweep, results = start(), Results(tmp_path / "results", "grid")
    results.make()
    group = next(iter(sweep.groups))
    (tmp_path / "results" / "grid" / f"{group}.unfinished.zip").write_bytes(b"no zip")
    worker, said = worker_of(sweep, ListedJobs(tmp_path / "jobs", [DONE]), results=results)
    worker.work()
    assert any("unfinished run: not a zip file" in line and "it starts again" in line for line in said)
    assert states_of(sweep) == {"done": 4}


def test_a_worker_waits_for_what_others_train_and_takes_over_what_they_leave(start, tmp_path):
    sweep = start()
    take(sweep)  # another worker, killed right after
    worker, said = worker_of(sweep, ListedJobs(tmp_path / "jobs", [DONE]))
    assert [state.state for state in worker.work().states] == ["done"] * 4
    assert "nothing waits; 1 of other workers still train, and may come back" in said
    assert trial_states(sweep) == {TrialState.FAIL: 1, TrialState.COMPLETE: 4}


def test_a_worker_without_signs_of_life_loses_its_cells_and_says_so(url, runs, start, tmp_path, monkeypatch):
    """What SIGSTOP does for longer than the grace, seen from the worker that wakes."""
    sweep = start()
    monkeypatch.setattr(sweep.storage, "record_heartbeat", lambda trial_id: None)
    other = Sweep.open("grid", url, runs, to_work=True)
    jobs = ListedJobs(tmp_path / "jobs", [*[RUNNING] * 3000, DONE], [DONE])
    worker, said = worker_of(sweep, jobs)
    thread = threading.Thread(target=worker.work)
    thread.start()
    group = next(iter(sweep.groups))
    until = time.monotonic() + 30
    while len(other.trials()[group]) < 2 and time.monotonic() < until:
        other.mend()
        time.sleep(0.2)
    jobs.looks[0][:] = [DONE]
    thread.join()
    assert "grid: seed 0, m0.2-w10: no sign of life for 3 s, so its cells were given to another worker" in said
    trials = [trial.state for trial in other.trials()[group]]
    assert trials.count(TrialState.COMPLETE) == 1 and trials[0] == TrialState.FAIL
    other.close()


def test_a_worker_of_other_code_or_other_data_is_refused(start, tmp_path):
    sweep = start(small_plan(code="0.0.9+abcd"))
    with pytest.raises(InputError, match=r"trained by version 0\.0\.9\+abcd, and this is .*; figures of two versions"):
        worker_of(sweep, ListedJobs(tmp_path / "jobs", [DONE]))
    sweep.plan = replace(small_plan(), data="digits@other")
    with pytest.raises(InputError, match="the data set 'digits' here is not the one"):
        worker_of(sweep, ListedJobs(tmp_path / "jobs", [DONE]))


def test_an_empty_trial_trains_nothing(start, tmp_path):
    """Optuna makes one where another worker takes the last waiting trial between our look and our call."""
    sweep = start()

    class Late(Worker):
        def work(self):
            for _ in range(4):
                take(self.sweep)
            self._run_one()
            return super().work

    jobs = ListedJobs(tmp_path / "jobs", [DONE])
    Late(sweep, jobs).work()  # type: ignore[arg-type]
    assert jobs.started == []
    assert trial_states(sweep) == {TrialState.RUNNING: 4, TrialState.PRUNED: 1}
    assert states_of(sweep) == {"running": 4}


def test_a_storage_that_goes_away_ends_the_worker_in_one_line(start, tmp_path):
    sweep = start()
    jobs = ListedJobs(tmp_path / "jobs", [("running", "", 1)])
    worker, _ = worker_of(sweep, jobs)
    storage = tmp_path / "storage.sqlite3"

    def break_it() -> None:
        sweep.storage.engine.dispose()
        storage.rename(tmp_path / "gone")
        storage.mkdir()

    jobs.at_look(5, break_it)
    with pytest.raises(InputError, match=r"storage: .* can't be used"):
        worker.work()
    assert jobs.stopped == []  # the run goes on, and the next worker finds it
    sweep.storage.engine.dispose()
