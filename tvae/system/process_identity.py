"""Identity of a process: its number, time of creation and command line (numbers are used again)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import psutil

from tvae.system.moment import boot_id

_TOLERANCE = 5.0
"""Seconds by which two readings of one time of creation may differ: the system's clock is adjusted now and then."""


@dataclass(frozen=True)
class ProcessIdentity:
    """A process that ran at some time, possibly this one."""

    pid: int
    created: float
    """Seconds since 1970, by the system's clock as it was set then."""
    boot: str = ""
    """Identity of the machine's start before it; empty where the system has none."""
    since_boot: float = 0.0
    """Seconds from that start to its creation: that is compared where it is known, since the clock may be set."""

    @property
    def ended_by_restart(self) -> bool:
        """Whether it was created before the machine was last started."""
        if self.boot:
            return self.boot != boot_id()
        return self.created < psutil.boot_time() - _TOLERANCE

    def running(self, is_its_command_line: Callable[[Sequence[str]], bool]) -> psutil.Process | None:
        """The process, ready to be signalled, or None where it has ended, even if another has its number by now.

        psutil itself compares the time of creation again before it signals.
        """
        try:
            process = psutil.Process(self.pid)
            is_same = self._is_created_with(process) and is_its_command_line(process.cmdline())
        except psutil.Error:
            return None
        return process if is_same else None

    def _is_created_with(self, process: psutil.Process) -> bool:
        if self.boot:
            is_same_start = self.boot == boot_id()
            return is_same_start and abs(_since_boot(process) - self.since_boot) < _TOLERANCE
        return abs(process.create_time() - self.created) < _TOLERANCE


def this_process() -> ProcessIdentity:
    """The identity of the process that calls this."""
    return identity_of(psutil.Process())


def identity_of(process: psutil.Process) -> ProcessIdentity:
    """The identity of a running process."""
    return ProcessIdentity(process.pid, process.create_time(), boot_id(), _since_boot(process))


def _since_boot(process: psutil.Process) -> float:
    """Seconds from the machine's start to the creation: both times move with the clock, their difference does not."""
    process = psutil.Process(process.pid)  # which keeps the time of creation as it was first asked for
    return round(process.create_time() - psutil.boot_time(), 2)
