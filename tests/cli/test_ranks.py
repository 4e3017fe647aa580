"""`python -m tvae train` in several processes that torchrun starts: kept by one, stopped, killed, gone on with."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from tests.conftest import ROOT
from tvae.cli.parsing import main
from tvae.jobs.files import JobFiles
from tvae.jobs.job import read_job
from tvae.runs.history import read_history
from tvae.runs.run import read_metrics, read_run
from tvae.system.user_folders import runs_folder
from tvae.training.ranks import Ranks

PATIENCE = 300
"""Seconds until a process is given up; alone on two cores each part takes ten."""
TRAIN = [
    *("--data.name", "digits", "--model.hidden", "16", "--model.latent-dim", "3", "--train.device", "cpu"),
    *("--train.batch-size", "31", "--train.epochs", "24"),
]
RANK_0 = {"WORLD_SIZE": "2", "RANK": "0", "LOCAL_RANK": "0", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": "1"}


@contextmanager
def torchrun(count: int, folder: Path, *more: str) -> Iterator[subprocess.Popen[str]]:
    """Train in this many processes; all are ended with the context."""
    command = ["torch.distributed.run", "--standalone", "--nproc-per-node", str(count)]
    started = subprocess.Popen(
        [sys.executable, "-m", *command, "-m", "tvae", "train", "--out", str(folder), *TRAIN, *more],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield started
    finally:
        processes = [started]
        if started.poll() is None:
            processes += psutil.Process(started.pid).children()
        for process in processes:
            process.kill()
        started.communicate()


def pid_of_rank(launcher: subprocess.Popen[str], rank: int) -> int:
    for process in psutil.Process(launcher.pid).children():
        if process.environ().get("RANK") == str(rank):
            return process.pid
    raise AssertionError(f"no rank {rank}")


def wait_for_step_after(folder: Path, launcher: subprocess.Popen[str], step: int) -> None:
    """Wait until these processes have saved a later step than this one."""
    deadline = time.monotonic() + PATIENCE
    while not (folder / "config.json").exists() or read_run(folder).provenance.step <= step:
        assert launcher.poll() is None, launcher.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.01)


def lines_of_ours(text: str) -> list[str]:
    return [line for line in text.splitlines() if line.startswith("tvae: ") and "collapse" not in line]


def test_a_run_is_killed_stopped_and_ended_by_other_numbers_of_processes():
    """One of two processes is killed; one process goes on and is stopped by Ctrl-C; two go on to the end."""
    folder = runs_folder() / "of-ranks"
    with torchrun(2, folder) as launcher:
        wait_for_step_after(folder, launcher, 0)
        assert read_job(folder, {}).state == "running"
        psutil.Process(pid_of_rank(launcher, 1)).kill()
        _, errors = launcher.communicate(timeout=PATIENCE)
    assert launcher.returncode != 0
    (line,) = lines_of_ours(errors)
    assert line.startswith("tvae: interrupted: ") and "the same command goes on" in line
    job = read_job(folder, {})
    assert job.state == "interrupted" and "torchrun" in job.reason
    killed_at = read_run(folder).provenance.step
    assert 0 < killed_at < job.steps

    with torchrun(1, folder) as launcher:
        wait_for_step_after(folder, launcher, killed_at)
        launcher.send_signal(signal.SIGINT)
        _, errors = launcher.communicate(timeout=PATIENCE)
    assert launcher.returncode != 0
    stopped_at = read_run(folder).provenance.step
    assert killed_at < stopped_at < job.steps
    assert lines_of_ours(errors) == [f"tvae: stopped after step {stopped_at:,}; the same command goes on from there"]

    with torchrun(2, folder, "--json") as launcher:
        output, errors = launcher.communicate(timeout=PATIENCE)
    assert launcher.returncode == 0, errors
    assert lines_of_ours(errors) == []
    run = read_run(folder)
    assert run.provenance.finished and run.provenance.step == job.steps
    assert run.provenance.device == "cpu, data-parallel in 2 processes; then cpu, data-parallel in 1 process"
    assert output.count('"dataset"') == 1  # rank 0 alone prints
    assert read_metrics(folder) is not None
    assert not JobFiles(folder).folder.exists()
    steps = [row["step"] for row in read_history(folder)]
    assert steps == sorted(set(steps)) and steps[-1] == job.steps


@pytest.mark.parametrize(
    ("arguments", "environment", "expected"),
    [
        (["train", "--out", "{tmp}/new", *TRAIN], {"WORLD_SIZE": "2"}, "RANK, LOCAL_RANK, MASTER_ADDR, MASTER_PORT"),
        (["train", "--out", "{tmp}/new", *TRAIN], {**RANK_0, "MASTER_PORT": ""}, "MASTER_PORT"),
        (["train", "--out", "{tmp}/new", *TRAIN], {**RANK_0, "WORLD_SIZE": "two"}, "WORLD_SIZE"),
        (["train", "--out", "{tmp}/new", *TRAIN], {**RANK_0, "RANK": "2"}, "RANK"),
        (["train", "--out", "{tmp}/new", *TRAIN, "--train.step", "fast"], RANK_0, "train.step"),
        (["train", "--out", "{tmp}/new", *TRAIN, "--train.batch-size", "1"], RANK_0, "train.batch-size"),
        (["jobs", "start", *TRAIN], RANK_0, "jobs start"),
        (["sweep", "start", "margins"], RANK_0, "sweep"),
        (["evaluate", "{tmp}/new"], RANK_0, "evaluate"),
    ],
)
def test_what_cannot_work_is_refused_in_one_line(arguments, environment, expected, tmp_path, monkeypatch, capsys):
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert main([word.format(tmp=tmp_path) for word in arguments]) == 2
    errors = capsys.readouterr().err
    assert expected in errors and errors.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_a_loss_is_said_where_no_step_is_under_way(tmp_path, monkeypatch, capsys):
    def lost(self: Ranks) -> bool:
        raise RuntimeError("[gloo/transport/tcp/pair.cc:537] Connection reset by peer")

    monkeypatch.setattr(Ranks, "stop_agreed", lost)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    alone = {**RANK_0, "WORLD_SIZE": "1", "MASTER_PORT": str(port)}
    for name, value in alone.items():
        monkeypatch.setenv(name, value)
    assert main(["train", "--out", str(tmp_path / "new"), *TRAIN]) == 1
    (line,) = lines_of_ours(capsys.readouterr().err)
    assert line.startswith("tvae: interrupted: ") and line.endswith("the same command goes on from what was saved")
    assert read_run(tmp_path / "new").provenance.step == 1


def test_rank_0_alone_prints_what_is_refused(tmp_path, monkeypatch, capsys):
    for name, value in {**RANK_0, "RANK": "1", "LOCAL_RANK": "1"}.items():
        monkeypatch.setenv(name, value)
    assert main(["train", "--out", str(tmp_path / "new"), *TRAIN, "--train.step", "fast"]) == 2
    assert capsys.readouterr().err == ""
