"""The list of runs: what is read of their files, and when."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

import pytest

from tvae.jobs.files import About, JobFiles, Spec
from tvae.jobs.jobs import Jobs
from tvae.runs.available import SHIPPED
from tvae.runs.run import CONFIG, read_run

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
