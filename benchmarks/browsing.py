"""Starts the app on a free port, and a Chromium to open it in."""

from __future__ import annotations

import contextlib
import os
import platform
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Sequence
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, Page, Playwright, ViewportSize

ROOT = Path(__file__).parents[1]
APP = ROOT / "streamlit_app.py"
FLAGS = "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-sync"
WINDOW: ViewportSize = {"width": 1400, "height": 900}

AT_REST = """() => {
  const now = performance.now();
  const runs = document.querySelector('[data-testid=stApp]')?.dataset.testScriptState !== 'notRunning';
  if (runs || now - window.looked > 100) window.restless = now;
  window.looked = now;
  return now - window.restless > 1000;
}"""


@contextlib.contextmanager
def served(script: Path = APP) -> Iterator[str]:
    """Context with the address of a Streamlit server of this script, which ends with the context."""
    port = free_port()
    command = [sys.executable, "-m", "streamlit", "run", str(script), "--server.headless", "true"]
    command += ["--server.port", str(port), "--server.address", "127.0.0.1"]
    with running(command, port, "/_stcore/health") as address:
        yield address


def free_port() -> int:
    """Number of a port of this machine that no server uses."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


@contextlib.contextmanager
def running(command: Sequence[str | Path], port: int, sign: str = "/") -> Iterator[str]:
    """Context with the address of a server that a command starts at this port, and that ends with the context.

    Args:
        sign: path of a page that it answers once it is ready.
    """
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    server = subprocess.Popen(command, cwd=ROOT, env=env, stdout=subprocess.DEVNULL)
    address = f"http://127.0.0.1:{port}"
    try:
        for _ in range(1200):
            with contextlib.suppress(OSError):
                urllib.request.urlopen(f"{address}{sign}", timeout=1)
                break
            time.sleep(0.05)
        yield address
    finally:
        server.terminate()
        server.wait(timeout=20)


def chromium(playwright: Playwright, webgl: Sequence[str] = ()) -> Browser:
    """Start the system's Chromium without a window.

    Args:
        webgl: switches with which it draws WebGL; none where no page needs it.
    """
    flags = [flag for flag in FLAGS.split() if not webgl or flag != "--disable-gpu"]
    return playwright.chromium.launch(executable_path=shutil.which("chromium"), args=[*flags, *webgl])


def opened(context: BrowserContext) -> Page:
    """Open a page in a window of a usual size."""
    page = context.new_page()
    page.set_viewport_size(WINDOW)
    return page


def settle(page: Page) -> None:
    """Wait until the page has been at rest for a second: no script, and frames that come in time."""
    page.evaluate("() => { window.looked = window.restless = performance.now(); }")
    page.wait_for_function(AT_REST, timeout=120_000)


def machine() -> str:
    """Processor and versions that the measurement ran on, in one line."""
    names = [line.split(":", 1)[1].strip() for line in _lines("/proc/cpuinfo") if line.startswith("model name")]
    load = f"{os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else "unknown"
    return f"{os.cpu_count()} × {(names or [platform.processor() or platform.machine()])[0]}, load {load} at the start"


def _lines(path: str) -> list[str]:
    try:
        return Path(path).read_text(encoding="utf-8").splitlines()
    except OSError:
        return []
