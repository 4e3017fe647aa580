"""A run in the background is trained on its own copy of given triplets, also after it was stopped."""

from __future__ import annotations

import time

import numpy as np
import pytest

from tests.training.test_given_triplets import ink_triplets, run_of
from tvae.cli.parsing import main
from tvae.data.triplets import GivenTriplets
from tvae.errors import InputError
from tvae.jobs.jobs import Jobs
from tvae.runs.recording import record
from tvae.runs.run import read_metrics, read_run
from tvae.runs.run_zip import zip_run
from tvae.runs.triplets import read_encoded_triplets, read_triplets_of


@pytest.fixture
def jobs(tmp_path, monkeypatch):
    monkeypatch.setenv("TVAE_RUNS", str(tmp_path / "runs"))
    jobs = Jobs()
    yield jobs
    for job in jobs.runs():
        if not job.over:
            jobs.stop(job.id, None)


def ended(jobs: Jobs, run_id: str):
    until = time.monotonic() + 240
    while time.monotonic() < until and not jobs.run(run_id).over:
        time.sleep(0.1)
    return jobs.run(run_id)


def test_the_worker_needs_no_file_of_the_person(jobs, digits, tmp_path, capsys):
    rows = ink_triplets(digits.train.images, 160).rows[:150]
    path = tmp_path / "secret folder" / "mine.csv"
    path.parent.mkdir()
    path.write_text("".join(f"{a} {p} {n}\n" for a, p, n in rows))
    small = ["--data.name", "digits", "--model.hidden", "16", "--model.latent-dim", "3", "--train.epochs", "400"]
    assert main(["jobs", "start", *small, "--data.triplets", str(path)]) == 0
    run_id = capsys.readouterr().out.strip()
    path.unlink()
    until = time.monotonic() + 120
    while jobs.run(run_id).step < 20 and time.monotonic() < until:
        time.sleep(0.05)
    jobs.stop(run_id, None)
    stopped = ended(jobs, run_id)
    assert stopped.state == "stopped" and stopped.step >= 20
    jobs.resume(run_id, None)
    until = time.monotonic() + 120
    while jobs.run(run_id).step <= stopped.step and time.monotonic() < until:
        time.sleep(0.05)
    assert jobs.run(run_id).step > stopped.step, jobs.run(run_id).reason
    jobs.stop(run_id, None)
    job = ended(jobs, run_id)
    kept = read_triplets_of(job.folder, job.config)
    assert kept is not None and kept.rows.tolist() == rows.tolist()
    for file in job.folder.rglob("*"):
        assert file.is_dir() or b"secret folder" not in file.read_bytes(), file


def test_a_finished_run_has_the_figures(jobs, digits):
    triplets = GivenTriplets(ink_triplets(digits.train.images, 160).rows)
    job = ended(jobs, jobs.starter.start(run_of(triplets, epochs=1), None, triplets=triplets))
    assert job.state == "done", job.reason
    metrics = read_metrics(job.folder)
    assert metrics is not None and metrics["given_triplets"]["distinct"] == len(triplets.distinct)


def test_what_can_t_be_trained_on_starts_nothing(jobs, digits):
    triplets = GivenTriplets(np.array([[0, 1, 2000]]))
    config = run_of(triplets)
    with pytest.raises(InputError, match="row 2000 is out of range; there are 1,438 training images"):
        jobs.starter.start(config, None, triplets=triplets)
    with pytest.raises(InputError, match="the settings name triplets that are not at hand; bring in their file"):
        jobs.starter.start(config, None)
    triplets = GivenTriplets(np.array([[0, 1, 2]]))
    batch_all = run_of(triplets, triplets="batch-all")
    with pytest.raises(InputError, match="batch-all"):
        jobs.starter.start(batch_all, None, triplets=triplets)
    assert jobs.runs() == []


def test_a_run_that_is_brought_in_is_measured_on_its_triplets(jobs, digits, tmp_path):
    triplets = GivenTriplets(ink_triplets(digits.train.images, 160).rows)
    for _ in record(run_of(triplets, epochs=1), digits, tmp_path / "run", "", triplets=triplets):
        pass
    job = ended(jobs, jobs.starter.take_in(zip_run(tmp_path / "run"), None))
    assert job.state == "done", job.reason
    metrics, of_the_run = read_metrics(job.folder), read_metrics(tmp_path / "run")
    assert metrics is not None and of_the_run is not None
    assert metrics["given_triplets"] == of_the_run["given_triplets"]
    assert read_encoded_triplets(read_run(job.folder)) is not None
