"""Time axis of a replay: names of its moments, and the places of round times among them."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from jaxtyping import Int

from tvae.runs.run import epochs_text

FEWEST_EPOCHS = 2
"""Least epochs of a replay whose axis counts epochs; a shorter one counts steps."""
MOST_TICKS = 5


@dataclass(frozen=True)
class TimeAxis:
    """Axis of a replay: its moments at even distances, though they are not evenly spaced in time."""

    names: tuple[str, ...]
    """Name of each moment, such as "step 2" within the first epoch and "step 930 (epoch 42.3)" later."""
    unit: str
    """Unit of the axis: "epoch" or "step"."""
    ticks: tuple[tuple[float, str], ...]
    """Round times: the place of each, counted in moments from the first (a fraction between two), and its text."""


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
    in_epochs = "" if step < steps_per_epoch else f" (epoch {epochs_text(step / steps_per_epoch)})"
    return f"step {step:,}{in_epochs}"


def _round_distance(length: float) -> int:
    """Distance of ticks: the least of 1, 2, 5, 10, 20, 50 and so on with at most `MOST_TICKS` in a length."""
    least = max(1.0, length / MOST_TICKS)
    power = 10 ** math.floor(math.log10(least))
    return next(power * size for size in (1, 2, 5, 10) if power * size >= least)
