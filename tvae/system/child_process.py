"""Child processes: environment, detached from the terminal, lower priority than the app."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from pathlib import Path

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
