"""The virtual environment of the peer libraries, made on demand in the user's cache folder."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import sysconfig
import time
import venv
from collections.abc import Sequence
from pathlib import Path

from platformdirs import user_cache_path

REQUIREMENTS = Path(__file__).with_name("requirements.txt")


TRAINING_PEERS = ("pytorch-metric-learning", "lightning", "disent", "pythae")
"""Peers that train."""
BROWSER_PEERS = ("tensorboard", "jupyterlab", "jupyter-scatter")
"""Peers that show maps in a browser; the others compute maps."""


def requirements() -> list[str]:
    """Requirement of each peer, as pip takes it."""
    lines = REQUIREMENTS.read_text(encoding="utf-8").splitlines()
    return [line.strip() for line in lines if line.strip() and not line.startswith("#")]


def peers_python(wanted: Sequence[str], seconds: float) -> tuple[Path, dict[str, str]]:
    """Interpreter that has the peers, and the reason for each missing peer.

    The environment sees the packages of the running one first-hand, so torch is the very same build and isn't
    fetched again. Its folder is named by what goes into it; what was installed once is kept.

    Args:
        wanted: names of those to install where they aren't yet, with or without their versions.
        seconds: time that installing may take; a peer that it isn't enough for is missing, and comes next time.
    """
    host = sysconfig.get_paths()["purelib"]
    named = hashlib.sha256("\n".join([host, sys.version, *requirements()]).encode()).hexdigest()[:16]
    folder = user_cache_path("tvae") / "benchmarks" / named
    python = folder / ("Scripts" if sys.platform == "win32" else "bin") / "python"
    if not python.exists():
        venv.create(folder, with_pip=True)
    own = subprocess.run(
        [python, "-c", "import sysconfig; print(sysconfig.get_paths()['purelib'])"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()
    Path(own, "host.pth").write_text(host + "\n", encoding="utf-8")
    until = time.monotonic() + seconds
    missing = {}
    names = {name.split("==")[0] for name in wanted}
    for requirement in (line for line in requirements() if line.split("==")[0] in names):
        done = folder / f"{requirement}.installed"
        if not done.exists() and (failure := _install(python, requirement, until - time.monotonic())):
            missing[requirement] = failure
        else:
            done.touch()
    return python, missing


def _install(python: Path, requirement: str, seconds: float) -> str:
    """Install one peer; returns the failure in one line, empty for none."""
    if seconds <= 0:
        return "no time left to install it in this run"
    quick_to_give_up = ["--retries", "1", "--timeout", "10"]  # where there is no network
    command = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *quick_to_give_up, requirement]
    try:
        run = subprocess.run(command, capture_output=True, text=True, timeout=seconds)
    except subprocess.TimeoutExpired:
        return f"not installed within {seconds:.0f} s"
    if run.returncode == 0:
        return ""
    said = [line for line in run.stderr.splitlines() if line.strip() and not line.startswith("WARNING")]
    return said[-1].strip() if said else f"pip ended with {run.returncode}"
