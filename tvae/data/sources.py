"""Progress callback and errors shared by all sources."""

from __future__ import annotations

from collections.abc import Callable

from tvae.errors import InputError

Progress = Callable[[str, int, int | None], None]
"""Called with what is being fetched, the bytes done, and the bytes in all where they are known."""


class DataUnavailable(InputError):
    """A data set could not be had; the message is one line: what was tried and what to do."""


class SourceFailed(Exception):
    """One source cannot give what is wanted; the message says why, and the next source is tried."""


def one_line(text: object, longest: int = 200) -> str:
    """Other people's words, fit for a message: no line breaks, no control characters, not without end."""
    words = " ".join("".join(c if c.isprintable() else " " for c in str(text)).split())
    return words if len(words) <= longest else words[: longest - 1] + "…"
