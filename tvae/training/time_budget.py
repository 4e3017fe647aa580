"""Number of steps that fit into a time budget."""

from __future__ import annotations

BELIEVED_AFTER = 0.3
"""Share of the time after which the speed is believed: as late as can be, for the first second of a process is slow.
The learning rate falls only in the second half, and up to a fifth of the time goes to snapshots; so a run whose number
of steps is found here goes, step by step, as one that had been given that number."""
_FEWEST_STEPS = 5


class TimePlan:
    """The number of steps of a run that is to take a given time.

    Attributes:
        seconds: the time.
        settled: the number of steps, once it is found.
    """

    def __init__(self, seconds: float, most: int, settled: int | None = None) -> None:
        """`most` steps are taken at most."""
        self.seconds, self.settled = seconds, settled
        self._most = most
        self._first: tuple[int, float] | None = None

    def steps(self, step: int, seconds: float, seconds_aside: float, aside_later: float) -> int:
        """Steps in all, as far as is known after `step` steps.

        Args:
            seconds: spent so far.
            seconds_aside: of these, those that were not spent in steps.
            aside_later: seconds still to be spent aside.
        """
        if self.settled is not None:
            return self.settled
        if self._first is None or step < 3:  # the first steps are slower
            self._first = (step, seconds - seconds_aside)
            return self._most
        first_step, first_seconds = self._first
        late = seconds >= self.seconds
        if not late and (seconds < BELIEVED_AFTER * self.seconds or step - first_step < _FEWEST_STEPS):
            return self._most
        a_step = (seconds - seconds_aside - first_seconds) / (step - first_step)
        more = int(max(0.0, self.seconds - seconds - aside_later) / max(a_step, 1e-9))
        self.settled = min(step + more, self._most)
        return self.settled
