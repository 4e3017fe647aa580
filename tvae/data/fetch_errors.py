"""Errors of fetching a data set, and the type of the callback that receives its progress."""

from __future__ import annotations

from collections.abc import Callable

from tvae.errors import InputError

Progress = Callable[[str, int, int | None], None]
"""Called with the name of what is being fetched, the bytes done, and the total bytes where they are known."""


class DataUnavailable(InputError):
    """A data set is neither on this machine nor can be downloaded; the message says what was tried and what to do."""


class SourceFailed(Exception):
    """One source failed; the message says why, and the next source is tried."""


def one_line(text: object, longest: int = 200) -> str:
    """A text made fit for a message: no line breaks, no control characters, at most `longest` characters."""
    words = " ".join("".join(c if c.isprintable() else " " for c in str(text)).split())
    return words if len(words) <= longest else words[: longest - 1] + "…"
