"""A share of images, its Wilson interval, and whether two shares differ."""

from __future__ import annotations

import math
from dataclasses import dataclass

from tvae.errors import require_int

_Z = 1.959963984540054
"""Half width of a 95 % interval in standard errors: the 97.5 % quantile of the standard normal distribution."""


@dataclass(frozen=True)
class Share:
    """A share of n independent images.

    Raises:
        InputError: n is not a whole number from 1 up, or `hits` not one from 0 to n.
    """

    hits: int
    n: int

    def __post_init__(self) -> None:
        require_int("n of a share", self.n, 1)
        require_int("hits of a share", self.hits, 0, self.n)

    @property
    def value(self) -> float:
        """The share, in [0, 1]."""
        return self.hits / self.n

    @property
    def interval(self) -> tuple[float, float]:
        """95 % interval (Wilson 1927). It has a length at 0 and at 1 too, where the standard error is 0."""
        middle = (self.value + _Z**2 / (2 * self.n)) / (1 + _Z**2 / self.n)
        half = _Z / (1 + _Z**2 / self.n) * math.sqrt(self.value * (1 - self.value) / self.n + (_Z / (2 * self.n)) ** 2)
        return max(0.0, middle - half), min(1.0, middle + half)

    def differs_from(self, other: Share) -> bool:
        """Whether the 95 % interval of the difference leaves 0 out (Newcombe 1998, method 10, independent samples)."""
        less, more = sorted((self, other), key=lambda share: share.value)
        return more.value - less.value > math.hypot(more.value - more.interval[0], less.interval[1] - less.value)
