"""The job files of an earlier version are read: a run that it trained has its state, progress, settings and name."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tvae.jobs.files import JobFiles
from tvae.jobs.jobs import Jobs

KEPT = Path(__file__).parent / "kept"
"""Written by the first version that trained in the background: its state names a process, its settings lack fields."""


@pytest.fixture
def jobs(tmp_path) -> Jobs:
    shutil.copytree(KEPT / "first", tmp_path / "first")
    return Jobs(tmp_path)


def test_a_run_of_the_first_version_is_done_and_has_its_name(jobs):
    [job] = jobs.runs()
    assert (job.state, job.reason, job.step, job.steps, job.share) == ("done", "", 267, 267, 1.0)
    assert (job.name, job.pinned, job.created) == ("the first one", True, "2026-11-24T10:00:00+00:00")
    assert job.arms["vae"]["kl"] == 2.2
    assert job.config.data.validation_share == 0 and job.config.model.kind == "mlp"


@pytest.mark.parametrize("state", ["queued", "running", "stopped", "interrupted", "failed"])
def test_one_that_it_left_unfinished_keeps_its_step_and_can_be_resumed(jobs, state):
    files = JobFiles(jobs.folder / "first")
    plain = json.loads(files.state.read_text())
    files.state.write_text(json.dumps({**plain, "state": state, "step": 100}))
    job = jobs.run("first")
    assert job.state == (state if state in ("stopped", "failed") else "interrupted")
    assert job.step == 100 and job.resumable
    assert files.progress() == {"step": 100, "steps": 267, "epoch": 3.0, "seconds": 1.52}
