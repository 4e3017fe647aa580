"""Tests of a worker's parts, run inside the test process: phases, signals, stop requests, status, idle workers."""

from __future__ import annotations

import errno
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from tests.conftest import small_run_config
from tvae.config import LossConfig
from tvae.errors import InputError
from tvae.jobs.execution import Execution
from tvae.jobs.files import READY, TRASH, WORKERS, JobFiles, Spec
from tvae.jobs.idle_workers import CLAIM_SECONDS, claim_idle_place, mark_idle, wait_for_run
from tvae.jobs.jobs import Jobs
from tvae.jobs.requests import LOOK_EVERY, Ended, Requests
from tvae.jobs.status_writer import StatusWriter
from tvae.jobs.worker import main as worker_main
from tvae.jobs.worker_processes import end_unresponsive_worker
from tvae.runs.encodings import read_encoding
from tvae.runs.history import read_history
from tvae.runs.recording import Recording
from tvae.runs.resume_file import read_resume_file
from tvae.runs.run import read_metrics, read_run
from tvae.system.moment import now
from tvae.system.process_identity import ProcessIdentity
from tvae.system.process_lock import take_lock
from tvae.training.steps.plain import PlainStep

ROOT = Path(__file__).parents[2]
LONG_AGO = 1_000.0
"""Seconds: long enough for whatever is done with what is old."""


@pytest.fixture
def handlers() -> Iterator[None]:
    """Restores the test's own signal handlers afterwards."""
    kinds = (signal.SIGTERM, signal.SIGINT)
    before = [signal.getsignal(kind) for kind in kinds]
    yield
    for kind, handler in zip(kinds, before, strict=True):
        signal.signal(kind, handler)


def plain_run(epochs: int = 2):
    usual = small_run_config()
    return replace(usual, train=replace(usual.train, epochs=epochs, step="plain"))


def asked_to_stop(files: JobFiles, seconds: float) -> None:
    """Make the request to stop one of so many seconds ago."""
    here = now()
    moment = replace(here, since_boot=here.since_boot - seconds, clock=here.clock - seconds)
    (files.folder / "stop").write_text(moment.to_text())


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


@pytest.fixture
def requests(handlers, tmp_path) -> Iterator[Requests]:
    """Requests to a run that takes steps; a pause or slow mode is ended after 20 seconds."""
    files = JobFiles(tmp_path / "run")
    files.folder.mkdir(parents=True)
    requests = Requests(files)
    requests.within_steps = True
    otherwise = threading.Timer(20.0, lambda: [files.set_flag("pause", False), files.set_flag("slow", False)])
    otherwise.start()
    yield requests
    otherwise.cancel()


@pytest.fixture
def files(requests, tmp_path) -> JobFiles:
    return JobFiles(tmp_path / "run")


def obey(requests: Requests, **react: Callable[[], object]) -> list[str]:
    """Obey the requests, reacting to each phase; returns the phases shown, and "explained" for each explained step."""
    shown: list[str] = []

    def show(phase: str) -> None:
        shown.append(phase)
        if phase in react:
            react[phase]()

    requests.obey(explain_step=lambda: shown.append("explained"), show_phase=show)
    return shown


def test_a_second_signal_and_one_while_the_end_is_written_change_nothing(requests):
    os.kill(os.getpid(), signal.SIGTERM)
    requests.within_steps = False
    os.kill(os.getpid(), signal.SIGTERM)
    requests = Requests(JobFiles(Path("run")))
    requests.ending = True
    os.kill(os.getpid(), signal.SIGINT)


def test_a_stop_is_obeyed_before_the_first_step(requests, files):
    files.set_flag("stop", True)
    with pytest.raises(Ended) as ended:
        obey(requests)
    assert (ended.value.state, ended.value.reason) == ("stopped", "")


def test_a_stop_wins_over_a_signal(requests, files):
    files.set_flag("stop", True)
    os.kill(os.getpid(), signal.SIGTERM)
    with pytest.raises(Ended) as ended:
        obey(requests)
    assert ended.value.state == "stopped"


@pytest.mark.parametrize("state", ["stopped", "interrupted"])
def test_a_paused_run_is_stopped_and_told_to_end(requests, files, state):
    files.set_flag("pause", True)
    with pytest.raises(Ended) as ended:
        if state == "stopped":
            obey(requests, paused=lambda: files.set_flag("stop", True))
        else:
            obey(requests, paused=lambda: os.kill(os.getpid(), signal.SIGTERM))
    assert ended.value.state == state


def test_a_paused_run_takes_the_steps_that_it_is_granted_and_shows_that_it_waits(requests, files):
    files.set_flag("pause", True)
    files.grant_step()
    assert obey(requests) == []
    assert obey(requests, paused=files.grant_step) == ["paused"], "right after that one step"
    assert obey(requests, paused=lambda: files.set_flag("pause", False)) == ["paused"]


def test_not_every_step_looks_for_requests(requests, files, monkeypatch):
    monkeypatch.setattr("tvae.jobs.requests.LOOK_EVERY", 600.0)
    obey(requests)
    files.set_flag("stop", True)
    obey(requests)


def test_a_slow_run_explains_a_step_and_takes_it_after_a_while(requests, files, monkeypatch):
    monkeypatch.setattr("tvae.jobs.requests.SLOW_SECONDS", 0.3)
    files.set_flag("slow", True)
    begun = time.monotonic()
    assert obey(requests) == ["explained"]
    assert time.monotonic() - begun > 0.3
    monkeypatch.setattr("tvae.jobs.requests.SLOW_SECONDS", 600.0)
    files.set_flag("pause", True)
    time.sleep(LOOK_EVERY)
    shown = obey(
        requests, paused=lambda: files.set_flag("pause", False), training=lambda: files.set_flag("slow", False)
    )
    assert shown == ["explained", "paused", "training"]


class CountedFiles(JobFiles):
    """Files of a run that count how often the state is written."""

    states: list[dict[str, object]]

    def write_state(self, state: Mapping[str, object], *, durable: bool = True) -> None:
        super().write_state(state, durable=durable)
        self.states.append(dict(state))


@pytest.fixture
def counted(tmp_path) -> CountedFiles:
    files = CountedFiles(tmp_path / "run")
    files.states = []
    for folder in (files.folder, files.worker_folder):
        folder.mkdir(parents=True)
    files.last_word.reserve()
    return files


def until(reached: Callable[[], object]) -> None:
    limit = time.monotonic() + 20
    while not reached():
        assert time.monotonic() < limit
        time.sleep(0.01)


def writers() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "status writer"]


def test_the_status_is_written_where_it_changed_five_times_a_second_at_most_until_the_end(counted):
    before, status, begun = len(writers()), StatusWriter(counted), time.monotonic()
    while len(counted.states) < 4:
        status.update(step=1)
        time.sleep(0.001)
    assert time.monotonic() - begun > 3 * 0.19
    status.update(step=2)
    until(lambda: counted.states[-1].get("step") == 2)
    written = len(counted.states)
    time.sleep(0.5)
    assert len(counted.states) == written, "nothing changed"
    status.end(state="done", reason="")
    assert counted.states[written:] == [{"state": "done", "step": 2, "reason": ""}]
    until(lambda: len(writers()) == before)
    assert len(counted.states) == written + 1


def test_what_can_not_be_written_is_raised_by_the_next_update(counted):
    status = StatusWriter(counted)
    counted.folder.rename(counted.folder.with_name("elsewhere"))

    def refused() -> bool:
        try:
            status.update(step=1)
        except OSError:
            return True
        return False

    until(refused)
    status.end(state="failed", reason="no folder")
    assert json.loads(counted.last_word.read()) == {"state": "failed", "reason": "no folder"}


STATUS_AND_NO_END = """
import sys
from pathlib import Path
from tvae.jobs.files import JobFiles
from tvae.jobs.status_writer import StatusWriter
StatusWriter(JobFiles(Path(sys.argv[1]))).update(step=1)
raise RuntimeError("no luck")
"""


def test_a_worker_that_dies_of_an_error_is_not_kept_alive_by_its_status(counted):
    words = [sys.executable, "-c", STATUS_AND_NO_END, counted.run_folder]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False, timeout=100)
    assert done.returncode == 1
    assert done.stderr.endswith("RuntimeError: no luck\n")


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
    standing, _ = read_resume_file(files.resume, plain_run(), (8, 8, 1))
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
    """A run that was asked to stop long ago, with a process in its worker's place that ignores the request."""
    files = JobFiles(tmp_path / "abc")
    for folder in (files.folder, files.worker_folder):
        folder.mkdir(parents=True)
    asked_to_stop(files, LONG_AGO)
    command = [sys.executable, "-c", "import time; time.sleep(600)", "tvae.jobs.worker", "abc"]
    with subprocess.Popen(command) as process:
        files.write_process(ProcessIdentity(process.pid, psutil.Process(process.pid).create_time()))
        yield files, process
        process.kill()


def test_a_worker_that_does_not_stop_is_ended_but_not_while_it_measures(worker):
    files, process = worker
    end_unresponsive_worker(files, "measuring")
    for phase, seconds in (("loading", 0.5), ("training", 3.0), ("stopping", 200.0)):  # it still has time
        asked_to_stop(files, seconds)
        end_unresponsive_worker(files, phase)
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(0.5)
    asked_to_stop(files, LONG_AGO)
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
    monkeypatch.setattr("tvae.jobs.worker.load_dataset", no_data)
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


def test_what_is_younger_than_a_minute_or_a_day_is_no_leftover(tmp_path):
    place, deleted, part = tmp_path / READY / "a", tmp_path / TRASH / "b", tmp_path / "c" / ".state.json.0.part"
    for folder in (place, deleted, part.parent):
        folder.mkdir(parents=True)
    part.write_bytes(b"x")
    now = time.time()
    os.utime(deleted, (now - 24 * 3600 + 15, now - 24 * 3600 + 15))
    for path in (place, part):
        os.utime(path, (now - 45, now - 45))
    Jobs(tmp_path).trash.clear_leftovers()
    assert all(path.exists() for path in (place, deleted, part))
    for path in (place, part):
        os.utime(path, (now - 61, now - 61))
    os.utime(deleted, (now - 24 * 3600 - 1, now - 24 * 3600 - 1))
    Jobs(tmp_path).trash.clear_leftovers()
    assert not any(path.exists() for path in (place, deleted, part))


@pytest.fixture
def stuck(monkeypatch) -> None:
    """Makes files with "stuck" in their name impossible to remove, like those of another user."""
    unlink = os.unlink

    def refused(path: str | Path, *, dir_fd: int | None = None) -> None:
        if "stuck" in Path(path).name:
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        unlink(path, dir_fd=dir_fd)

    monkeypatch.setattr(os, "unlink", refused)


@pytest.mark.usefixtures("stuck")
def test_what_can_not_be_removed_is_left_and_the_rest_goes_all_the_same(tmp_path):
    kinds = (READY, TRASH, WORKERS)
    files = [tmp_path / kind / f"{name}{kind}" / name for name in ("stuck", "gone") for kind in kinds]
    parts = [tmp_path / f"{name}-run" / f".{name}.part" for name in ("stuck", "gone")]
    for path in (*files, *parts):
        path.parent.mkdir(parents=True)
        path.touch()
        os.utime(path, (1_000, 1_000))
    for path in files:
        os.utime(path.parent, (1_000, 1_000))
    Jobs(tmp_path).trash.clear_leftovers()
    assert [path for path in (*files, *parts) if path.exists()] == [*files[:3], parts[0]]


@pytest.mark.usefixtures("stuck")
def test_an_idle_worker_ends_at_once_where_its_place_can_not_be_removed(tmp_path, monkeypatch):
    monkeypatch.setattr("tvae.jobs.idle_workers.IDLE_SECONDS", 0.0)
    place = JobFiles(tmp_path / READY / "abc")
    place.folder.mkdir(parents=True)
    (place.folder / "stuck").touch()
    mark_idle(place.run_folder, "digits")
    begun = time.monotonic()
    assert not wait_for_run(tmp_path, "abc", None)
    assert time.monotonic() - begun < CLAIM_SECONDS / 2


def test_workers_files_go_once_their_run_is_nowhere_and_nobody_holds_their_lock(tmp_path):
    places = {"run": tmp_path, "prepared": tmp_path / READY, "deleted": tmp_path / TRASH}
    for name, folder in places.items():
        (folder / name).mkdir(parents=True)
    for name in (*places, "young", "held", "gone"):
        worker = JobFiles(tmp_path / name)
        worker.worker_folder.mkdir(parents=True)
        worker.log.write_text("started")
        if name != "young":
            aged(worker.worker_folder)
    lock = take_lock(JobFiles(tmp_path / "held").lock)
    assert lock is not None
    aged(JobFiles(tmp_path / "held").worker_folder)
    with lock:
        Jobs(tmp_path).trash.clear_leftovers()
    left = {path.name for path in (tmp_path / ".workers").iterdir()}
    assert left == {*places, "young", "held"}


def test_two_deleted_runs_are_listed_newest_first_and_none_is_restored_over_another(tmp_path):
    trash = Jobs(tmp_path).trash
    for number, name in enumerate("ab"):
        files = JobFiles(tmp_path / name)
        files.folder.mkdir(parents=True)
        files.write_spec(Spec(config=plain_run(), created=f"2026-01-0{number + 1}T00:00:00+00:00"))
        trash.delete(name, None)
    assert trash.deleted(None) == ["b", "a"]
    (tmp_path / "a").mkdir()
    with pytest.raises(InputError, match="a run of this id is there"):
        trash.undelete("a", None)
    trash.undelete("b", None)
    assert trash.deleted(None) == ["a"]
    with pytest.raises(InputError, match="not found"):
        trash.undelete("b", None)


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
    monkeypatch.setattr("tvae.system.compiled.lacking", lambda parts: [] if compiled else [*parts][:-1])
    Execution(tmp_path, "run").execute()
    assert shown[0] == "loading"
    assert ("compiling" in shown) == phases
    assert Jobs(tmp_path).run("run").state == "done"


def test_a_warning_names_the_arm_as_a_person_reads_it_and_the_history_by_its_id(tmp_path, monkeypatch, digits):
    files = JobFiles(tmp_path / "run")
    for folder in (files.folder, files.worker_folder):
        folder.mkdir(parents=True)
    files.last_word.reserve()
    config = plain_run(epochs=1)
    files.write_spec(Spec(config=replace(config, arms={"w10": LossConfig(triplet_weight=10)})))
    monkeypatch.setattr("tvae.training.loop.COLLAPSED_KL", 1e9)
    Execution(tmp_path, "run", digits).execute()
    (warning,) = Jobs(tmp_path).run("run").warnings
    assert warning.startswith("weight 10, margin 1: KL is ")
    (warning,) = read_history(files.run_folder)[-1].get("warnings", [])
    assert warning.startswith("arm w10: KL is ")


@pytest.mark.parametrize("at_hand", [False, True], ids=["loads the data", "of an idle worker, which has the data"])
def test_a_background_run_is_trained_and_judged_by_its_notion_and_its_arms_by_their_own(tmp_path, digits, at_hand):
    files = JobFiles(tmp_path / "run")
    for folder in (files.folder, files.worker_folder):
        folder.mkdir(parents=True)
    files.last_word.reserve()
    config = plain_run(epochs=1)
    arms = {**config.arms, "tvae-class": LossConfig(notion="class")}
    files.write_spec(Spec(config=replace(config, data=replace(config.data, notion="slant"), arms=arms)))
    Execution(tmp_path, "run", digits if at_hand else None).execute()
    assert Jobs(tmp_path).run("run").state == "done"
    run, metrics = read_run(files.run_folder), read_metrics(files.run_folder)
    assert run.notion == "slant" and run.arms_of_own_notion == ("tvae-class",)
    assert metrics is not None and metrics["notion"] == "slant"
    assert metrics["arms"]["tvae-class"]["own_notion"]["notion"] == "class"
    encoding = read_encoding(run, "test")
    assert encoding is not None and encoding.labels.tolist() == digits.test.by("slant").labels.tolist()


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
