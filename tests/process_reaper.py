"""Ends every process that a test session leaves, once its standard input ends: python process_reaper.py MARK.

A test's processes carry the session's mark in their environment, also those that their starter does not know: workers
outlive the server that started them. The input is a pipe to the test process, and ends with it, however it ends.
"""

from __future__ import annotations

import contextlib
import os
import sys

import psutil

VARIABLE = "TVAE_TEST_SESSION"


def marked_processes(mark: str) -> list[psutil.Process]:
    """All processes with this mark except this one."""
    processes = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):  # it has ended, or is another user's
            if process.pid != os.getpid() and process.environ().get(VARIABLE) == mark:
                processes.append(process)
    return processes


def main(mark: str) -> None:
    """Wait for the end of the input, and end them."""
    sys.stdin.read()
    for process in marked_processes(mark):
        with contextlib.suppress(psutil.Error):
            process.kill()


if __name__ == "__main__":
    main(sys.argv[1])
