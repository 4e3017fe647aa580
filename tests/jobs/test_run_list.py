"""The list of runs: the files that it reads, and when."""

from __future__ import annotations

import json
import shutil
import sys
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from tvae.jobs.files import About, JobFiles, Spec
from tvae.jobs.job import Job, state_without_worker
from tvae.jobs.jobs import Jobs
from tvae.jobs.queue import JobQueue
from tvae.runs.available import SHIPPED
from tvae.runs.run import CONFIG, read_run
from tvae.system.process_identity import ProcessIdentity, this_process
from tvae.system.process_lock import take_lock

opened: list[str] = []


def note_opened(event: str, arguments: tuple) -> None:
    if event == "open" and isinstance(arguments[0], str):
        opened.append(arguments[0])


@pytest.fixture(scope="module", autouse=True)
def noting():
    sys.addaudithook(note_opened)  # for the rest of this process: a hook is never taken away
    yield
    opened.clear()


def files_opened_in(folder: Path) -> list[str]:
    seen = [path for path in opened if path.startswith(str(folder))]
    opened.clear()
    return seen


@pytest.fixture
def runs(tmp_path) -> Path:
    """Two runs: one trained in the foreground, one in the background."""
    for name in ("foreground", "background"):
        (tmp_path / name / "job").mkdir(parents=True)
        shutil.copy(SHIPPED / "digits" / CONFIG, tmp_path / name)
    files = JobFiles(tmp_path / "background")
    files.write_spec(Spec(config=read_run(SHIPPED / "digits").config, steps=10))
    files.write_about(About(name="mine"))
    files.write_state({"state": "done", "step": 10, "steps": 10})
    return tmp_path


def test_a_second_look_at_runs_that_are_over_reads_no_file(runs):
    first = Jobs(runs).runs()
    assert files_opened_in(runs)
    assert Jobs(runs).runs() == first
    assert files_opened_in(runs) == []
    read_run(runs / "background")
    files_opened_in(runs)
    read_run(runs / "background")
    assert files_opened_in(runs) == []


def test_a_changed_file_is_seen(runs):
    config = runs / "foreground" / CONFIG
    before, plain = read_run(runs / "foreground"), json.loads(config.read_text())
    assert before.config.train.seed != 77
    plain["train"]["seed"] = 77
    config.write_text(json.dumps(plain))
    assert read_run(runs / "foreground").config.train.seed == 77
    JobFiles(runs / "background").write_about(About(name="yours"))
    JobFiles(runs / "background").write_state({"state": "failed", "step": 10, "steps": 10, "reason": "disk full"})
    job = Jobs(runs).run("background")
    assert (job.name, job.state, job.reason) == ("yours", "failed", "disk full")


def test_what_a_caller_does_with_what_it_read_changes_nothing_for_the_next(runs):
    files = JobFiles(runs / "background")
    files.read_state()["state"] = "queued"
    assert files.read_state()["state"] == "done"


STATUS = {
    "state": "running", "phase": "training", "step": 3, "steps": 9, "epoch": 0.5, "seconds": 7.0, "seconds_left": 14.0,
    "measured": 0.25, "measuring_seconds": 4.0, "images_per_second": 640.0, "arms": {"vae": {"kl": 2.5}},
    "warnings": ["two arms are one"],
}  # fmt: skip


@pytest.fixture
def files(runs) -> JobFiles:
    """Files of a run that has a worker: its lock is held as long as the test runs."""
    files = JobFiles(runs / "background")
    files.worker_folder.mkdir(parents=True)
    files.write_about(About(name="mine", note="a note", pinned=True))
    spec = Spec(
        config=read_run(SHIPPED / "digits").config,
        steps=10,
        seconds=60.0,
        started_from="digits at step 5",
        created="2026",
    )
    files.write_spec(spec)
    return files


@pytest.fixture
def held(files):
    lock = take_lock(files.lock)
    assert lock is not None
    with lock:
        yield files


def listed(files: JobFiles) -> Job:
    return Jobs(files.run_folder.parent).run("background")


def test_the_list_shows_all_that_a_worker_writes(held):
    held.write_state(STATUS)
    expected = Job(
        id="background", folder=held.run_folder, config=held.read_spec().config, state="running", reason="",
        phase="training", place=None, name="mine", note="a note", pinned=True, created="2026",
        started_from="digits at step 5", seconds_budget=60.0, step=3, steps=9, epoch=0.5, seconds=7.0,
        seconds_left=14.0, trains=True, measured=0.25, measuring_seconds=4.0, images_per_second=640.0,
        arms={"vae": {"kl": 2.5}}, warnings=("two arms are one",), paused=False, slow=False, stopping=False,
        loadable=True, resumable=False,
    )  # fmt: skip
    assert listed(held) == expected
    for flag in ("pause", "slow", "stop"):
        held.set_flag(flag, True)
    assert listed(held) == replace(expected, paused=True, slow=True, stopping=True)
    held.write_state(STATUS | {"phase": "measuring"})
    assert not listed(held).stopping, "its end is near, and a stop comes too late"
    (held.run_folder / CONFIG).unlink()
    assert not listed(held).loadable


def test_a_run_that_has_written_nothing_yet_shows_what_its_settings_say(held):
    held.state.unlink()
    expected = Job(
        id="background", folder=held.run_folder, config=held.read_spec().config, state="queued", phase="starting",
        name="mine", note="a note", pinned=True, created="2026", started_from="digits at step 5", seconds_budget=60.0,
        step=0, steps=10, epoch=0.0, seconds=0.0, seconds_left=None, measured=0.0, measuring_seconds=0.0,
        images_per_second=0.0, arms={}, warnings=(), loadable=True, resumable=False,
    )  # fmt: skip
    assert listed(held) == expected


def test_a_run_that_waits_has_a_place_and_one_that_is_over_has_none_nor_any_wish(held, files):
    held.write_state({"state": "queued", "step": 0, "steps": 9})
    queue = JobQueue(held.run_folder.parent)
    queue.add("background")
    assert (listed(held).phase, listed(held).place) == ("starting", None), "nothing is before it"
    other = JobFiles(held.run_folder.with_name("other"))
    other.worker_folder.mkdir(parents=True)
    lock = take_lock(other.lock)
    assert lock is not None
    with lock:
        queue.remove("background")
        for name in ("other", "background"):
            queue.add(name)
        assert (listed(held).phase, listed(held).place) == ("waiting", 1)
    for flag in ("pause", "slow", "stop"):
        held.set_flag(flag, True)
    held.write_state(STATUS | {"state": "stopped"})
    over = listed(held)
    assert (over.state, over.phase, over.place, over.seconds_left) == ("stopped", "", None, None)
    assert (over.paused, over.slow, over.stopping) == (False, True, False)


@pytest.mark.parametrize(
    ("status", "resumable"),
    [
        ({"state": "done"}, False), ({"state": "stopped"}, True), ({"state": "interrupted"}, True),
        ({"state": "failed"}, True), ({"state": "failed", "hopeless": True}, False),
    ],
)  # fmt: skip
def test_what_ended_early_can_be_resumed_unless_it_would_fail_again(files, status, resumable):
    files.write_state(STATUS | status | {"reason": "so it is"})
    job = listed(files)
    assert (job.state, job.reason, job.resumable) == (status["state"], "so it is", resumable)


NO_ANSWER = "it did not answer and was killed; what was saved before stands"
NO_WORD = (
    "killed (memory?): its process ended without a word; Resume goes on, and a smaller batch, network or number of arms"
    " takes less memory"
)


@pytest.mark.parametrize(
    ("status", "stop", "last_word", "told"),
    [
        ({"state": "running", "phase": "training"}, False, "", ("interrupted", NO_WORD)),
        ({"state": "running", "phase": "training"}, True, "", ("stopped", NO_ANSWER)),
        ({"state": "running", "phase": "loading"}, True, "", ("stopped", "")),
        ({"state": "queued"}, True, "", ("stopped", "")),
        ({}, True, "", ("stopped", "")),
        ({"state": "queued", "phase": "training"}, True, "", ("stopped", "")),
        ({"state": "done", "reason": ""}, True, "", ("done", "")),
        ({"state": "running"}, False, '{"state": "failed", "reason": "disk full"}', ("failed", "disk full")),
        ({"state": "running"}, True, '{"state": "failed", "reason": "disk full"}', ("failed", "disk full")),
        ({"state": "running"}, False, '{"state": "running", "reason": ""}', ("interrupted", NO_WORD)),
        ({"state": "running"}, False, '{"state": "failed"}', ("interrupted", NO_WORD)),
        ({"state": "running"}, False, "[]", ("interrupted", NO_WORD)),
    ],
)
def test_a_run_without_a_worker_is_over_and_says_why(files, status, stop, last_word, told):
    files.write_state(status)
    files.set_flag("stop", stop)
    files.last_word.reserve()
    files.last_word.write(last_word)
    files.write_process(this_process())
    assert state_without_worker(files) == told
    assert (listed(files).state, listed(files).reason) == told


def test_a_run_whose_worker_ended_with_the_machine_says_so(files):
    files.write_state(STATUS)
    files.write_process(ProcessIdentity(1, psutil.boot_time() - 3_600))
    assert state_without_worker(files) == ("interrupted", "the machine was restarted")


def test_a_run_of_the_foreground_shows_what_its_folder_says(runs):
    files = JobFiles(runs / "foreground")
    files.worker_folder.mkdir(parents=True)
    files.write_about(About(name="mine", note="a note", pinned=True))
    run = read_run(files.run_folder)
    expected = Job(
        id="foreground", folder=files.run_folder, config=run.config, state="done", reason="", phase="", name="mine",
        note="a note", pinned=True, created=run.provenance.started, step=run.provenance.step,
        steps=run.provenance.step, epoch=run.config.train.epochs, seconds=run.provenance.seconds, measured=0.0,
        measuring_seconds=0.0, images_per_second=0.0, arms={}, loadable=True, resumable=False,
    )  # fmt: skip
    assert Jobs(runs).run("foreground") == expected
    plain = json.loads((files.run_folder / CONFIG).read_text())
    plain["provenance"]["finished"] = False
    (files.run_folder / CONFIG).write_text(json.dumps(plain))
    told = "trained in the foreground, and not to its end"
    assert Jobs(runs).run("foreground") == replace(expected, state="interrupted", reason=told)
    lock = take_lock(files.lock)
    assert lock is not None
    with lock:
        assert Jobs(runs).run("foreground") == replace(expected, state="running", reason="in the foreground")
