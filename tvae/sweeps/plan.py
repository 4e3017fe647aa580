"""Plan of a sweep: its cells, and the runs that they are cut into."""

from __future__ import annotations

import itertools
import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Any

from msgspec import Meta

from tvae.config import LossConfig, RunConfig
from tvae.errors import InputError, require_schema
from tvae.model.layers import ImageShape, architecture
from tvae.system.strict_json import Line, Number, checked

BASELINE = "vae"
"""Arm of every run without a triplet term, which the others are compared with."""
CELLS_LOSS = "tvae"
"""Arm of a plan's config whose loss the cells have, but for margin and weight, where it is not the VAE's."""
MOST_CELLS = 1_000_000
CELLS_A_RUN = 11
"""Cells of a run at most, where nothing else is asked for: with the VAE twelve arms, as in the ladder that ships."""
VALIDATION_SHARE = 0.1
"""Share of the training images that a sweep holds out to choose on, where nothing else is asked for."""
BYTES_A_WEIGHT = 16
"""Memory that training takes for each weight of an arm: the weight, its gradient and Adam's two moments, as float32."""
_SCHEMA = 1


@dataclass(frozen=True, kw_only=True)
class Cell:
    """Margin and triplet weight of a loss."""

    margin: float
    weight: float


@dataclass(frozen=True, kw_only=True)
class Group:
    """Cells that are trained in one run, with one seed."""

    id: str
    """Name of the group in its sweep, such as "0-2": the seed and the part of the cells."""
    config: RunConfig
    """Settings of the run: the VAE and the cells are its arms."""

    @property
    def seed(self) -> int:
        """Seed of the run."""
        return self.config.train.seed

    def title(self, sweep: str) -> str:
        """Name of the group's run, such as "grid: seed 0, m0.2-w1 to m1-w30"."""
        cells = [arm for arm in self.config.arms if arm != BASELINE]
        return f"{sweep}: seed {self.seed}, {cells[0]}" + (f" to {cells[-1]}" if len(cells) > 1 else "")


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What a sweep trains; stored when it is laid out and never changed."""

    config: RunConfig
    """Settings that all runs share. Its arm is the VAE, whose loss all cells have but for margin and weight; where they
    differ in more, such as the prior, `CELLS_LOSS` is a second arm."""
    cells: Mapping[str, Cell]
    """Cells of the grid by the name of their arm."""
    seeds: tuple[int, ...]
    cells_a_run: int
    half: bool = False
    """Keep weights and encodings as float16."""
    heartbeat: int = 60
    """Seconds between two signs of life of a worker. One that gave none for three times as long has lost its cells."""
    code: str
    """Version of the code (see `code_version`)."""
    data: str
    """Name and content of the data set (see `dataset_identity`)."""
    token: str
    """Random text that no other sweep has, also one of the same name in another storage."""
    owner: str = ""
    """Hash of who started it in the app (see `tvae.system.owner`); empty: the command line."""

    @property
    def grace(self) -> int:
        """Seconds without a sign of life after which a worker's cells are given to another."""
        return 3 * self.heartbeat

    def groups(self, cells: Mapping[str, Cell] | None = None, name: str = "") -> Iterator[Group]:
        """The runs that these cells are cut into, or else those of the grid: for each seed parts of nearly equal size.

        Args:
            name: a part of the groups' ids, for cells beyond the grid.
        """
        cells = self.cells if cells is None else cells
        parts = list(_parts(list(cells), self.cells_a_run))
        baseline = self.config.arms[BASELINE]
        of_cells = self.config.arms.get(CELLS_LOSS, baseline)
        for seed in self.seeds:
            for number, arms in enumerate(parts):
                losses = {
                    arm: replace(of_cells, margin=cells[arm].margin, triplet_weight=cells[arm].weight) for arm in arms
                }
                yield Group(
                    id=f"{seed}-{name}{number}",
                    config=replace(
                        self.config,
                        train=replace(self.config.train, seed=seed),
                        arms={BASELINE: baseline, **losses},
                    ),
                )

    def same_settings(self, other: Plan) -> bool:
        """Whether another plan trains the same cells in the same runs with the same code on the same data."""
        return replace(self, token="") == replace(other, token="")

    def to_json(self) -> dict[str, Any]:
        """Plain values that `from_json` takes back unchanged."""
        return {
            "schema": _SCHEMA,
            "config": self.config.to_json(),
            "cells": {arm: [cell.margin, cell.weight] for arm, cell in self.cells.items()},
            "seeds": list(self.seeds),
            "cells_a_run": self.cells_a_run,
            "half": self.half,
            "heartbeat": self.heartbeat,
            "code": self.code,
            "data": self.data,
            "token": self.token,
            "owner": self.owner,
        }

    @classmethod
    def from_json(cls, plain: object, where: str) -> Plan:
        """Plan from the plain values that `to_json` returned.

        Raises:
            InputError: they are of another version, or no plan.
        """
        values = checked(plain, dict[str, Any], where)
        require_schema(values.pop("schema", None), _SCHEMA, where)
        config = RunConfig.from_json(values.pop("config", None))
        form = checked(values, _Form, where)
        return cls(
            config=config,
            cells=cells_from_json(form.cells, where),
            seeds=form.seeds,
            cells_a_run=form.cells_a_run,
            half=form.half,
            heartbeat=form.heartbeat,
            code=form.code,
            data=form.data,
            token=form.token,
            owner=form.owner,
        )


@dataclass(frozen=True, kw_only=True)
class _Form:
    """What a stored plan holds beside its config."""

    cells: dict[str, Any]
    seeds: Annotated[tuple[int, ...], Meta(min_length=1)]
    cells_a_run: Annotated[int, Meta(ge=1)]
    half: bool
    heartbeat: Annotated[int, Meta(ge=1)]
    code: Line
    data: Line
    token: Annotated[str, Meta(pattern=r"\A[0-9a-f]{16}\Z")]  # a part of files' names
    owner: Line = ""


def cells_from_json(plain: object, where: str) -> dict[str, Cell]:
    """Cells by the name of their arm, from a list of margin and weight for each.

    Raises:
        InputError: they are no such lists, or there is none.
    """
    pairs = checked(plain, dict[str, tuple[Number, Number]], where)
    if not pairs:
        raise InputError(f"{where}: no cells; there must be one at least")
    return {arm: Cell(margin=float(margin), weight=float(weight)) for arm, (margin, weight) in pairs.items()}


def grid_cells(margins: Sequence[float], weights: Sequence[float]) -> dict[str, Cell]:
    """Each margin with each weight, by the name of its arm.

    Raises:
        InputError: none, too many, the same twice, a weight of 0, or one that no loss can have.
    """
    for option, values in (("margins", margins), ("weights", weights)):
        if not values:
            raise InputError(f"{option}: none, so there is no cell to train; name one at least")
        check_distinct(option, values)
    if len(margins) * len(weights) > MOST_CELLS:
        raise InputError(f"cells: {len(margins) * len(weights):,}; a sweep has at most {MOST_CELLS:,}")
    if 0 in weights:
        raise InputError("weights: 0 is the VAE, which every run trains beside its cells; leave it out")
    for margin in margins:
        LossConfig(margin=margin)
    for weight in weights:
        LossConfig(triplet_weight=weight)
    ordered = (Cell(margin=margin, weight=weight) for margin in sorted(margins) for weight in sorted(weights))
    cells = {cell_name(cell): cell for cell in ordered}
    if len(cells) < len(margins) * len(weights):
        raise InputError("cells: two differ in the thirteenth digit or later of a number; name one of them")
    return cells


def cell_name(cell: Cell) -> str:
    """Name of a cell's arm, such as "m0.2-w10"."""
    return f"m{_digits(cell.margin)}-w{_digits(cell.weight)}"


def check_distinct(option: str, values: Sequence[float]) -> None:
    """Check that no value is there twice.

    Raises:
        InputError: one is.
    """
    value, times = Counter(values).most_common(1)[0]
    if times > 1:
        raise InputError(f"{option}: {value:.17g} is there twice; name it once")


def cells_that_fit(
    image_shape: ImageShape, config: RunConfig, most_arms: int, memory: int, most: int = CELLS_A_RUN
) -> int:
    """Number of cells of a run: `most`, or as many as the limit of arms and the memory have room for.

    Args:
        most_arms: that a run may have.
        memory: bytes that the weights of all arms may take while they are trained.
    """
    shapes = architecture(image_shape, config.model).weight_shapes().values()
    arm = BYTES_A_WEIGHT * sum(math.prod(shape) for shape in shapes)
    return max(1, min(most, most_arms - 1, memory // arm - 1))


def _parts(arms: list[str], most: int) -> Iterator[list[str]]:
    """The arms in as few parts as have at most so many, of nearly equal size."""
    count = -(-len(arms) // most)
    ends = [round(len(arms) * place / count) for place in range(count + 1)]
    for begin, end in itertools.pairwise(ends):
        yield arms[begin:end]


def _digits(value: float) -> str:
    """A number as a part of an arm's name, which has no plus sign."""
    return f"{value:.12g}".replace("+", "")
