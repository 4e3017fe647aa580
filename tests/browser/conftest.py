"""A real Chromium and real Streamlit servers for the tests that need them."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NoReturn

import pytest

ROOT = Path(__file__).parents[2]
_FLAGS = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync"
)


def _without(what: str) -> NoReturn:
    message = f"{what}: pip install -r requirements-dev.txt, then playwright install chromium (or install chromium)"
    if os.environ.get("CI") == "true":
        pytest.fail(message)
    pytest.skip(message)


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """A running headless Chromium; tests skip without one, and fail without one where CI is 'true'."""
    try:
        from playwright.sync_api import Error, sync_playwright
    except ImportError:
        _without("playwright is missing")
    names = ("chromium", "chromium-browser", "google-chrome")
    path = next((found for name in names if (found := shutil.which(name))), None)
    with sync_playwright() as playwright:
        try:
            running = playwright.chromium.launch(executable_path=path, args=_FLAGS.split())
        except Error:
            _without("no Chromium to be found")
        yield running
        running.close()


@pytest.fixture(scope="session")
def streamlit_app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[Path], str]]:
    """Start a script's server, once, and return its address; all are ended with the session.

    Each folder of runs (TVAE_RUNS) has a server of its own.
    """
    servers: dict[tuple[Path, str], tuple[subprocess.Popen[bytes], str]] = {}

    def address_of(script: Path) -> str:
        key = (script, os.environ.get("TVAE_RUNS", ""))
        if key not in servers:
            log = tmp_path_factory.mktemp("streamlit") / "log.txt"
            servers[key] = _started(script, log)
        return servers[key][1]

    yield address_of
    for process, _ in servers.values():
        process.terminate()
        process.wait(timeout=10)


def _started(script: Path, log: Path) -> tuple[subprocess.Popen[bytes], str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", str(script), "--server.headless", "true"]
    command += ["--server.address", "127.0.0.1", "--server.port", str(port)]
    command += ["--server.fileWatcherType", "none", "--browser.gatherUsageStats", "false"]
    env = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    with log.open("wb") as out:
        process = subprocess.Popen(command, cwd=ROOT, env=env, stdout=out, stderr=subprocess.STDOUT)
    address = f"http://127.0.0.1:{port}"
    end = time.monotonic() + 60
    while time.monotonic() < end and process.poll() is None:
        try:
            with urllib.request.urlopen(f"{address}/_stcore/health", timeout=2):
                return process, address
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    process.kill()
    process.wait()
    pytest.fail(f"the server of {script.name} did not start:\n{log.read_text(errors='replace')[-2000:]}")
