"""Task: work in a thread of its own, with its progress, the time left and a way to cancel it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Generic, TypeVar

from tvae.data.own import TakingInCancelled
from tvae.errors import InputError
from tvae.ui.style.reasons import reason_of
from tvae.ui.style.sentences import with_capital
from tvae.ui.unexpected_errors import logged

Result = TypeVar("Result")
Work = Callable[[Callable[[str, int, int], None], Callable[[], bool]], Result]
"""What a task does: it is given where to report progress (what, done, in all), and what says that it was cancelled."""


class Task(Generic[Result]):
    """Work in a thread, which begins at once and goes on whatever becomes of the page that started it.

    Attributes:
        result: what the work returned; None until then, and where it did not end well.
        error: why it failed, in one line; empty where it did not.
        cancelled: whether it ended because it was cancelled.
    """

    def __init__(self, work: Work[Result]) -> None:
        self.result: Result | None = None
        self.error = ""
        self.cancelled = False
        self._cancel = threading.Event()
        self._progress = ("", 0, 0)
        self._begun = time.monotonic()
        """When what is being done now began."""
        self._thread = threading.Thread(target=self._run, args=(work,), daemon=True, name="own data")
        self._thread.start()

    @property
    def over(self) -> bool:
        """Whether the task has ended, in whichever way."""
        return not self._thread.is_alive()

    def wait(self, seconds: float) -> None:
        """Wait for the end of the task, at most so long."""
        self._thread.join(seconds)

    def cancel(self) -> None:
        """Ask the task to end, which it does after the present image; nothing is kept then."""
        self._cancel.set()

    @property
    def share(self) -> float:
        """Share of the present part of the work that is done."""
        _, done, total = self._progress
        return min(1.0, done / total) if total else 0.0

    @property
    def in_words(self) -> str:
        """Progress in words: the present part of the work, its share, and the seconds left if they can be estimated."""
        what, done, total = self._progress
        if self._cancel.is_set():
            return "Ends …"
        if not total:
            return "Begins …"
        seconds = time.monotonic() - self._begun
        left = f", about {max(1, round(seconds * (total - done) / done))} s left" if done and seconds > 0.5 else ""
        return f"{with_capital(what)}: {done:,} of {total:,}{left if done < total else ''}"

    def _report(self, what: str, done: int, total: int) -> None:
        if what != self._progress[0]:
            self._begun = time.monotonic()
        self._progress = (what, done, total)

    def _run(self, work: Work[Result]) -> None:
        try:
            self.result = work(self._report, self._cancel.is_set)
        except TakingInCancelled:
            self.cancelled = True
        except (InputError, OSError) as error:
            self.error = reason_of(error)
        except Exception as error:
            self.error = logged(error).rstrip(".")
