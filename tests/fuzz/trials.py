"""One trial of a reader: what came of it, and how long and how large it was."""

from __future__ import annotations

import time
import traceback
import unicodedata
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from hypothesis import HealthCheck, Phase, settings
from hypothesis.strategies import SearchStrategy

from tvae.errors import InputError

GENERATE = settings(
    phases=[Phase.generate],
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),  # type: ignore
)
"""Only makes files: what gets through is kept as it is, and time and memory are measured here."""
MOST_SECONDS = 5.0
"""Seconds of a processor that a reader may take for one file: the files are small."""
MOST_MEMORY = 400 * 2**20
"""Bytes by which the process may grow while one file is read."""
LONGEST_MESSAGE = 4_000
"""Characters: a file of triplets has its first twenty wrong rows named."""
ABSENT = object()
"""What a reader gives for a file that counts as absent, as its docstring says."""
_ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Reader:
    """A reader of a file that may come from someone else."""

    name: str
    contents: SearchStrategy[bytes]
    """Changed files."""
    read: Callable[[bytes], object]
    """Reads a file, and uses what was read as the app does; where there is a writer, the value comes back from it."""
    refusals: tuple[type[Exception], ...] = (InputError,)
    """Errors by which it refuses a file, as its docstring says."""


@dataclass(frozen=True)
class Outcome:
    """What came of one file."""

    refused: bool = False
    """Whether the reader refused the file, or took it for absent; else it gave a value."""
    escaped: str = ""
    """What got through, by its kind: an error that is no refusal, a wrong message, much time or memory."""


def trial(reader: Reader, content: bytes) -> Outcome:
    """Have a reader read a file."""
    refused = False
    seconds, memory = time.process_time(), _begin_peak()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            refused = reader.read(content) is ABSENT
    except reader.refusals as refusal:
        refused = True
        if problem := _message_problem(str(refusal)):
            return Outcome(refused, f"{problem} ({_place(refusal)})")
    except Exception as error:
        return Outcome(refused, f"{type(error).__name__} ({_place(error)})")
    if time.process_time() - seconds > MOST_SECONDS:
        return Outcome(refused, f"more than {MOST_SECONDS:g} s of a processor")
    if _peak() - memory > MOST_MEMORY:
        return Outcome(refused, f"more than {MOST_MEMORY >> 20} MB")
    return Outcome(refused)


def _message_problem(message: str) -> str:
    if len(message) > LONGEST_MESSAGE:
        return "a message of many characters"
    if any(unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp") for character in message):
        return "a message with a control character"
    return "" if message.strip() else "an empty message"


def _place(error: Exception) -> str:
    """Where in our own code an error came from."""
    frames = [
        frame for frame in traceback.extract_tb(error.__traceback__) if Path(frame.filename).is_relative_to(_ROOT)
    ]
    inner = frames[-1]
    return f"{Path(inner.filename).relative_to(_ROOT)}:{inner.lineno}"


def _begin_peak() -> int:
    """Begin to measure the greatest memory anew; its present value."""
    Path("/proc/self/clear_refs").write_text("5")
    return _peak()


def _peak() -> int:
    """Bytes that the process had at most since `_begin_peak`."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM"))
