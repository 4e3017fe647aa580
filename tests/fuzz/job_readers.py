"""Readers of the files of background runs, and of who hosts them."""

from __future__ import annotations

import json
import os
import sqlite3
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest import mock

from hypothesis import strategies as st

from tests.conftest import small_run_config
from tests.fuzz import sources
from tests.fuzz.changes import changed_bytes, changed_json, changed_text
from tests.fuzz.registry import Made, Read, fresh_folder, in_folder, json_like, reader, require_equal
from tests.fuzz.trials import ABSENT
from tvae.jobs.files import About, JobFiles, Spec
from tvae.jobs.jobs import Jobs
from tvae.jobs.queue import JobQueue
from tvae.system.limits import DEFAULTS, SETTING, limits
from tvae.system.process_identity import this_process

STATE = {
    **{"state": "running", "reason": "", "phase": "training", "hopeless": False, "step": 10, "steps": 30},
    **{"epoch": 0.5, "seconds": 1.5, "seconds_left": 20.0, "measured": 0.0, "measuring_seconds": 3.0},
    **{"images_per_second": 5e4, "arms": {"vae": {"kl": 2.0, "reconstruction": 12.0}}, "warnings": ["arm vae: none"]},
}


def _files(runs: Path) -> JobFiles:
    """The files of a run in a folder of runs, all of them sound."""
    files = JobFiles(runs / "odd")
    files.folder.mkdir(parents=True)
    files.worker_folder.mkdir(parents=True)
    files.write_spec(Spec(config=small_run_config(), created="2026-01-01T00:00:00+00:00", steps=30))
    files.write_state(STATE)
    return files


def _of_a_job(name: str, read: Any = lambda files: None) -> Read:
    """Lists the runs of a folder in which one has this file."""

    def read_content(content: bytes) -> object:
        with fresh_folder() as runs:
            files = _files(runs)
            path = getattr(files, name)
            (path.path if name == "last_word" else path).write_bytes(content)
            jobs = Jobs(runs)
            for owner in (None, "somebody"):
                for job in jobs.runs(owner):
                    assert 0 <= job.share <= 1
                    _ = job.over, job.arms.items(), job.seconds_left
            return read(files)

    return read_content


def _another_run(files: JobFiles) -> JobFiles:
    """Files of a new run beside this one, to write into what was read."""
    again = JobFiles(files.run_folder.parent / "again")
    again.folder.mkdir(parents=True)
    return again


@reader("state")
def state() -> Made:
    """Reader of state.json: the state and progress of a run."""

    def read(files: JobFiles) -> object:
        state = files.read_state()
        again = _another_run(files)
        again.write_state(state)
        require_equal(again.read_state(), state)
        return state or ABSENT

    over = [{**STATE, "state": state, "reason": "why"} for state in ("done", "failed", "queued")]
    return st.one_of(*map(json_like, (STATE, *over))), _of_a_job("state", read)


@reader("last-word")
def last_word() -> Made:
    """Reader of last_word: the final state of a run, kept where a full disk took no state.json."""
    return json_like({"state": "failed", "reason": "disk full"}).map(lambda c: c.ljust(4096)), _of_a_job("last_word")


@reader("spec")
def spec() -> Made:
    """Reader of spec.json: the settings that a run was started with."""
    with fresh_folder() as folder:
        files = JobFiles(folder / "run")
        files.folder.mkdir(parents=True)
        files.write_spec(
            Spec(config=small_run_config(), seconds=5.0, owner="0" * 64, data_folder="/data", command="python -m tvae")
        )
        plain = sources.json_in(files.spec)

    def read(files: JobFiles) -> None:
        spec = files.read_spec()
        again = _another_run(files)
        again.write_spec(spec)
        require_equal(again.read_spec(), spec)
        Jobs(files.run_folder.parent).run("odd")

    return json_like(plain), _of_a_job("spec", read)


@reader("about")
def about() -> Made:
    """Name, note and pin of a run."""

    def read(files: JobFiles) -> object:
        about = files.read_about()
        files.change_about(pinned=not about.pinned)
        require_equal(files.read_about(), replace(about, pinned=not about.pinned))
        return ABSENT if about == About() else about

    return json_like({"name": "one", "note": "two", "pinned": True}), _of_a_job("about", read)


@reader("process")
def process() -> Made:
    """The process of a run."""

    def read(files: JobFiles) -> object:
        identity = files.read_process()
        if identity is None:
            return ABSENT
        return identity.ended_by_restart, identity.running(lambda line: False)

    return json_like({"pid": this_process().pid, "created": this_process().created}), _of_a_job("process", read)


@reader("lesson")
def lesson() -> Made:
    """The step that a slow run is about to take."""
    plain = {"step": 3, "arm": "tvae", "images": [[0, 1], [2, 3]], "hinge": 0.5}
    return json_like(plain), _of_a_job("lesson", lambda files: files.read_lesson() or ABSENT)


@reader("live")
def live() -> Made:
    """Accuracies while a run trains, a JSON line each."""
    row = {"step": 3, "epoch": 0.2, "seconds": 1.0, "n": 100, "margins": [0.0, 0.1], "arms": {"vae": [0.5, 0.4]}}
    line = json.dumps(row).encode() + b"\n"

    def read(files: JobFiles) -> None:
        jobs = Jobs(files.run_folder.parent)
        jobs.last_live("odd")
        jobs.live("odd")

    contents = changed_json(row).map(lambda changed: line + changed + b"\n") | changed_bytes(3 * line)
    return contents, _of_a_job("live", read)


@reader("queue", OSError)
def queue() -> Made:
    """The queue, in SQLite; an OSError says that it can't be read."""
    with fresh_folder() as folder:
        queue = JobQueue(folder)
        for number in range(20):
            queue.add(f"run-{number}", f"request-{number}")
        with sqlite3.connect(queue.path) as database:
            database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        content = queue.path.read_bytes()

    def read(folder: Path) -> None:
        Jobs(folder).runs()
        queue = JobQueue(folder)
        queue.places(1, lambda run_id: len(run_id) > 1)
        queue.requested("request-1")
        queue.add("another")

    return changed_bytes(content), in_folder("queue.sqlite3", read)


@reader("limits")
def limits_file() -> Made:
    """The host's limits."""

    def read(folder: Path) -> None:
        with mock.patch.dict(os.environ, {SETTING: str(folder / "limits.toml")}):
            limits()

    return changed_text(DEFAULTS.read_text(encoding="utf-8")), in_folder("limits.toml", read)
