"""Child processes: environment, detached from the terminal, lower priority than the app."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import BinaryIO

import psutil

DETACHED = subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.CREATE_NO_WINDOW if sys.platform == "win32" else 0
"""For `Popen(start_new_session=True, creationflags=DETACHED)`: a Ctrl-C in our terminal does not reach the process.

The second argument has an effect on Windows, the first on all other systems.
"""
_OOM_SCORE = Path("/proc/self/oom_score_adj")


def child_environment() -> dict[str, str]:
    """This process's environment, with this package on the path and one thread a library (workers share the cores)."""
    package_parent = str(Path(__file__).resolve().parents[2])
    path = os.pathsep.join([package_parent, *filter(None, [os.environ.get("PYTHONPATH")])])
    one_thread = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    return {**os.environ, **one_thread, "PYTHONPATH": path}


def start_module(
    module: str, *arguments: str, log: BinaryIO | None = None, environment: Mapping[str, str] | None = None
) -> subprocess.Popen[bytes]:
    """Start `python -m MODULE` so that it outlives this process and its terminal.

    Args:
        log: where its words go; None: nowhere.
        environment: variables beside those of `child_environment`.

    Raises:
        OSError: no process can be started.
    """
    words = subprocess.DEVNULL if log is None else log
    return subprocess.Popen(
        [sys.executable, "-m", module, *arguments],
        stdin=subprocess.DEVNULL,
        stdout=words,
        stderr=words,
        cwd=Path(sys.executable).anchor,
        env={**child_environment(), **(environment or {})},
        start_new_session=True,
        creationflags=DETACHED,
    )


def leave_no_zombie(process: subprocess.Popen[bytes]) -> None:
    """Take note of the process's end, whenever it comes: one that nobody asks about stays in the system's table."""
    threading.Thread(target=process.wait, daemon=True).start()


def last_line(log: Path) -> str:
    """The last line that a process wrote into its log, as the reason of its end."""
    with contextlib.suppress(OSError):
        lines = log.read_text(errors="replace").strip().splitlines()
        if lines:
            return lines[-1][:300]
    return "it ended without a word"


def kill_with_children(process: subprocess.Popen[bytes]) -> None:
    """Kill a process that was started in a session of its own, and all its descendants."""
    with contextlib.suppress(psutil.Error, OSError):
        if sys.platform == "win32":
            for child in psutil.Process(process.pid).children(recursive=True):
                child.kill()
        else:
            os.killpg(process.pid, signal.SIGKILL)
    process.kill()
    process.wait()


def lower_priority(niceness: int) -> None:
    """Lower the priority of this process; niceness as on Unix, from 1 to 19."""
    with contextlib.suppress(psutil.Error, OSError):
        if sys.platform == "win32":
            psutil.Process().nice(psutil.BELOW_NORMAL_PRIORITY_CLASS)
        else:
            os.nice(niceness)


def offer_to_end_first() -> None:
    """If memory runs out, have Linux end this process and not the app; other systems have no such setting."""
    with contextlib.suppress(OSError):
        _OOM_SCORE.write_text("500")
