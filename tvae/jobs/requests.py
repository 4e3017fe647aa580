"""Requests that a worker obeys between two steps: stop, pause, take one step, go slowly."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable

from tvae.jobs.files import JobFiles, State

LOOK_EVERY = 0.05
"""Seconds between two checks for requests."""
SLOW_SECONDS = 1.5
"""Seconds between two steps in teaching mode."""
TOLD_TO_END = "its process was told to end (SIGTERM)"


class Ended(Exception):
    """The run was stopped or interrupted before its last step."""

    def __init__(self, state: State, reason: str = "") -> None:
        super().__init__(reason)
        self.state: State = state
        self.reason = reason


class Requests:
    """Requests to one worker: files in the run's job folder, and signals.

    Attributes:
        within_steps: whether steps are being taken, so that a signal waits for the end of the step.
        ending: whether the run's end is being written, so that a signal changes nothing more.
    """

    def __init__(self, files: JobFiles) -> None:
        self.within_steps = self.ending = False
        self._files = files
        self._signalled = False
        self._checked_at = 0.0
        self._taken_steps = 0
        signal.signal(signal.SIGTERM, self._on_signal)
        signal.signal(signal.SIGINT, self._on_signal)

    def end_if_stopped(self) -> None:
        """Raise `Ended` where the run is asked to stop."""
        if self._files.flag("stop"):
            raise Ended("stopped")

    def obey(self, explain_step: Callable[[], None], show_phase: Callable[[str], None]) -> None:
        """Wait until the next step may be taken, as the requests say: at once, when resumed, or slowly.

        Args:
            explain_step: called before each step that is taken slowly.
            show_phase: called with "paused" or "training" whenever that changes.

        Raises:
            Ended: the run is to stop, or the process was told to end.
        """
        self._end_if_signalled()
        if time.monotonic() < self._checked_at + LOOK_EVERY:
            return
        self._checked_at = time.monotonic()
        self.end_if_stopped()
        explained, shown_phase = False, "training"
        slow_until = time.monotonic() + SLOW_SECONDS
        while (paused := self._files.flag("pause")) or self._files.flag("slow"):
            if not explained and self._files.flag("slow"):
                explain_step()
                explained = True
            if paused and self._files.granted_steps() > self._taken_steps:
                self._taken_steps += 1
                self._checked_at = 0.0  # check again right after this one step
                return
            if not paused and time.monotonic() > slow_until:
                break
            phase = "paused" if paused else "training"
            if phase != shown_phase:
                show_phase(phase)
                shown_phase = phase
            self.end_if_stopped()
            self._end_if_signalled()
            time.sleep(LOOK_EVERY)
        self._taken_steps = self._files.granted_steps()

    def _end_if_signalled(self) -> None:
        if self._signalled:
            self.end_if_stopped()
            raise Ended("interrupted", TOLD_TO_END)

    def _on_signal(self, *_: object) -> None:
        if self._signalled or self.ending:  # a second one would end the writing of the end
            return
        self._signalled = True
        if not self.within_steps:  # otherwise the current step is finished first
            self._end_if_signalled()
