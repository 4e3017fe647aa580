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
from collections.abc import Callable, Iterator, Mapping, Sequence
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
    path = next(filter(None, map(shutil.which, names)), None)
    with sync_playwright() as playwright:
        try:
            running = playwright.chromium.launch(executable_path=path, args=_FLAGS.split())
        except Error:
            _without("no Chromium to be found")
        yield running
        running.close()


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


@pytest.fixture(scope="module")
def free_port() -> int:
    """A port of this machine that is free, for a server that must know its own address beforehand."""
    return _free_port()


@pytest.fixture(scope="session")
def start_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., str]]:
    """Start a Streamlit server by its command and return its address; all are ended with the session."""
    processes: list[subprocess.Popen[bytes]] = []

    def start(
        command: Sequence[str], *, cwd: Path, env: Mapping[str, str], port: int = 0, log: Path | None = None
    ) -> str:
        port = port or _free_port()
        options = ["--server.headless", "true", "--server.address", "127.0.0.1", "--server.port", str(port)]
        log = log or tmp_path_factory.mktemp("streamlit") / "log.txt"
        with log.open("wb") as out:
            process = subprocess.Popen([*command, *options], cwd=cwd, env=env, stdout=out, stderr=subprocess.STDOUT)
        processes.append(process)
        address = f"http://127.0.0.1:{port}"
        end = time.monotonic() + 60
        while time.monotonic() < end and process.poll() is None:
            try:
                with urllib.request.urlopen(f"{address}/_stcore/health", timeout=2):
                    return address
            except (urllib.error.URLError, OSError):
                time.sleep(0.1)
        pytest.fail(f"{' '.join(command)} did not start:\n{log.read_text(errors='replace')[-2000:]}")

    yield start
    for process in processes:
        process.terminate()
    for process in processes:
        process.wait(timeout=60)


@pytest.fixture(scope="session")
def become() -> Callable[[Any, str, str], None]:
    """Make a browser context the person with a token: the cookie is the one that the server gives, the value this."""

    def become(context: Any, address: str, token: str) -> None:
        context.request.get(address, headers={"Accept": "text/html"})
        (cookie,) = (cookie for cookie in context.cookies() if cookie["name"].startswith("tvae-"))
        context.add_cookies([{**cookie, "value": token}])

    return become


@pytest.fixture(scope="session")
def streamlit_app(start_server: Callable[..., str]) -> Callable[[Path], str]:
    """The address of a script's server, which is started once for each folder of runs (TVAE_RUNS)."""
    addresses: dict[tuple[Path, str], str] = {}

    def address_of(script: Path) -> str:
        key = (script, os.environ.get("TVAE_RUNS", ""))
        if key not in addresses:
            command = [sys.executable, "-m", "streamlit", "run", str(script)]
            env = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
            addresses[key] = start_server(command, cwd=ROOT, env=env)
        return addresses[key]

    return address_of
