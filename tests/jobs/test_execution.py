"""What a worker does in this process: its phases, and signals and stops that reach it at any moment."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from tests.conftest import small_run_config
from tvae.errors import InputError
from tvae.jobs.execution import Execution
from tvae.jobs.files import READY, TRASH, JobFiles, Spec
from tvae.jobs.idle_workers import claim_idle_place, mark_idle
from tvae.jobs.jobs import Jobs
from tvae.jobs.requests import Ended, Requests
from tvae.jobs.status_writer import StatusWriter
from tvae.jobs.worker import main as worker_main
from tvae.jobs.worker_processes import end_unresponsive_worker
from tvae.runs.recording import Recording
from tvae.runs.resume_file import read_resume_file
from tvae.system.process_identity import ProcessIdentity
from tvae.system.process_lock import take_lock
from tvae.training.steps.plain import PlainStep

LONG_AGO = 1_000.0
"""Seconds: long enough for whatever is done with what is old."""


@pytest.fixture
def handlers() -> Iterator[None]:
    """The test's own signal handlers stand again afterwards."""
    kinds = (signal.SIGTERM, signal.SIGINT)
    before = [signal.getsignal(kind) for kind in kinds]
    yield
    for kind, handler in zip(kinds, before, strict=True):
        signal.signal(kind, handler)


def plain_run(epochs: int = 2):
    usual = small_run_config()
    return replace(usual, train=replace(usual.train, epochs=epochs, step="plain"))


def aged(path: Path) -> None:
    old = time.time() - LONG_AGO
    os.utime(path, (old, old))


@pytest.mark.usefixtures("handlers")
def test_a_signal_waits_for_the_end_of_a_step_and_is_obeyed_at_once_between_steps(tmp_path):
    requests = Requests(JobFiles(tmp_path / "run"))
    requests.within_steps = True
    os.kill(os.getpid(), signal.SIGTERM)
    with pytest.raises(Ended, match="told to end"):
        requests.obey(explain_step=lambda: None, show_phase=lambda phase: None)
    requests = Requests(JobFiles(tmp_path / "run"))
    with pytest.raises(Ended, match="told to end"):
        os.kill(os.getpid(), signal.SIGTERM)


@pytest.mark.usefixtures("handlers")
def test_a_run_that_is_told_to_end_within_a_step_takes_that_step_to_its_end(tmp_path, monkeypatch, digits):
    files = JobFiles(tmp_path / "run")
    for folder in (files.folder, files.worker_folder):
        folder.mkdir(parents=True)
    files.last_word.reserve()
    files.write_spec(Spec(config=plain_run()))
    descend = PlainStep.descend

    def told_to_end(step: PlainStep, number: int, rate: float) -> None:
        descend(step, number, rate)
        if number == 3 and step._arm.name == "vae":
            os.kill(os.getpid(), signal.SIGTERM)
            time.sleep(0.2)  # the other arm's step has ended by now, or begins

    monkeypatch.setattr(PlainStep, "descend", told_to_end)
    Execution(tmp_path, "run", digits).execute()
    job = Jobs(tmp_path).run("run")
    assert (job.state, job.step) == ("interrupted", 3)
    standing, _ = read_resume_file(files.resume, plain_run(), 64)
    assert standing.step == 3


def test_no_resume_file_is_written_while_one_arm_is_ahead(tmp_path, monkeypatch, digits):
    config, resume_file = plain_run(), tmp_path / "resume.safetensors"
    (tmp_path / "run").mkdir()
    recording = Recording(config, digits, tmp_path / "run", "python -m tvae train", resume_file=resume_file)
    descend = PlainStep.descend

    def fails(step: PlainStep, number: int, rate: float) -> None:
        if number == 3 and step._arm.name == "tvae":
            time.sleep(0.2)  # the other arm has descended
            raise RuntimeError("no luck")
        descend(step, number, rate)

    monkeypatch.setattr(PlainStep, "descend", fails)
    with pytest.raises(RuntimeError, match="no luck"):
        for _ in recording.reports():
            pass
    assert not resume_file.exists(), "nothing was kept before, and what there is now is of no step"


@pytest.fixture
def worker(tmp_path) -> Iterator[tuple[JobFiles, subprocess.Popen[bytes]]]:
    """A run that was asked to stop long ago, and a process that looks like its worker and does not obey."""
    files = JobFiles(tmp_path / "abc")
    for folder in (files.folder, files.worker_folder):
        folder.mkdir(parents=True)
    files.set_flag("stop", True)
    aged(files.folder / "stop")
    command = [sys.executable, "-c", "import time; time.sleep(600)", "tvae.jobs.worker", "abc"]
    with subprocess.Popen(command) as process:
        files.write_process(ProcessIdentity(process.pid, psutil.Process(process.pid).create_time()))
        yield files, process
        process.kill()


def test_a_worker_that_does_not_stop_is_ended_but_not_while_it_measures(worker):
    files, process = worker
    end_unresponsive_worker(files, "measuring")
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(0.5)
    end_unresponsive_worker(files, "training")
    assert process.wait(30) == -signal.SIGKILL


def test_another_program_s_process_is_never_signalled(worker, tmp_path):
    files, _ = worker
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)", "abc"]) as stranger:
        created = psutil.Process(stranger.pid).create_time()
        for identity in (ProcessIdentity(stranger.pid, created), ProcessIdentity(stranger.pid, created - 3_600)):
            files.write_process(identity)
            end_unresponsive_worker(files, "training")
        with pytest.raises(subprocess.TimeoutExpired):
            stranger.wait(0.5)
        stranger.kill()


def test_an_idle_worker_that_can_not_load_its_data_leaves_it_to_its_run_to_say_so(tmp_path, monkeypatch):
    files, executed = JobFiles(tmp_path / READY / "abc"), []
    for folder in (files.folder, files.worker_folder):
        folder.mkdir(parents=True)
    files.last_word.reserve()

    def no_data(name: str) -> None:
        raise InputError(f"data set {name}: not found")

    monkeypatch.setenv("TVAE_RUNS", str(tmp_path))
    monkeypatch.setattr("tvae.jobs.worker._ready_dataset", no_data)
    monkeypatch.setattr("tvae.jobs.worker.wait_for_run", lambda *arguments: True)
    monkeypatch.setattr("tvae.jobs.worker.lower_priority", lambda niceness: None)
    monkeypatch.setattr("tvae.jobs.worker.offer_to_end_first", lambda: None)
    monkeypatch.setattr(Execution, "__init__", lambda execution, runs, run_id, dataset: executed.append(dataset))
    monkeypatch.setattr(Execution, "execute", lambda execution: None)
    assert worker_main(["abc", "mnist"]) == 0
    assert executed == [None], "the run loads it itself, and ends with what is wrong"


def test_an_idle_worker_is_claimed_once(tmp_path):
    place = JobFiles(tmp_path / READY / "abc")
    for folder in (place.folder, place.worker_folder):
        folder.mkdir(parents=True)
    lock = take_lock(place.lock)
    assert lock is not None
    with lock:
        mark_idle(place.run_folder, "digits")
        assert claim_idle_place(tmp_path, "mnist") is None
        assert claim_idle_place(tmp_path, "digits") == place.run_folder
        assert claim_idle_place(tmp_path, "digits") is None


def test_places_whose_lock_is_held_and_runs_deleted_today_are_no_leftovers(tmp_path):
    jobs = Jobs(tmp_path)
    held, deleted = JobFiles(tmp_path / READY / "held"), tmp_path / TRASH / "deleted"
    for folder in (held.folder, held.worker_folder, deleted):
        folder.mkdir(parents=True)
    part = tmp_path / "run" / ".vae.safetensors.0123456789abcdef.part"
    part.parent.mkdir()
    part.write_bytes(b"x")
    for path in (held.run_folder, deleted, part):
        aged(path)
    (tmp_path / ".workers" / "run").mkdir()
    locks = [take_lock(held.lock), take_lock(JobFiles(part.parent).lock)]
    jobs.trash.clear_leftovers()
    assert held.run_folder.exists()
    assert deleted.exists()
    assert part.exists(), "its run is being written"
    for lock in locks:
        assert lock is not None
        lock.release()
    jobs.trash.clear_leftovers()
    assert not held.run_folder.exists()
    assert not part.exists()
    assert deleted.exists(), "a deletion can be undone for a day"


@pytest.mark.usefixtures("handlers")
@pytest.mark.parametrize(
    ("step", "compiled", "phases"), [("fast", False, True), ("fast", True, False), ("plain", False, False)]
)
def test_a_run_says_that_it_loads_and_that_it_compiles(tmp_path, monkeypatch, step, compiled, phases):
    files = JobFiles(tmp_path / "run")
    for folder in (files.folder, files.worker_folder):
        folder.mkdir(parents=True)
    files.last_word.reserve()
    config = plain_run(epochs=1)
    files.write_spec(Spec(config=replace(config, train=replace(config.train, step=step))))
    shown: list[str] = []
    update = StatusWriter.update

    def kept(status: StatusWriter, **fields: object) -> None:
        shown.append(str(fields.get("phase")))
        update(status, **fields)

    monkeypatch.setattr(StatusWriter, "update", kept)
    monkeypatch.setattr("tvae.training.steps.compilation.kernels_are_compiled", lambda: compiled)
    Execution(tmp_path, "run").execute()
    assert shown[0] == "loading"
    assert ("compiling" in shown) == phases
    assert Jobs(tmp_path).run("run").state == "done"


@pytest.mark.parametrize("batch_size", [64, 719], ids=["many steps", "two steps, too few to estimate a speed from"])
@pytest.mark.usefixtures("handlers")
def test_measuring_is_a_second_phase_with_a_share_and_a_time_of_its_own(tmp_path, monkeypatch, digits, batch_size):
    files, seen = JobFiles(tmp_path / "run"), []
    for folder in (files.folder, files.worker_folder):
        folder.mkdir(parents=True)
    files.last_word.reserve()
    config = plain_run(epochs=1)
    files.write_spec(Spec(config=replace(config, train=replace(config.train, batch_size=batch_size))))

    def written_at_once(status: StatusWriter, **fields: object) -> None:
        status.write(**fields)
        seen.append(Jobs(tmp_path).run("run"))

    monkeypatch.setattr(StatusWriter, "update", written_at_once)
    lock = take_lock(files.lock)
    assert lock is not None
    with lock:
        Execution(tmp_path, "run", digits).execute()
    measuring = [job for job in seen if job.phase == "measuring"]
    shares = [job.measured for job in measuring]
    assert len(set(shares)) > 3 and shares == sorted(shares) and shares[0] == 0 and shares[-1] == 1
    assert all(job.share < 1 for job in measuring if job.measured < 1)
    assert all(job.seconds_left is not None and job.measuring_seconds >= job.seconds_left for job in measuring)
    assert measuring[0].measuring_seconds > 0
