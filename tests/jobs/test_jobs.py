"""Runs in the background as real processes: stopped, killed, resumed, refused."""

from __future__ import annotations

import json
import os
import random
import resource
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import psutil
import pytest

from tests.conftest import small_run_config
from tvae.config import LossConfig, RunConfig, vae_and_tvae
from tvae.errors import InputError
from tvae.jobs.files import READY, TRASH, JobFiles
from tvae.jobs.foreground import held_in_foreground
from tvae.jobs.job import Job
from tvae.jobs.jobs import Jobs
from tvae.jobs.worker_processes import TERMINATE_AFTER, end_unresponsive_worker, worker_process
from tvae.runs.encodings import read_encoding
from tvae.runs.history import read_history
from tvae.runs.run import read_metrics, read_run
from tvae.runs.weights import read_weights
from tvae.system.moment import now
from tvae.system.owner import new_owner
from tvae.system.process_lock import lock_is_held

ME, YOU = "me", "you"
ROOT = Path(__file__).parents[2]


def config(epochs: int = 2) -> RunConfig:
    usual = small_run_config()
    return replace(usual, train=replace(usual.train, epochs=epochs))


LONG = config(epochs=50_000)
"""Config of a run so long that it ends only when it is asked to."""


@pytest.fixture
def jobs(tmp_path, monkeypatch) -> Iterator[Jobs]:
    monkeypatch.delenv("TVAE_RUNS_AT_ONCE", raising=False)
    jobs = Jobs(tmp_path / "runs")
    yield jobs
    for job in jobs.runs():
        if not job.over:
            kill(job)


def until(jobs: Jobs, run_id: str, reached: Callable[[Job], bool]) -> Job:
    """Wait until a condition holds of the run, and return the run."""
    limit = time.monotonic() + 120
    while not reached(job := jobs.run(run_id)):
        assert time.monotonic() < limit, job
        assert not job.over or reached(jobs.run(run_id)), job
        time.sleep(0.01)
    return job


def ended(jobs: Jobs, run_id: str) -> Job:
    return until(jobs, run_id, lambda job: job.over)


def worker(job: Job) -> psutil.Process:
    """The worker process of the run."""
    process = worker_process(JobFiles(job.folder))
    assert process is not None
    return process


def kill(job: Job) -> None:
    """Kill the worker by SIGKILL, and wait until it has ended."""
    files = JobFiles(job.folder)
    if (process := worker_process(files)) is not None:
        process.kill()
    while lock_is_held(files.lock):
        time.sleep(0.01)


def weights(job: Job) -> dict[str, np.ndarray]:
    run = read_run(job.folder)
    return {f"{arm}/{name}": tensor for arm in run.config.arms for name, tensor in read_weights(run, arm).items()}


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory) -> Job:
    """A run of 12 epochs that was trained without a break."""
    jobs = Jobs(tmp_path_factory.mktemp("uninterrupted"))
    return ended(jobs, jobs.starter.start(config(epochs=12), ME))


def test_a_run_ends_as_a_run_that_every_page_can_show(uninterrupted):
    job = uninterrupted
    assert (job.state, job.step, job.share, job.reason) == ("done", job.steps, 1.0, "")
    run = read_run(job.folder)
    assert run.provenance.finished
    assert run.snapshots[0] == 0
    assert len(run.snapshots) >= 8
    assert read_encoding(run, "test") is not None
    assert read_metrics(job.folder) is not None
    assert [row["step"] for row in read_history(job.folder)][-1] == job.steps
    rows = Jobs(job.folder.parent).live(job.id)
    assert rows
    assert all(0 <= share <= 1 for row in rows for shares in row["arms"].values() for share in shares)
    assert not JobFiles(job.folder).resume.exists()


def test_a_run_is_trained_as_in_the_foreground(uninterrupted, digits, tmp_path):
    from tvae.runs.recording import record

    for _ in record(config(epochs=12), digits, tmp_path / "run", "python -m tvae train"):
        pass
    run = read_run(tmp_path / "run")
    for name, tensor in weights(uninterrupted).items():
        arm, _, name = name.partition("/")
        np.testing.assert_array_equal(tensor, read_weights(run, arm)[name])


@pytest.mark.parametrize("seed", range(4))
def test_killed_at_random_moments_it_resumes_to_the_same_result(seed, jobs, uninterrupted):
    """Five kills each, wherever the worker then is: loading, training, writing, measuring."""
    moments = random.Random(seed)
    run_id = jobs.starter.start(config(epochs=12), ME)
    kills = 0
    for _ in range(5):
        if moments.random() < 0.7:  # most within the training, which is a second of its five
            until(jobs, run_id, lambda job: job.phase in ("training", "measuring") or job.over)
            time.sleep(moments.uniform(0, 0.6))
        else:
            time.sleep(moments.uniform(0, 4))
        kill(jobs.run(run_id))
        job = jobs.run(run_id)
        if job.state == "done":
            break
        kills += 1
        assert (job.state, job.reason.split(":")[0]) == ("interrupted", "killed (memory?)")
        if job.loadable:
            run = read_run(job.folder)
            assert all(np.isfinite(tensor).all() for tensor in weights(job).values())
            for step in run.snapshots[-1:]:
                assert read_encoding(run.at(step), "test") is not None
                read_weights(run.at(step), "tvae")
        jobs.history(run_id)
        jobs.live(run_id)
        jobs.resume(run_id, ME)
    assert kills > 0
    job = ended(jobs, run_id)
    assert job.state == "done", job.reason
    expected = weights(uninterrupted)
    for name, tensor in weights(job).items():
        np.testing.assert_array_equal(tensor, expected[name], err_msg=name)
    without_speed = [
        [{**row, "images_per_second": 0} for row in read_history(folder)]
        for folder in (job.folder, uninterrupted.folder)
    ]
    assert without_speed[0] == without_speed[1]
    assert read_run(job.folder).snapshots == read_run(uninterrupted.folder).snapshots


def test_a_resumed_run_goes_on_and_does_not_begin_again(jobs):
    run_id = jobs.starter.start(LONG, ME)
    until(jobs, run_id, lambda job: job.step > 200)
    jobs.stop(run_id, ME)
    stopped = ended(jobs, run_id)
    assert (stopped.state, stopped.resumable) == ("stopped", True)
    assert stopped.step in read_run(stopped.folder).snapshots
    jobs.resume(run_id, ME)
    job = until(jobs, run_id, lambda job: job.state == "running" and job.phase == "training")
    assert stopped.step < job.step < stopped.step + 5_000


def test_pause_step_and_resume(jobs):
    run_id = jobs.starter.start(LONG, ME)
    until(jobs, run_id, lambda job: job.step > 0)
    jobs.pause(run_id, ME)
    paused = until(jobs, run_id, lambda job: job.phase == "paused")
    assert paused.paused
    time.sleep(0.4)
    assert jobs.run(run_id).step == paused.step
    jobs.step_once(run_id, ME)
    jobs.step_once(run_id, ME)
    until(jobs, run_id, lambda job: job.step == paused.step + 2)
    time.sleep(0.4)
    assert jobs.run(run_id).step == paused.step + 2
    jobs.slow(run_id, ME, True)
    until(jobs, run_id, lambda job: jobs.lesson(run_id) is not None)
    lesson = jobs.lesson(run_id)
    assert lesson is not None
    assert lesson["step"] == paused.step + 3
    jobs.slow(run_id, ME, False)
    jobs.resume(run_id, ME)
    until(jobs, run_id, lambda job: job.step > paused.step + 10)


def test_stop_is_idempotent_and_a_stop_that_races_with_the_end_is_an_end(jobs, uninterrupted):
    run_id = jobs.starter.start(LONG, ME)
    jobs.stop(run_id, ME)
    jobs.stop(run_id, ME)
    assert ended(jobs, run_id).state == "stopped"
    jobs.stop(run_id, ME)
    assert ended(jobs, run_id).state == "stopped"
    quick = jobs.starter.start(config(epochs=1), ME)
    until(jobs, quick, lambda job: job.phase == "measuring" or job.over)
    jobs.stop(quick, ME)
    assert ended(jobs, quick).state == "done"
    Jobs(uninterrupted.folder.parent).stop(uninterrupted.id, ME)
    assert Jobs(uninterrupted.folder.parent).run(uninterrupted.id).state == "done"


def test_a_worker_that_does_not_answer_is_signalled_then_killed(jobs, monkeypatch):
    monkeypatch.setattr("tvae.jobs.worker_processes.TERMINATE_AFTER", 0.3)
    monkeypatch.setattr("tvae.jobs.worker_processes.KILL_AFTER", 0.6)
    run_id = jobs.starter.start(LONG, ME)
    job = until(jobs, run_id, lambda job: job.step > 0)
    worker(job).suspend()  # deaf to all but SIGKILL
    jobs.stop(run_id, ME)
    assert jobs.run(run_id).stopping
    job = ended(jobs, run_id)
    told = "it did not answer and was killed; what was saved before stands"
    assert (job.state, job.reason, job.stopping) == ("stopped", told, False)


def test_a_worker_that_still_loads_is_ended_by_an_ordinary_stop(jobs):
    """It sees no request while it imports and compiles, which takes long on a busy machine, and has nothing to lose."""
    jobs.starter.warm_up("digits")
    run_id = jobs.starter.start(LONG, ME)  # claims that worker
    worker(jobs.run(run_id)).suspend()
    jobs.stop(run_id, ME)
    begun = time.monotonic()
    job = ended(jobs, run_id)
    assert (job.state, job.reason, job.step) == ("stopped", "", 0)
    assert time.monotonic() - begun < TERMINATE_AFTER
    assert job.resumable


def test_a_worker_that_has_answered_a_stop_says_so_and_is_given_time_to_save(jobs, monkeypatch):
    run_id = jobs.starter.start(LONG, ME)
    files = JobFiles(until(jobs, run_id, lambda job: job.step > 0).folder)
    jobs.stop(run_id, ME)
    phases = set()
    while lock_is_held(files.lock):
        phases.add(files.read_state().get("phase"))
    assert "stopping" in phases
    assert (jobs.run(run_id).state, jobs.run(run_id).reason) == ("stopped", "")

    class Ended(Exception):
        pass

    def end(process: object) -> None:
        raise Ended

    monkeypatch.setattr("tvae.jobs.worker_processes.worker_process", lambda files: psutil.Process())
    monkeypatch.setattr(psutil.Process, "terminate", end)
    monkeypatch.setattr(psutil.Process, "kill", end)
    here = now()
    moment = replace(here, since_boot=here.since_boot - 60, clock=here.clock - 60)
    (files.folder / "stop").write_text(moment.to_text())
    end_unresponsive_worker(files, "stopping")
    for phase in ("training", "starting", "waiting", "loading", "compiling"):
        with pytest.raises(Ended):
            end_unresponsive_worker(files, phase)


def test_the_share_of_a_run_counts_training_and_measuring_by_their_time():
    job = Job(
        id="a", folder=Path("a"), config=config(), state="running", phase="training", arms={}, step=50, steps=100,
        seconds=10.0, measuring_seconds=20.0,
    )  # fmt: skip
    assert job.share == pytest.approx(10 / 40)
    assert replace(job, step=100, seconds=20.0, measured=0.5).share == pytest.approx(30 / 40)
    assert replace(job, step=3, seconds_budget=20.0).share == pytest.approx(10 / 40)  # ends with its time
    assert replace(job, step=100, trains=False, measured=0.3).share == 0.3
    assert replace(job, step=0, seconds=0.0).share == 0


def test_a_worker_told_to_end_keeps_its_step(jobs):
    run_id = jobs.starter.start(LONG, ME)
    job = until(jobs, run_id, lambda job: job.step > 50)
    process = worker(job)
    process.terminate()
    job = ended(jobs, run_id)
    assert (job.state, job.reason) == ("interrupted", "its process was told to end (SIGTERM)")
    assert read_run(job.folder).provenance.step == job.step > 50
    limit = time.monotonic() + 30
    while psutil.pid_exists(process.pid):
        assert time.monotonic() < limit, "it stays as a zombie"
        jobs.runs()


def test_nan_ends_the_run_with_the_term_and_step_and_keeps_finite_weights(jobs):
    wild = config(epochs=50)
    wild = replace(wild, train=replace(wild.train, learning_rate=1.0), arms=vae_and_tvae(LossConfig(kl_weight=1e6)))
    run_id = jobs.starter.start(wild, ME)
    job = ended(jobs, run_id)
    assert job.state == "failed"
    assert "is not finite at step" in job.reason
    assert any(term in job.reason for term in ("reconstruction", "kl", "triplet", "total loss", "gradient"))
    assert all(np.isfinite(tensor).all() for tensor in weights(job).values())
    assert not job.resumable
    with pytest.raises(InputError, match="would fail again"):
        jobs.resume(run_id, ME)


def test_a_full_disk_fails_the_run_and_harms_nothing_older(jobs, uninterrupted):
    """No file may grow beyond a bound: the same as a full disk to whoever writes."""
    before = {path: path.read_bytes() for path in uninterrupted.folder.rglob("*") if path.is_file()}
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    run_id = jobs.starter.start(LONG, ME)  # its prepared files are small
    jobs.stop(run_id, ME)
    ended(jobs, run_id)
    resource.setrlimit(resource.RLIMIT_FSIZE, (40_000, hard))  # what a worker inherits; the resume file is larger
    try:
        jobs.resume(run_id, ME)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    job = ended(jobs, run_id)
    assert (job.state, job.reason, job.resumable) == ("failed", "disk full", True)
    assert before == {path: path.read_bytes() for path in uninterrupted.folder.rglob("*") if path.is_file()}
    assert read_weights(read_run(job.folder), "tvae")
    assert not list(job.folder.rglob("*.part"))
    jobs.resume(run_id, ME)  # there is room again
    until(jobs, run_id, lambda job: job.phase == "training" and job.step > 0)


ON_A_SMALL_DISK = """
import json, os, sys, time
from pathlib import Path
from tests.jobs.test_jobs import LONG, ended, until
from tvae.runs.run import read_run
from tvae.runs.weights import read_weights
from tvae.jobs.jobs import Jobs
folder = Path(sys.argv[1]) / "runs"
jobs = Jobs(folder)
older = jobs.starter.start(LONG, "me")
until(jobs, older, lambda job: job.step > 0)
jobs.stop(older, "me")
ended(jobs, older)
before = {path: path.read_bytes() for path in (folder / older).rglob("*") if path.is_file()}
run_id = jobs.starter.start(LONG, "me")
until(jobs, run_id, lambda job: job.step > 50)
filler = folder.parent / "filler"
with filler.open("wb", buffering=0) as file:
    try:
        while file.write(bytes(4096)):
            pass
    except OSError:
        pass
job = ended(jobs, run_id)
unharmed = before == {path: path.read_bytes() for path in (folder / older).rglob("*") if path.is_file()}
loadable = bool(read_weights(read_run(job.folder), "tvae"))
parts = len(list(folder.rglob("*.part")))
try:
    Jobs(folder).starter.start(LONG, "me")
    another = "started"
except OSError as error:
    another = os.strerror(error.errno)
listed = sorted(each.id for each in jobs.runs()) == sorted([older, run_id])
filler.unlink()
jobs.resume(run_id, "me")
until(jobs, run_id, lambda again: again.phase == "training" and again.step > job.step)
jobs.stop(run_id, "me")
ended(jobs, run_id)
print(json.dumps([job.state, job.reason, job.resumable, unharmed, loadable, parts, another, listed]))
"""
SMALL_DISK = ("unshare", "--user", "--map-root-user", "--mount", "sh", "-c")


def test_a_disk_that_is_really_full_fails_the_run_and_harms_nothing_older(tmp_path):
    """A file system of its own, in memory, that a large file fills to the last byte while the run trains."""
    mount = 'mount -t tmpfs -o size=16m none "$0" && exec "$@"'
    if (
        shutil.which("unshare") is None
        or subprocess.run([*SMALL_DISK, mount, tmp_path, "true"], check=False).returncode
    ):
        pytest.skip("this system lets nobody mount a file system of their own")
    words = [*SMALL_DISK, mount, tmp_path, sys.executable, "-c", ON_A_SMALL_DISK, tmp_path]
    done = subprocess.run(words, capture_output=True, text=True, cwd=ROOT, check=False)
    assert done.returncode == 0, done.stderr
    state, reason, resumable, unharmed, loadable, parts, another, listed = json.loads(done.stdout)
    assert (state, reason, resumable) == ("failed", "disk full", True)
    assert (unharmed, loadable, parts, listed) == (True, True, 0, True)
    assert another == "No space left on device"


IN_LITTLE_MEMORY = """
import json, resource, sys
from pathlib import Path
from tvae.config import RunConfig
from tvae.jobs.jobs import Jobs
config = RunConfig.from_json(json.loads(sys.argv[2]))
resource.setrlimit(resource.RLIMIT_AS, (3 * 2**29, resource.getrlimit(resource.RLIMIT_AS)[1]))
print(Jobs(Path(sys.argv[1])).starter.start(config, None))
"""


def test_out_of_memory_fails_the_run_alone(jobs):
    wide = replace(LONG, model=replace(LONG.model, hidden=16_384, latent_dim=1_024))
    # Of a process of its own, whose worker inherits the limit: under it, this one could not even open the queue.
    starter = [sys.executable, "-c", IN_LITTLE_MEMORY, jobs.folder, json.dumps(wide.to_json())]
    run_id = subprocess.run(starter, capture_output=True, text=True, cwd=ROOT, check=True).stdout.strip()
    job = ended(jobs, run_id)
    assert job.state in ("failed", "interrupted")
    assert "memory" in job.reason


SERVER = """
import sys
from pathlib import Path
from tests.jobs.test_jobs import config
from tvae.jobs.jobs import Jobs
jobs = Jobs(Path(sys.argv[1]))
sys.stdin.readline()
print(jobs.starter.start(config(epochs=1), "me", request=sys.argv[2]))
"""


def two_servers(folder: Path, *requests: str) -> list[str]:
    """Ids that several processes return for the runs that they start at the same moment."""
    servers = [
        subprocess.Popen(
            [sys.executable, "-c", SERVER, folder, request],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )
        for request in requests
    ]
    time.sleep(2)
    for server in servers:
        assert server.stdin is not None
        server.stdin.write("\n")
        server.stdin.flush()
    return [server.communicate()[0].strip() for server in servers]


def test_two_servers_on_one_folder_run_one_at_a_time(jobs):
    ids = two_servers(jobs.folder, "one", "another")
    assert len(set(ids)) == 2
    seen, places = 0, set()
    while not all(job.over for job in jobs.runs()):
        found = jobs.runs()
        seen = max(seen, sum(job.state == "running" for job in found))
        places |= {job.place for job in found if job.state == "queued"}
        time.sleep(0.01)
    assert seen == 1
    assert 1 in places
    assert {job.state for job in jobs.runs()} == {"done"}


def test_a_double_click_is_one_run_from_two_servers_and_from_two_threads(jobs):
    assert len(set(two_servers(jobs.folder, "same", "same"))) == 1
    assert len(jobs.runs()) == 1
    ids: list[str] = []
    clicks = [
        threading.Thread(target=lambda: ids.append(jobs.starter.start(LONG, ME, request="click"))) for _ in range(4)
    ]
    for thread in clicks:
        thread.start()
    for thread in clicks:
        thread.join()
    assert len(set(ids)) == 1
    assert len(jobs.runs()) == 2
    assert jobs.starter.start(LONG, YOU, request="click") not in ids  # another person's wish


def test_a_run_belongs_to_who_started_it(jobs, monkeypatch):
    me, you = new_owner(), new_owner()
    run_id = jobs.starter.start(LONG, me)
    for act in (
        lambda: jobs.stop(run_id, you),
        lambda: jobs.pause(run_id, you),
        lambda: jobs.resume(run_id, you),
        lambda: jobs.step_once(run_id, you),
        lambda: jobs.slow(run_id, you, True),
        lambda: jobs.rename(run_id, you, "x"),
        lambda: jobs.write_note(run_id, you, "x"),
        lambda: jobs.pin(run_id, you, True),
        lambda: jobs.trash.delete(run_id, you),
        lambda: jobs.stop(run_id, ""),
    ):
        with pytest.raises(InputError, match="belongs to who started it"):
            act()
    assert jobs.may_control(run_id, me)
    assert not jobs.may_control(run_id, you)
    assert not jobs.run(run_id).over
    assert me not in "".join(path.read_text() for path in JobFiles(jobs.run(run_id).folder).folder.glob("*.json"))
    monkeypatch.setenv("TVAE_ANYONE_MAY_STOP", "1")
    jobs.stop(run_id, you)
    assert ended(jobs, run_id).state == "stopped"


@pytest.mark.parametrize("run_id", ["nothere", "../..", "..", ".", "", "/etc", ".ready", "a/b", "a\x00b", "x" * 500])
def test_a_foreign_id_is_not_found(run_id, jobs):
    jobs.folder.mkdir()
    for act in (jobs.run, jobs.history, jobs.live, jobs.lesson, lambda name: jobs.stop(name, None)):
        with pytest.raises(InputError, match="not found"):
            act(run_id)


def test_impossible_settings_are_refused_before_anything_starts(jobs):
    small = config()
    with pytest.raises(InputError, match=r"train.batch-size: 2000 is more than the 1438 images"):
        jobs.starter.start(replace(small, train=replace(small.train, batch_size=2000)), ME)
    for seconds in (0, -1, float("nan"), float("inf"), 1e9):
        with pytest.raises(InputError, match="seconds: "):
            jobs.starter.start(small, ME, seconds=seconds)
    with pytest.raises(InputError, match="name: "):
        jobs.starter.start(small, ME, name="x" * 241)
    assert jobs.runs() == []


def test_a_torn_last_line_is_passed_over_and_cut_off_by_the_next_worker(jobs):
    run_id = jobs.starter.start(LONG, ME)
    until(jobs, run_id, lambda job: len(jobs.history(run_id)) > 3)
    kill(jobs.run(run_id))
    job = jobs.run(run_id)
    whole = jobs.history(run_id)
    with (job.folder / "history.jsonl").open("a") as file:
        file.write('{"step": 12345678, "arms": {"va')
    with JobFiles(job.folder).live.open("a") as file:
        file.write('{"step"')
    assert jobs.history(run_id) == whole
    jobs.live(run_id)
    jobs.resume(run_id, ME)
    until(jobs, run_id, lambda job: job.step > whole[-1]["step"] + 50)
    steps = [row["step"] for row in jobs.history(run_id)]
    assert steps == sorted(set(steps))
    jobs.live(run_id)


def test_leftovers_are_cleared_by_the_next_start(jobs):
    run_id = jobs.starter.start(LONG, ME)
    until(jobs, run_id, lambda job: job.step > 0)
    kill(jobs.run(run_id))
    old = time.time() - 48 * 3600
    half_made = jobs.folder / READY / "halfmade"
    (half_made / "job").mkdir(parents=True)
    part = jobs.folder / run_id / ".vae.safetensors.0123456789abcdef.part"
    part.write_bytes(b"x")
    deleted = jobs.folder / TRASH / "longago"
    deleted.mkdir(parents=True)
    for path in (half_made, part, deleted):
        os.utime(path, (old, old))
    jobs.starter.start(LONG, ME)
    assert not any(path.exists() for path in (half_made, part, deleted))
    assert jobs.run(run_id).state == "interrupted"


def test_names_notes_pins_and_a_deletion_that_can_be_undone(jobs):
    run_id = jobs.starter.start(LONG, ME, name="  a   name ")
    with pytest.raises(InputError, match="stop it before you delete it"):
        jobs.trash.delete(run_id, ME)
    jobs.stop(run_id, ME)
    ended(jobs, run_id)
    jobs.rename(run_id, ME, "better")
    jobs.write_note(run_id, ME, "of two words")
    with pytest.raises(InputError, match=r"note: .* LINE FEED is not possible"):
        jobs.write_note(run_id, ME, "two\nlines")
    jobs.pin(run_id, ME, True)
    job = jobs.run(run_id)
    assert (job.name, job.note, job.pinned) == ("better", "of two words", True)
    jobs.trash.delete(run_id, ME)
    assert jobs.trash.deleted(ME) == [run_id]
    assert jobs.trash.deleted(YOU) == []
    assert jobs.runs() == []
    with pytest.raises(InputError, match="belongs to"):
        jobs.trash.undelete(run_id, YOU)
    jobs.trash.undelete(run_id, ME)
    assert jobs.run(run_id) == job


def test_changes_of_name_note_and_pin_at_once_are_all_kept(jobs, uninterrupted):
    run_id = shutil.copytree(uninterrupted.folder, jobs.folder / uninterrupted.id).name
    for number in range(20):
        changes = [
            threading.Thread(target=jobs.rename, args=(run_id, ME, f"name {number}")),
            threading.Thread(target=jobs.write_note, args=(run_id, ME, f"note {number}")),
            threading.Thread(target=jobs.pin, args=(run_id, ME, number % 2 == 0)),
        ]
        for change in changes:
            change.start()
        for change in changes:
            change.join()
        job = jobs.run(run_id)
        assert (job.name, job.note, job.pinned) == (f"name {number}", f"note {number}", number % 2 == 0)


def test_clearing_up_follows_no_link(jobs, tmp_path):
    strangers = tmp_path / "strangers"
    strangers.mkdir()
    part = strangers / ".mine.0123456789abcdef.part"
    part.write_bytes(b"x")
    old = time.time() - 48 * 3600
    os.utime(part, (old, old))
    for folder in (jobs.folder, jobs.folder / READY, jobs.folder / TRASH):
        folder.mkdir(exist_ok=True)
        (folder / "link").symlink_to(strangers)
    jobs.trash.clear_leftovers()
    assert part.exists()


def test_refused_starts_leave_no_file_open(jobs, monkeypatch):
    def no_process(*arguments: object) -> None:
        raise OSError(11, "Resource temporarily unavailable")

    monkeypatch.setattr("tvae.jobs.starting.start_worker", no_process)
    before = psutil.Process().num_fds()
    for _ in range(20):
        with pytest.raises(OSError, match="temporarily"):
            jobs.starter.start(LONG, ME)
        with pytest.raises(InputError):
            jobs.starter.take_in(b"no zip", ME)
    assert psutil.Process().num_fds() <= before + 2
    assert jobs.runs() == []


def test_a_run_that_ended_since_the_caller_looked_is_not_begun_again(jobs, uninterrupted):
    folder = shutil.copytree(uninterrupted.folder, jobs.folder / uninterrupted.id)
    with pytest.raises(InputError, match="is done; there is nothing to resume"):
        jobs.starter.start_again(JobFiles(folder))
    assert jobs.run(folder.name).state == "done"


def test_a_second_signal_does_not_lose_how_the_run_ended(jobs, monkeypatch):
    run_id = jobs.starter.start(LONG, ME)
    job = until(jobs, run_id, lambda job: job.step > 0)
    process = worker(job)
    while process.is_running() and process.status() != psutil.STATUS_ZOMBIE:  # a burst of them, until it has ended
        process.terminate()
    job = ended(jobs, run_id)
    assert (job.state, job.reason) == ("interrupted", "its process was told to end (SIGTERM)")


def test_a_warm_start_begins_with_the_other_run_s_weights(jobs, uninterrupted):
    source = read_run(uninterrupted.folder)
    run_id = jobs.starter.start(LONG, ME, start_from=source)
    job = until(jobs, run_id, lambda job: job.step > 0)
    first = read_weights(read_run(job.folder).at(0), "tvae")
    for name, tensor in read_weights(source, "tvae").items():
        np.testing.assert_array_equal(first[name], tensor.astype(np.float16).astype(np.float32))
    assert job.started_from == f"{source.name} at step {source.step:,}"
    with pytest.raises(InputError, match=r"model\.hidden: 33"):
        jobs.starter.start(replace(LONG, model=replace(LONG.model, hidden=33)), ME, start_from=source)


def test_a_time_budget_is_kept(jobs):
    job = ended(jobs, jobs.starter.start(LONG, ME, seconds=3))
    assert job.state == "done"
    assert 1 < job.seconds < 6
    assert job.step == job.steps
    assert read_run(job.folder).snapshots[0] == 0


def test_an_idle_worker_takes_the_next_run_and_one_is_enough(jobs):
    jobs.starter.warm_up("digits")
    jobs.starter.warm_up("digits")
    (place,) = [path for path in (jobs.folder / READY).iterdir() if path.is_dir()]
    assert jobs.runs() == []
    with pytest.raises(InputError, match="unknown data set"):
        jobs.starter.warm_up("nothere")
    run_id = jobs.starter.start(config(epochs=1), ME)
    assert run_id == place.name
    assert ended(jobs, run_id).state == "done"


def test_a_run_of_the_foreground_is_in_the_list(jobs, uninterrupted):
    jobs.folder.mkdir()
    shutil.copytree(uninterrupted.folder, jobs.folder / "mine", ignore=shutil.ignore_patterns("job"))
    job = jobs.run("mine")
    assert (job.state, job.step, job.loadable) == ("done", uninterrupted.step, True)
    with pytest.raises(InputError, match="belongs to"):
        jobs.trash.delete("mine", ME)


def test_a_run_that_trains_in_the_foreground_is_shown_as_running_and_not_deleted(jobs, uninterrupted, monkeypatch):
    monkeypatch.setenv("TVAE_RUNS", str(jobs.folder))
    folder = shutil.copytree(uninterrupted.folder, jobs.folder / "mine", ignore=shutil.ignore_patterns("job"))
    with held_in_foreground(folder):
        assert jobs.run("mine").state == "running"
        with pytest.raises(InputError, match="is running; stop it before you delete it"):
            jobs.trash.delete("mine", None)
        with pytest.raises(InputError, match="another process trains a run"), held_in_foreground(folder):
            pass
    jobs.trash.delete("mine", None)
    assert jobs.runs() == []


def test_the_worker_s_command_line_names_it_and_the_run(jobs):
    run_id = jobs.starter.start(LONG, ME)
    job = until(jobs, run_id, lambda job: job.step > 0)
    words = worker(job).cmdline()
    assert "tvae.jobs.worker" in words
    assert run_id in words
    assert os.getsid(worker(job).pid) != os.getsid(0)
    assert json.loads(JobFiles(job.folder).spec.read_text())["config"]


def test_a_run_that_trains_too_long_for_the_server_is_stopped_and_keeps_what_it_has(jobs, tmp_path, monkeypatch):
    (tmp_path / "limits.toml").write_text("run_seconds = 1")
    monkeypatch.setenv("TVAE_LIMITS", str(tmp_path / "limits.toml"))
    job = ended(jobs, jobs.starter.start(LONG, ME))
    assert (job.state, job.reason) == ("stopped", "it trained for 1 seconds, the longest that a run may here")
    assert job.resumable and read_run(job.folder).snapshots
