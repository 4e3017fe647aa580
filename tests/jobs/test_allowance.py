"""What is over a limit is refused with what to do, before anything is started; the person and the server each count."""

from __future__ import annotations

import contextlib
from dataclasses import replace

import pytest

from tests.conftest import small_run_config
from tvae.config import LossConfig
from tvae.errors import InputError
from tvae.jobs.allowance import check_room, check_settings
from tvae.jobs.files import TRASH, JobFiles, Spec
from tvae.jobs.jobs import Jobs
from tvae.jobs.queue import JobQueue
from tvae.runs.available import SHIPPED
from tvae.runs.run_zip import zip_run
from tvae.system.owner import hashed
from tvae.system.process_lock import take_lock


@pytest.fixture
def allow(tmp_path, monkeypatch):
    """Write the host's file of limits."""
    monkeypatch.setenv("TVAE_LIMITS", str(tmp_path / "limits.toml"))
    return (tmp_path / "limits.toml").write_text


@pytest.fixture
def runs(tmp_path):
    (tmp_path / "runs").mkdir()
    return tmp_path / "runs"


@contextlib.contextmanager
def waiting(runs, name, owner):
    """A run of this person in the queue, whose worker lives."""
    files = JobFiles(runs / name)
    files.folder.mkdir(parents=True)
    files.worker_folder.mkdir(parents=True)
    files.write_spec(Spec(config=small_run_config(), owner=hashed(owner)))
    JobQueue(runs).add(name)
    lock = take_lock(files.lock)
    assert lock is not None
    with lock:
        yield


def test_runs_of_a_person_and_of_the_server_that_wait_are_counted(allow, runs):
    allow("person_runs = 1\nserver_runs = 2")
    check_room(runs, "me")
    with waiting(runs, "a", "me"):
        with pytest.raises(InputError, match="runs: 1 of yours wait or train already; stop one"):
            check_room(runs, "me")
        check_room(runs, "you")
        check_room(runs, None)
        with waiting(runs, "b", "you"):
            for owner in ("me", "you", "other", None):
                with pytest.raises(InputError, match="runs: 2 wait or train here already"):
                    check_room(runs, owner)
    check_room(runs, "me")  # a row whose worker is gone counts for nothing


def test_disk_of_a_person_and_of_the_server_is_counted(allow, runs, monkeypatch):
    allow("person_disk_gb = 2\nserver_disk_gb = 3")
    monkeypatch.setattr("tvae.jobs.allowance._GB", 100_000)
    for folder, owner in ((runs / "a", "me"), (runs / "b", "you"), (runs / TRASH / "c", "me")):
        JobFiles(folder).folder.mkdir(parents=True)
        JobFiles(folder).write_spec(Spec(config=small_run_config(), owner=hashed(owner)))
    (runs / TRASH / "c" / "large").write_bytes(bytes(200_000))
    check_room(runs, "me")  # what is deleted counts for the server alone
    (runs / "a" / "weights").write_bytes(bytes(200_000))
    with pytest.raises(InputError, match="disk: all runs here take the 3 GB that they may, deleted ones"):
        check_room(runs, None)
    allow("person_disk_gb = 2\nserver_disk_gb = 300")
    with pytest.raises(InputError, match="disk: your runs take the 2 GB that they may; delete some"):
        check_room(runs, "me")
    check_room(runs, "you")


def test_arms_and_seconds_are_limited(allow):
    allow("run_arms = 2\nrun_seconds = 60")
    config = small_run_config()
    check_settings(config, 60.0)
    with pytest.raises(InputError, match=r"seconds: 61.0 is not possible; it must be a finite number from 1 to 60"):
        check_settings(config, 61.0)
    three = replace(config, arms={**config.arms, "more": LossConfig(triplet_weight=3.0)})
    with pytest.raises(InputError, match="arms: 3; a run has at most 2 here"):
        check_settings(three)


def test_nothing_is_started_or_kept_over_a_limit(allow, runs):
    allow("person_runs = 1")
    jobs = Jobs(runs)
    content = zip_run(SHIPPED / "digits")
    with waiting(runs, "a", "me"):
        with pytest.raises(InputError, match="of yours wait"):
            jobs.starter.start(small_run_config(), "me")
        with pytest.raises(InputError, match="of yours wait"):
            jobs.starter.take_in(content, "me")
        assert [job.id for job in jobs.runs()] == ["a"]
    allow("run_arms = 1")
    with pytest.raises(InputError, match="a run has at most 1 here"):
        jobs.starter.take_in(content, "you")
    with pytest.raises(InputError, match="a run has at most 1 here"):
        jobs.starter.start(small_run_config(), "you")
    allow("person_runs = no number")
    with pytest.raises(InputError, match="no TOML"):
        jobs.starter.start(small_run_config(), "you")
    assert [job.id for job in jobs.runs()] == ["a"]
    assert not list((runs / ".ready").glob("*/job"))
