"""Functions that other systems lack are not needed: without them a run starts, waits, stops and goes on."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
UNIX_ONLY = {"fcntl", "resource", "pwd", "grp", "termios"}

WITHOUT_UNIX = """
import os, signal
for name in ("fork", "forkpty", "pidfd_open"):
    if hasattr(os, name):
        delattr(os, name)
if hasattr(signal, "pidfd_send_signal"):
    del signal.pidfd_send_signal
"""
WITHOUT_FCNTL = """
import sys, warnings
warnings.simplefilter("ignore")  # filelock's, that it has only marker files to offer
sys.modules["fcntl"] = None
from pathlib import Path
import tvae.cli.commands
from tvae.config import DataConfig, RunConfig
from tvae.jobs.jobs import Jobs
jobs = Jobs(Path(sys.argv[1]))
assert jobs.runs() == []
try:
    jobs.starter.start(RunConfig(data=DataConfig(name="digits")), None)
except OSError as error:
    print(error.strerror)
assert jobs.runs() == []
"""

START_PAUSE_STOP_RESUME = """
import json, sys, time
from pathlib import Path
from tvae.config import DataConfig, ModelConfig, RunConfig, TrainConfig
from tvae.jobs.jobs import Jobs
import tvae.cli.commands

def until(wanted):
    limit = time.monotonic() + 300
    while not wanted(job := jobs.run(run_id)):
        assert time.monotonic() < limit, job
        time.sleep(0.02)
    return job

small = ModelConfig(hidden=32, latent_dim=4)
jobs = Jobs(Path(sys.argv[1]))
run_id = jobs.starter.start(
    RunConfig(data=DataConfig(name="digits"), model=small, train=TrainConfig(epochs=50_000)), None
)
try:
    until(lambda job: job.step > 0)
    jobs.pause(run_id, None)
    until(lambda job: job.phase == "paused")
    jobs.stop(run_id, None)
    stopped = until(lambda job: job.over)
    jobs.resume(run_id, None)
    resumed = until(lambda job: job.step > stopped.step)
finally:
    jobs.stop(run_id, None)
print(json.dumps([stopped.state, until(lambda job: job.over).state]))
"""


def test_nothing_of_ours_imports_what_only_unix_has():
    importers = {
        f"{path.relative_to(ROOT)}: {name}"
        for path in (ROOT / "tvae").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        for name in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else []
        )
        if name.split(".")[0] in UNIX_ONLY
    }
    assert importers == set()


def test_a_run_starts_waits_stops_and_goes_on_without_what_other_systems_lack(tmp_path, monkeypatch):
    """In the starter and in its worker."""
    (tmp_path / "sitecustomize.py").write_text(WITHOUT_UNIX)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    words = [sys.executable, "-c", START_PAUSE_STOP_RESUME, tmp_path / "runs"]
    done = subprocess.run(words, capture_output=True, text=True, cwd=ROOT, check=False)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == ["stopped", "stopped"]


def test_without_any_lock_all_is_imported_and_a_start_is_refused_in_one_line(tmp_path):
    """filelock's marker files, which a killed process leaves behind, are not used instead."""
    words = [sys.executable, "-c", WITHOUT_FCNTL, tmp_path / "runs"]
    done = subprocess.run(words, capture_output=True, text=True, cwd=ROOT, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout == "this file system can't lock files; name a folder on another one\n"
