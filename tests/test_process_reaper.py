"""A test session that is killed, or that ignores Ctrl-C, leaves no process behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil

ROOT = Path(__file__).parents[1]
SLEEPS = """
import os, signal, subprocess, sys, time
from pathlib import Path

def test_that_is_killed(tmp_path):
    script = "import signal, time; print(signal.getsignal(signal.SIGINT) == signal.SIG_IGN, flush=True)"
    script += "; time.sleep(600)"
    child = subprocess.Popen([sys.executable, "-c", script], start_new_session=True, stdout=subprocess.PIPE, text=True)
    Path(os.environ["SEEN"]).write_text(f"{os.getpid()} {child.pid} {child.stdout.readline().strip()} ")
    time.sleep(600)
"""


def test_what_a_killed_session_started_is_ended_and_heeds_ctrl_c(tmp_path):
    test, seen = tmp_path / "test_sleeping.py", tmp_path / "seen"
    test.write_text(SLEEPS)
    options = ["-q", "-n", "0", "-p", "no:cacheprovider", "-p", "tests.conftest", "-c", str(ROOT / "pyproject.toml")]
    session = subprocess.Popen(
        [sys.executable, "-m", "pytest", *options, "--rootdir", str(tmp_path), str(test)],
        env={**os.environ, "SEEN": str(seen), "PYTHONPATH": str(ROOT)},
        stdout=subprocess.DEVNULL,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_IGN),
    )
    wait_for(lambda: seen.exists() and seen.read_text().endswith(" "))
    _, child, ignores_ctrl_c = seen.read_text().split()
    assert ignores_ctrl_c == "False"
    assert psutil.pid_exists(int(child))
    session.kill()
    session.wait()
    wait_for(lambda: not psutil.pid_exists(int(child)))


def wait_for(holds) -> None:
    end = time.monotonic() + 120
    while not holds():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.05)
