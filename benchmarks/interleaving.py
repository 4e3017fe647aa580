"""Times alternatives in turns, A B A B, so that a slow moment of the machine affects all: medians, spreads, ratios."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Timing:
    """Seconds that one alternative took for the same amount of work, one value a round."""

    seconds: tuple[float, ...]

    @property
    def median(self) -> float:
        """Median in seconds."""
        return statistics.median(self.seconds)

    @property
    def spread(self) -> float:
        """Half the distance between the quartiles, as a share of the median."""
        if len(self.seconds) < 2:
            return float("nan")
        low, _, high = statistics.quantiles(self.seconds, n=4, method="inclusive")
        return (high - low) / 2 / self.median


def interleaved(ways: Mapping[str, Callable[[], float]], rounds: int, *, warm_up: int = 1) -> dict[str, Timing]:
    """Call each way once a round; a way returns the seconds that its work took.

    The first `warm_up` rounds are not counted.
    """
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(warm_up + rounds):
        for name, way in ways.items():
            seconds[name].append(way())
    return {name: Timing(tuple(taken[warm_up:])) for name, taken in seconds.items()}


def ratio(slow: Timing, fast: Timing) -> float:
    """Median of the first alternative divided by that of the second."""
    return slow.median / fast.median
