"""Settings of a sweep from the words in its fields."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from tvae.config import TrainConfig
from tvae.errors import InputError
from tvae.runs.run import Run
from tvae.sweeps.layout import MOST_UNASKED, Grid, checked_sweep_name, plan_of
from tvae.sweeps.plan import VALIDATION_SHARE, Plan
from tvae.system.owner import Owner, hashed
from tvae.ui.training.train_setting import in_fast_steps

HEARTBEAT = 10
"""Seconds between two signs of life: the worker and the storage are on one machine, and its cells come back soon."""
MARGINS, WEIGHTS, SEEDS = "0.2, 1, 2", "3, 10, 30", "0, 1, 2"
"""What the fields hold at first: wide steps, of which one sees where to look closer."""


@dataclass(frozen=True, kw_only=True)
class Fields:
    """What stands in the form's fields."""

    name: str
    margins: str = MARGINS
    weights: str = WEIGHTS
    seeds: str = SEEDS
    epochs: float | None


def plan_in(fields: Fields, run: Run, owner: Owner) -> Plan:
    """The plan in the fields, with all else as in the run that is shown.

    Raises:
        Refused: fields with something impossible, with a line for each.
    """
    lines: list[str] = []

    def read(option: str, text: str) -> tuple[float, ...]:
        try:
            return numbers_in(option, text)
        except InputError as error:
            lines.append(str(error))
            return ()

    margins, weights, seeds = (read(option, getattr(fields, option)) for option in ("margins", "weights", "seeds"))
    for seed in seeds:
        if not seed.is_integer():
            lines.append(f"seeds: {seed:g} is not possible; a seed is a whole number")
    epochs = fields.epochs
    if epochs is None or not float(epochs).is_integer():
        lines.append("epochs: it must be a whole number, 1 or more")
    if fields.name:
        try:
            checked_sweep_name(fields.name)
        except InputError as error:
            lines.append(str(error))
    trainings = len(margins) * len(weights) * len(seeds)
    if trainings > MOST_UNASKED:
        lines.append(
            f"cells: {trainings:,} trainings of an arm; a sweep of the app has at most {MOST_UNASKED:,}, and "
            "`python -m tvae sweep start` takes more"
        )
    if lines:
        raise Refused(lines)
    assert epochs is not None
    data = run.config.data
    if not data.validation_share:
        data = replace(data, validation_share=VALIDATION_SHARE)
    try:
        train = replace(run.config.train, epochs=int(epochs), seed=TrainConfig().seed)
        config = in_fast_steps(replace(run.config, data=data, train=train))
        grid = Grid(margins=margins, weights=weights, seeds=tuple(map(int, seeds)))
        return replace(plan_of(config, grid, heartbeat=HEARTBEAT, together=True), owner=hashed(owner))
    except InputError as error:
        raise Refused([str(error)]) from None


class Refused(Exception):
    """Something in the fields is not possible.

    Attributes:
        lines: a line for each.
    """

    def __init__(self, lines: list[str]) -> None:
        super().__init__("; ".join(lines))
        self.lines = lines


def numbers_in(option: str, text: str) -> tuple[float, ...]:
    """The numbers of a field, with commas or spaces between them.

    Raises:
        InputError: there is none, or one is no number.
    """
    words = re.split(r"[,;\s]+", text.strip(" \t,;"))
    numbers = []
    for word in filter(None, words):
        try:
            numbers.append(float(word))
        except ValueError:
            raise InputError(
                f"{option}: {word[:20]!r} is no number; write numbers with commas between them, as in 0.2, 1, 2"
            ) from None
    if not numbers:
        raise InputError(f"{option}: none is named; write one at least, as in 1, or several, as in 1, 2")
    return tuple(numbers)


def free_name(data: str, taken: set[str]) -> str:
    """A name for a sweep on a data set that none has yet, such as "mnist-2"."""
    stem = re.sub(r"[^A-Za-z0-9._-]+", "-", data).strip("-._")[:40] or "sweep"
    number = 1
    while f"{stem}-{number}" in taken:
        number += 1
    return f"{stem}-{number}"
