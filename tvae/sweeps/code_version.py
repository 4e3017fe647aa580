"""Version of the code that trains and measures: two workers of one sweep must have the same."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

from tvae.version import VERSION

ROOMS = ("data", "metrics", "model", "training", "runs")
"""Rooms that a run's figures depend on; pages may differ."""


@cache
def code_version() -> str:
    """The program's version and a hash of the sources that a run's figures depend on, such as "0.1.0+3f29c1d0"."""
    package = Path(__file__).parents[1]
    content = hashlib.sha256()
    for path in [package / "config.py", *sorted(path for room in ROOMS for path in (package / room).rglob("*.py"))]:
        content.update(path.relative_to(package).as_posix().encode())
        content.update(path.read_bytes().replace(b"\r\n", b"\n"))
    return f"{VERSION}+{content.hexdigest()[:8]}"
