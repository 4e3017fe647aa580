"""Identity of a process: its number, time of creation and command line (numbers are used again)."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import psutil

_TOLERANCE = 5.0
"""Seconds by which two readings of one time of creation may differ: the system's clock is adjusted now and then."""


@dataclass(frozen=True)
class ProcessIdentity:
    """A process that ran at some time, possibly this one."""

    pid: int
    created: float
    """Seconds since 1970."""

    @property
    def ended_by_restart(self) -> bool:
        """Whether it was created before the machine was last started."""
        return self.created < psutil.boot_time() - _TOLERANCE

    def running(self, is_its_command_line: Callable[[Sequence[str]], bool]) -> psutil.Process | None:
        """The process, ready to be signalled, or None where it has ended, even if another has its number by now.

        psutil itself compares the time of creation again before it signals.
        """
        try:
            process = psutil.Process(self.pid)
            is_same = abs(process.create_time() - self.created) < _TOLERANCE and is_its_command_line(process.cmdline())
        except psutil.Error:
            return None
        return process if is_same else None


def this_process() -> ProcessIdentity:
    """The identity of the process that calls this."""
    return ProcessIdentity(os.getpid(), psutil.Process().create_time())
