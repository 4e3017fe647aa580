"""Clock: counts the seconds that its blocks take."""

from __future__ import annotations

import time


class Clock:
    """Counts the seconds that pass in its `with` blocks.

    Attributes:
        seconds: of the blocks that have ended, and whatever it is set to.
    """

    def __init__(self) -> None:
        self.seconds = 0.0
        self._since: float | None = None

    def __enter__(self) -> None:
        self._since = time.perf_counter()

    def __exit__(self, *_: object) -> None:
        self.seconds = self.running_seconds
        self._since = None

    @property
    def running_seconds(self) -> float:
        """Seconds up to this moment, a block that has not ended included."""
        return self.seconds + (0.0 if self._since is None else time.perf_counter() - self._since)
