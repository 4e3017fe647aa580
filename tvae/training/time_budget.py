"""Number of steps that fit into a time budget."""

from __future__ import annotations

BELIEVED_AFTER = 0.3
"""Share of the time after which the measured speed is used: late, because the first second of a process is slow, but
early enough that the number of steps is known before the learning rate falls, in the second half of the steps, with up
to a fifth of the time spent on snapshots. So the run equals, step by step, one that was given that number of steps."""
_FEWEST_STEPS = 5


class TimePlan:
    """The number of steps of a run that is to take a given time.

    Attributes:
        seconds: the time.
        settled: the number of steps; None until it is known.
    """

    def __init__(self, seconds: float, most: int, settled: int | None = None) -> None:
        """
        Args:
            most: steps that are taken at most.
            settled: the number of steps, where a resumed run already knows it.
        """
        self.seconds, self.settled = seconds, settled
        self._most = most
        self._first: tuple[int, float] | None = None

    def steps(self, step: int, seconds: float, seconds_aside: float, aside_later: float) -> int:
        """Number of steps of the whole run, as far as it is known after `step` steps; until then `most`.

        Args:
            seconds: time spent so far.
            seconds_aside: the part of it that was not spent in steps.
            aside_later: seconds that will still be spent on other things than steps.
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
