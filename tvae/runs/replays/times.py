"""Time axis of a replay: what its moments are called, and where round times lie among them."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from jaxtyping import Int

from tvae.runs.run import epochs_text

FEWEST_EPOCHS = 2
"""Of a replay whose axis counts epochs; a shorter one's counts steps."""
MOST_TICKS = 5


@dataclass(frozen=True)
class TimeAxis:
    """The moments of a replay, which are not evenly spaced in time, on an axis on which they are."""

    names: tuple[str, ...]
    """Of each moment, such as "step 2" within the first epoch and "epoch 42.3" later."""
    unit: str
    """What the axis counts: "epoch" or "step"."""
    ticks: tuple[tuple[float, str], ...]
    """Round times: their place in moments from the first, a fraction between two, and their number of units."""


def time_axis(steps: Int[np.ndarray, " moments"], steps_per_epoch: int) -> TimeAxis:
    """The time axis of moments at these steps, ascending."""
    last = int(steps[-1])
    unit, size = ("epoch", steps_per_epoch) if last >= FEWEST_EPOCHS * steps_per_epoch else ("step", 1)
    apart = _round_distance(last / size)
    values = np.arange(0, last // size + 1, apart)
    places = np.interp(values * size, steps, np.arange(len(steps)))
    names = tuple(_name(step, steps_per_epoch) for step in steps.tolist())
    return TimeAxis(names, unit, tuple(zip(places.tolist(), (f"{value:,}" for value in values.tolist()), strict=True)))


def _name(step: int, steps_per_epoch: int) -> str:
    return f"step {step:,}" if step < steps_per_epoch else f"epoch {epochs_text(step / steps_per_epoch)}"


def _round_distance(length: float) -> int:
    """The least of 1, 2, 5, 10, 20, 50 … of which a length holds no more than `MOST_TICKS`."""
    least = max(1.0, length / MOST_TICKS)
    power = 10 ** math.floor(math.log10(least))
    return next(power * size for size in (1, 2, 5, 10) if power * size >= least)
