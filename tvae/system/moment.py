"""Moment: a point in time that other processes can count from, however the system's clock is set.

The clock of a machine is set forward and back: by who hosts it, by a time server, by a start without a battery. A
count of seconds since the machine was started is not. It can be compared between processes, and ends with a restart;
from a moment before that, the system's clock is all there is.
"""

from __future__ import annotations

import json
import sys
import time
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path

from tvae.errors import InputError
from tvae.system.strict_json import Number, checked, read_json

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


@dataclass(frozen=True, kw_only=True)
class Moment:
    """A point in time on this machine."""

    boot: str
    """Identity of the machine's last start; empty where the system has none."""
    since_boot: Number
    """Seconds since then."""
    clock: Number
    """Seconds since 1970 by the system's clock."""

    @property
    def age(self) -> float:
        """Seconds that have passed since; never negative."""
        here = now()
        if here.boot == self.boot and here.since_boot >= self.since_boot:
            return here.since_boot - self.since_boot
        return max(0.0, here.clock - self.clock)

    def to_text(self) -> str:
        """A line of text for `read_moment`."""
        return json.dumps(asdict(self)) + "\n"


def now() -> Moment:
    """This moment."""
    return Moment(boot=boot_id(), since_boot=_since_boot(), clock=time.time())


def read_moment(path: Path) -> Moment | None:
    """The moment that a file holds; where it holds none, that of the file's last change; None where it is missing."""
    try:
        text, changed = path.read_bytes()[:1_000], path.stat().st_mtime
    except OSError:
        return None
    try:
        return checked(read_json(text, str(path)), Moment, str(path))
    except InputError:
        return Moment(boot="none", since_boot=0.0, clock=changed)


@cache
def boot_id() -> str:
    """Identity of the machine's last start, of Linux; empty elsewhere."""
    try:
        return _BOOT_ID.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError):
        return ""


def _since_boot() -> float:
    """Seconds since the machine's start; on Linux those that a laptop slept among them."""
    return time.clock_gettime(time.CLOCK_BOOTTIME) if sys.platform == "linux" else time.monotonic()
