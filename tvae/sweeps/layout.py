"""Start of a sweep: its settings from a grid, checked, and laid out once in its storage."""

from __future__ import annotations

import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import psutil

from tvae.config import LossConfig, RunConfig, with_default_notions
from tvae.data import dataset_identity, image_shape, notion_names
from tvae.errors import InputError, require_int
from tvae.jobs.allowance import check_settings
from tvae.jobs.starting import checked_steps
from tvae.sweeps.code_version import code_version
from tvae.sweeps.plan import BASELINE, CELLS_A_RUN, CELLS_LOSS, Cell, Plan, cells_that_fit, check_distinct, grid_cells
from tvae.system.limits import limits

MEMORY_SHARE = 0.25
"""Share of the machine's memory that the weights of a run's arms may take while they are trained."""
MOST_UNASKED = 2_000
"""Trainings of an arm up to which a sweep is laid out without asking: more take days, and were perhaps not meant."""
LONGEST_NAME = 60


@dataclass(frozen=True, kw_only=True)
class Grid:
    """What a person asks for."""

    margins: Sequence[float] = ()
    weights: Sequence[float] = ()
    """Triplet weights. Without margins and weights the cells are the arms of the config, which is a ladder's."""
    seeds: Sequence[int] = (0, 1, 2)
    cells_a_run: int | None = None
    """None: as many as memory allows, at most as in the ladder that ships."""


def plan_of(
    config: RunConfig,
    grid: Grid,
    *,
    half: bool = False,
    heartbeat: int = 60,
    together: bool = False,
    data_folder: Path | None = None,
) -> Plan:
    """The plan of a sweep, cut into runs.

    Args:
        config: what all runs share. The VAE is its arm without a triplet term, and the cells have the last arm's loss
            but for margin and weight.
        together: train all cells of a seed in one run where the limit of arms and the memory have room, so that one
            run compares them all.

    Raises:
        InputError: no cells, or settings that can't work, before anything is written.
    """
    seeds = tuple(sorted(grid.seeds))
    if not seeds:
        raise InputError("seeds: none, so there is nothing to train; name one at least")
    check_distinct("seeds", seeds)
    for seed in seeds:
        replace(config.train, seed=seed)
    if config.data.triplets:
        raise InputError("data.triplets: a sweep draws its triplets from labels; train given ones one run at a time")
    config = with_default_notions(config, notion_names(config.data.name, data_folder)[0])
    last = next(reversed(config.arms.values()))
    without = (loss for loss in config.arms.values() if not loss.triplet_weight)
    baseline = next(without, replace(last, triplet_weight=0.0))
    cells = _cells(config, grid, baseline)
    most_arms = limits().run_arms
    arms, of_cells = {BASELINE: baseline}, _of_cells(last, baseline)
    if of_cells != baseline:
        arms[CELLS_LOSS] = of_cells
    shared = replace(config, train=replace(config.train, seed=seeds[0]), arms=arms)
    shape = image_shape(config.data.name, data_folder)
    memory = int(MEMORY_SHARE * psutil.virtual_memory().total)
    cells_a_run = grid.cells_a_run
    if cells_a_run is None:
        cells_a_run = cells_that_fit(shape, shared, most_arms, memory, len(cells) if together else CELLS_A_RUN)
    require_int("cells-a-run", cells_a_run, 1, most_arms - 1)
    require_int("heartbeat", heartbeat, 1, 3600)
    plan = Plan(
        config=shared,
        cells=cells,
        seeds=seeds,
        cells_a_run=cells_a_run,
        half=half,
        heartbeat=heartbeat,
        code=code_version(),
        data=dataset_identity(config.data.name, data_folder),
        token=secrets.token_hex(8),
    )
    first = next(plan.groups()).config
    check_settings(first)
    checked_steps(first, data_folder)
    return plan


def checked_sweep_name(name: str) -> str:
    """A sweep's name, which is a folder's name too.

    Raises:
        InputError: it can't be one.
    """
    if not re.fullmatch(rf"[A-Za-z0-9][A-Za-z0-9._-]{{0,{LONGEST_NAME - 1}}}", name):
        raise InputError(
            f"name: {name[:80]!r} is not possible; it must be 1 to {LONGEST_NAME} letters, digits, '-', '_' and '.',"
            " the first one a letter or digit"
        )
    return name


def size_in_words(plan: Plan) -> str:
    """How a sweep is cut into runs, as a sentence without its full stop."""
    groups = -(-len(plan.cells) // plan.cells_a_run)
    most, least = (-(-len(plan.cells) // groups), len(plan.cells) // groups)
    arms = f"{most:,}" if most == least else f"{least:,} or {most:,}"
    runs, seeds = groups * len(plan.seeds), ", ".join(map(str, plan.seeds[:20]))
    return (
        f"{len(plan.cells):,} {_plural(len(plan.cells), 'cell')}, {_plural(len(plan.seeds), 'seed')} {seeds}"
        f"{' and more' if len(plan.seeds) > 20 else ''}: {runs:,} {_plural(runs, 'run')} of {arms}"
        f" {_plural(most, 'cell')} beside the VAE, on the same batches"
    )


def _of_cells(loss: LossConfig, baseline: LossConfig) -> LossConfig:
    """A loss with the VAE's margin and weight: what is left is what its cells share."""
    return replace(loss, margin=baseline.margin, triplet_weight=0.0)


def _cells(config: RunConfig, grid: Grid, baseline: LossConfig) -> dict[str, Cell]:
    if len(config.arms) <= 2:
        return grid_cells(grid.margins, grid.weights)
    for arm, loss in config.arms.items():
        if _of_cells(loss, baseline) != baseline:
            raise InputError(f"arms: {arm} differs from the others in more than margin and triplet weight")
    if grid.margins or grid.weights:
        return grid_cells(grid.margins, grid.weights)
    cells = {}
    for arm, loss in config.arms.items():
        if loss.triplet_weight:
            cells[arm] = Cell(margin=loss.margin, weight=loss.triplet_weight)
    return cells


def _plural(count: int, noun: str) -> str:
    return noun if count == 1 else f"{noun}s"
