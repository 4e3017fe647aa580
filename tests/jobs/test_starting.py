"""Starter and worker killed at each step of a start and of a resume: runs under way always hold their lock."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest

from tvae.config import DataConfig, ModelConfig, RunConfig, TrainConfig
from tvae.errors import InputError
from tvae.jobs.files import OVER, READY, JobFiles, Spec
from tvae.jobs.idle_workers import IDLE_SECONDS, claim_idle_place, keep_idle_worker, mark_idle, wait_for_run
from tvae.jobs.jobs import Jobs
from tvae.jobs.starting import Starter
from tvae.jobs.worker_processes import collect_ended_workers, reserve_for_worker, start_worker
from tvae.system.process_identity import this_process
from tvae.system.process_lock import lock_is_held, take_lock

ROOT = Path(__file__).parents[2]
LONG = RunConfig(
    data=DataConfig(name="digits"), model=ModelConfig(hidden=32, latent_dim=4), train=TrainConfig(epochs=50_000)
)

DIE_AT_STEP = """
import os, signal, sys

def die_at_step(number, folder):
    "Kill this process at the numbered thing that it does to a file of the folder, a lock or a process."
    seen = 0
    def count(event, arguments):
        nonlocal seen
        if event in ("fcntl.flock", "subprocess.Popen") or (
            event in ("open", "sqlite3.connect") or event.startswith("os.")
        ) and any(str(word).startswith(folder) for word in arguments):
            seen += 1
            if seen == number:
                os.kill(os.getpid(), signal.SIGKILL)
    sys.addaudithook(count)
"""
START_AND_DIE = (
    DIE_AT_STEP
    + """
import json
from pathlib import Path
from tvae.config import RunConfig
from tvae.jobs.jobs import Jobs

folder, config = sys.argv[1], RunConfig.from_json(json.loads(sys.argv[2]))
jobs = Jobs(Path(folder))
print("ready", flush=True)
for line in sys.stdin:  # a fork for each step: this process has everything imported, and no thread
    step, run_id = line.split()
    child = os.fork()
    if child == 0:
        die_at_step(int(step), folder)
        if run_id == "new":
            jobs.starter.start(config, None)
        else:
            jobs.resume(run_id, None)
        os._exit(0)
    print(os.waitpid(child, 0)[1], flush=True)
"""
)


@pytest.fixture
def jobs(tmp_path, monkeypatch):
    monkeypatch.delenv("TVAE_RUNS_AT_ONCE", raising=False)
    (tmp_path / "runs").mkdir()
    jobs = Jobs(tmp_path / "runs")
    yield jobs
    kill_workers(jobs.folder)


def kill_workers(runs: Path) -> None:
    """Kill the processes that work, or are about to work, for a run of this folder."""
    ids = {path.name for path in (runs / ".workers").glob("*")}
    for process in psutil.process_iter(["cmdline"]):
        if ids & set(process.info["cmdline"] or ()):
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
            process.wait()


def until_gone(pid: int) -> None:
    """Wait until a process has ended; a child of this process is collected, so that it does not stay as a zombie."""
    limit = time.monotonic() + 30
    while psutil.pid_exists(pid):
        assert time.monotonic() < limit
        collect_ended_workers()
        time.sleep(0.01)


def check_that_runs_under_way_are_locked(jobs: Jobs) -> None:
    for folder in jobs.folder.iterdir():
        files = JobFiles(folder)
        if files.spec.exists() and files.read_state().get("state") == "queued":
            assert lock_is_held(files.lock) or files.read_state()["state"] in OVER, folder


def killed_run(jobs: Jobs) -> str:
    """A run whose worker was killed while it waited or loaded."""
    run_id = jobs.starter.start(LONG, None)
    kill_workers(jobs.folder)
    assert jobs.run(run_id).state == "interrupted"
    # As one that was stopped: its state says so itself.
    JobFiles(jobs.folder / run_id).write_state({"state": "stopped", "step": 0, "steps": 1})
    return run_id


@pytest.mark.parametrize("resumed", [False, True])
def test_a_starter_killed_at_any_step_leaves_no_run_under_way_without_a_lock(resumed, jobs):
    run_id = killed_run(jobs) if resumed else "new"
    words = [sys.executable, "-c", START_AND_DIE, jobs.folder, json.dumps(LONG.to_json())]
    starter = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT)
    assert starter.stdin is not None and starter.stdout is not None
    try:
        assert starter.stdout.readline() == "ready\n"
        step, status = 0, 1
        while status != 0:
            step += 1
            starter.stdin.write(f"{step} {run_id}\n")
            starter.stdin.flush()
            status = int(starter.stdout.readline())
            check_that_runs_under_way_are_locked(jobs)
            if status != 0:
                kill_workers(jobs.folder)
                for job in jobs.runs():
                    if job.id != run_id:
                        jobs.trash.delete(job.id, None)
        assert step > 15
        (job,) = jobs.runs()
        assert not job.over
    finally:
        starter.kill()
        starter.communicate()


@pytest.mark.parametrize("resumed", [False, True])
def test_a_worker_killed_at_any_step_before_it_has_the_lock_starts_nothing(resumed, jobs, tmp_path, monkeypatch):
    run_id = killed_run(jobs) if resumed else None
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    refused, step = 0, 0
    while refused == step:
        step += 1
        (tmp_path / "sitecustomize.py").write_text(f"{DIE_AT_STEP}\ndie_at_step({step}, {str(jobs.folder)!r})\n")
        try:
            if run_id is None:
                jobs.starter.start(LONG, None)
            else:
                jobs.resume(run_id, None)
        except OSError as error:
            assert "no worker can be started: it ended without a word" in str(error)
            refused += 1
            assert [job.over and job.resumable for job in jobs.runs()] == ([True] if resumed else [])
            assert not any((jobs.folder / READY).glob("*"))
    assert refused >= 4
    assert len(jobs.runs()) == 1  # it was started, and its worker killed afterwards


def test_a_worker_that_can_not_begin_is_told_with_its_last_line(jobs, tmp_path, monkeypatch):
    said = "b'not UTF-8: \\xff\\nno luck\\n'"
    (tmp_path / "sitecustomize.py").write_text(f"import os; os.write(2, {said}); os._exit(3)")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with pytest.raises(OSError, match="no worker can be started: no luck"):
        jobs.starter.start(LONG, None)
    assert jobs.runs() == []


def test_a_worker_that_does_not_take_its_lock_is_ended_after_a_while(jobs, tmp_path, monkeypatch):
    now, pid = 0.0, tmp_path / "pid"

    def rested(seconds: float) -> None:
        nonlocal now
        if pid.exists() and pid.read_text():
            now += 30.0

    (tmp_path / "sitecustomize.py").write_text(
        f"import os, time; open({str(pid)!r}, 'w').write(str(os.getpid())); time.sleep(600)"
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    clock = SimpleNamespace(monotonic=lambda: now, sleep=rested)
    monkeypatch.setattr("tvae.jobs.worker_processes.time", clock)
    with pytest.raises(OSError, match="no worker can be started within 60 s"):
        jobs.starter.start(LONG, None)
    monkeypatch.undo()
    assert jobs.runs() == []
    until_gone(int(pid.read_text()))


def test_who_finds_the_lock_held_changes_nothing_of_its_holder(tmp_path):
    files = JobFiles(tmp_path / "abc")
    first = reserve_for_worker(files)
    assert first is not None
    files.write_process(this_process())
    assert reserve_for_worker(files) is None
    assert files.read_process() == this_process()
    first.release()
    second = reserve_for_worker(files)
    assert second is not None
    assert files.read_process() is None
    second.release()


def test_two_that_resume_a_run_at_once_give_it_one_worker(jobs):
    run_id = killed_run(jobs)
    files = JobFiles(jobs.folder / run_id)
    jobs.resume(run_id, None)
    first = files.read_process()
    start_worker(jobs.folder, run_id)  # as the second starter does, which found the lock free a moment ago
    Starter(jobs.folder).start_again(files)
    assert files.read_process() == first
    assert lock_is_held(files.lock)


def test_a_worker_whose_starter_was_killed_gives_its_place_up(tmp_path, monkeypatch):
    monkeypatch.setattr("tvae.jobs.idle_workers.CLAIM_SECONDS", 0.1)
    place = JobFiles(tmp_path / READY / "abc")
    place.folder.mkdir(parents=True)
    assert not wait_for_run(tmp_path, "abc", None)
    assert not place.run_folder.exists()


def test_an_idle_worker_that_nobody_asks_ends_and_one_that_is_wanted_again_waits_on(tmp_path, monkeypatch):
    place = JobFiles(tmp_path / READY / "abc")
    for folder in (place.folder, place.worker_folder):
        folder.mkdir(parents=True)
    mark_idle(place.run_folder, "digits")
    idle = place.folder / "idle"
    long_ago = time.time() - IDLE_SECONDS - 1
    os.utime(idle, (long_ago, long_ago))
    with locked(place):
        assert keep_idle_worker(tmp_path, "digits")
    assert time.time() - idle.stat().st_mtime < IDLE_SECONDS
    passed = 0.0

    def rested(seconds: float) -> None:
        nonlocal passed
        if passed == 0.9 * IDLE_SECONDS:
            os.utime(idle)  # it is wanted again
        passed += 0.3 * IDLE_SECONDS

    monkeypatch.setattr("tvae.jobs.idle_workers.time", SimpleNamespace(monotonic=lambda: passed, sleep=rested))
    assert not wait_for_run(tmp_path, "abc", None)
    assert passed > 1.9 * IDLE_SECONDS
    assert not place.run_folder.exists()


@pytest.mark.parametrize("is_starter", [True, False])
def test_an_idle_worker_looks_each_second_whether_its_starter_lives(is_starter, tmp_path, monkeypatch):
    place = JobFiles(tmp_path / READY / "abc")
    place.folder.mkdir(parents=True)
    mark_idle(place.run_folder, "digits")
    now = begun = time.monotonic()

    def rested(seconds: float) -> None:
        nonlocal now
        now += seconds
        if now > begun + 20:
            raise TimeoutError

    monkeypatch.setattr("tvae.jobs.idle_workers.time", SimpleNamespace(monotonic=lambda: now, sleep=rested))
    starter = psutil.Process().parent() if is_starter else psutil.Process()  # which did not start this one
    if is_starter:
        with pytest.raises(TimeoutError):
            wait_for_run(tmp_path, "abc", starter)
    else:
        assert not wait_for_run(tmp_path, "abc", starter)
    assert place.run_folder.exists() == is_starter


def test_a_claimed_worker_waits_until_its_run_is_among_the_runs(tmp_path, monkeypatch):
    place, run = JobFiles(tmp_path / READY / "abc"), JobFiles(tmp_path / "abc")
    for folder in (place.folder, place.worker_folder):
        folder.mkdir(parents=True)
    mark_idle(place.run_folder, "digits")
    rests: list[float] = []

    def rested(seconds: float) -> None:  # what a starter does meanwhile
        rests.append(seconds)
        if len(rests) == 1:
            assert claim_idle_place(tmp_path, "digits") == place.run_folder
        if len(rests) == 3:
            place.write_spec(Spec(config=LONG))
            place.run_folder.rename(run.run_folder)

    monkeypatch.setattr("tvae.jobs.idle_workers.time", SimpleNamespace(monotonic=time.monotonic, sleep=rested))
    with locked(place):
        assert wait_for_run(tmp_path, "abc", None)
    assert len(rests) == 3
    assert sorted(path.name for path in run.folder.iterdir()) == ["spec.json"]


@contextlib.contextmanager
def locked(*places: JobFiles) -> Iterator[None]:
    """Hold the locks of these runs, as if each had a worker."""
    locks = [take_lock(place.lock) for place in places]
    yield
    for lock in locks:
        assert lock is not None
        lock.release()


def test_one_idle_worker_is_kept_and_those_with_other_data_end(tmp_path):
    places = {name: JobFiles(tmp_path / READY / name) for name in "abcd"}
    for place in places.values():
        for folder in (place.folder, place.worker_folder):
            folder.mkdir(parents=True)
    for name, data in zip("abc", ("mnist", "digits", "digits"), strict=True):  # d is claimed already
        mark_idle(places[name].run_folder, data)
    with locked(*places.values()):
        assert keep_idle_worker(tmp_path, "digits")
        assert sorted(path.name for path in (tmp_path / READY).iterdir()) == ["b", "d"]
        assert claim_idle_place(tmp_path, "digits") == places["b"].run_folder
        assert not keep_idle_worker(tmp_path, "digits")
    assert not keep_idle_worker(tmp_path, "mnist")


def test_an_idle_worker_that_was_claimed_a_moment_ago_is_not_offered_again(tmp_path, monkeypatch):
    place = JobFiles(tmp_path / READY / "abc")
    for folder in (place.folder, place.worker_folder):
        folder.mkdir(parents=True)
    mark_idle(place.run_folder, "digits")

    def claimed_meanwhile(lock: Path) -> bool:
        monkeypatch.undo()
        assert claim_idle_place(tmp_path, "digits") == place.run_folder
        return True

    with locked(place):
        monkeypatch.setattr("tvae.jobs.idle_workers.lock_is_held", claimed_meanwhile)
        assert not keep_idle_worker(tmp_path, "digits")
        assert not (place.folder / "idle").exists()
        assert not keep_idle_worker(tmp_path, "mnist")
    assert place.run_folder.exists(), "whoever claimed it prepares a run in it"


def test_an_idle_worker_ends_with_the_server_that_started_it(jobs):
    script = f"from pathlib import Path; from tvae.jobs.jobs import Jobs; Jobs(Path({str(jobs.folder)!r})).starter"
    subprocess.run([sys.executable, "-c", f"{script}.warm_up('digits')"], check=True, cwd=ROOT)
    (place,) = (jobs.folder / READY).glob("*/")
    end = time.monotonic() + 60
    while lock_is_held(JobFiles(place).lock):
        assert time.monotonic() < end, "it still waits"
        time.sleep(0.05)
    assert not place.exists()


def test_a_file_system_without_locks_is_refused_and_nothing_is_left(jobs, monkeypatch):
    def no_locks(descriptor: int, *, blocking: bool) -> bool:
        raise OSError(38, "Function not implemented")

    monkeypatch.setattr("filelock.lock_descriptor", no_locks)
    with pytest.raises(OSError, match="this file system can't lock files; name a folder on another one"):
        jobs.starter.start(LONG, None)
    monkeypatch.undo()
    assert jobs.runs() == []
    assert not any((jobs.folder / READY).glob("*"))


def test_a_run_that_is_being_worked_on_is_not_deleted(jobs):
    run_id = killed_run(jobs)
    lock = take_lock(JobFiles(jobs.folder / run_id).lock)
    assert lock is not None
    with lock, pytest.raises(InputError, match="stop it before you delete it"):
        jobs.trash.delete(run_id, None)
    shutil.rmtree(jobs.folder / ".workers")  # as of a folder that was copied here
    jobs.trash.delete(run_id, None)
    assert jobs.trash.deleted(None) == [run_id]
