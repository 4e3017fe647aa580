"""Table of a sweep: mean and deviation over seeds of each cell, and the Pareto set over the means."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tvae.data.split import SplitName
from tvae.errors import InputError
from tvae.explore.advice import Figures, on_pareto_frontier
from tvae.runs.seeds.figures import CHOOSING, MARGINS, MEASURED, ArmFigures
from tvae.sweeps.plan import BASELINE, Cell
from tvae.sweeps.study import GroupState


@dataclass(frozen=True, kw_only=True)
class Row:
    """A cell with its figures of every seed that is done."""

    arm: str
    cell: Cell | None
    """None for the VAE, which has neither."""
    by_seed: dict[int, dict[SplitName, ArmFigures]]
    """Figures of each split by seed, ascending."""

    def figures(self, split: SplitName, margin: float) -> list[Figures]:
        """The figures of each seed, with the accuracy at one of `MARGINS`."""
        return [by_split[split].at(margin) for by_split in self.by_seed.values()]

    def means(self, split: SplitName, margin: float) -> Figures | None:
        """The means over seeds; None where none is done."""
        figures = self.figures(split, margin)
        if not figures:
            return None
        return Figures(
            accuracy=statistics.fmean(one.accuracy for one in figures),
            error=statistics.fmean(one.error for one in figures),
            kl=statistics.fmean(one.kl for one in figures),
        )


@dataclass(frozen=True, kw_only=True)
class Table:
    """All cells of a sweep with their figures.

    Attributes:
        choosing: the split that cells are chosen on: validation, where the runs have one, else the test split.
    """

    rows: tuple[Row, ...]
    choosing: SplitName

    def pareto(self, margin: float) -> set[str]:
        """Arms that none beats in accuracy, error and KL at once, by their means on the split that chooses."""
        means = {row.arm: row.means(self.choosing, margin) for row in self.rows}
        done = {arm: figures for arm, figures in means.items() if figures is not None}
        accuracy, error, kl = (
            np.array([getattr(figures, name) for figures in done.values()]) for name in ("accuracy", "error", "kl")
        )
        on_it = on_pareto_frontier(accuracy, error, kl) if done else []
        return {arm for arm, is_on in zip(done, on_it, strict=True) if is_on}

    def to_json(self, margins: Sequence[float]) -> list[dict[str, Any]]:
        """Each cell's figures on the test split as plain values: mean, standard deviation and the value of each seed.

        Args:
            margins: those of `MARGINS` that accuracies are given at; the first is the Pareto set's.
        """
        pareto = self.pareto(margins[0])
        return [
            {
                "arm": row.arm,
                "margin": None if row.cell is None else row.cell.margin,
                "weight": 0.0 if row.cell is None else row.cell.weight,
                "seeds": list(row.by_seed),
                "triplet_accuracy": {
                    f"{margin:g}": _spread([one.accuracy for one in row.figures(MEASURED, margin)])
                    for margin in margins
                },
                "reconstruction": _spread([one.error for one in row.figures(MEASURED, margins[0])]),
                "kl": _spread([one.kl for one in row.figures(MEASURED, margins[0])]),
                "pareto": row.arm in pareto,
            }
            for row in self.rows
        ]


def table_of(cells: Mapping[str, Cell], states: Iterable[GroupState]) -> Table:
    """The table of what is done so far: the VAE, then the cells by margin and weight.

    Args:
        states: of all groups, in order; the VAE's figures of a seed are those of its first group.

    Raises:
        InputError: the storage holds figures that are none.
    """
    by_arm: dict[str, dict[int, dict[SplitName, ArmFigures]]] = {arm: {} for arm in (BASELINE, *cells)}
    for state in states:
        if state.state != "done":
            continue
        figures = state.figures
        for arm in state.group.config.arms:
            if state.group.seed not in by_arm[arm]:
                splits: Any = {name: of_arms[arm] for name, of_arms in figures.splits.items()}
                by_arm[arm][state.group.seed] = splits
    rows = [Row(arm=arm, cell=cells.get(arm), by_seed=dict(sorted(by_seed.items()))) for arm, by_seed in by_arm.items()]
    splits = [by_split for row in rows for by_split in row.by_seed.values()]
    choosing: SplitName = CHOOSING if splits and all(CHOOSING in by_split for by_split in splits) else MEASURED
    return Table(rows=tuple(sorted(rows, key=_place)), choosing=choosing)


def checked_margins(margins: Sequence[float]) -> list[float]:
    """The margins as those of `MARGINS` that they equal, which accuracies are kept at.

    Raises:
        InputError: one is not among them, or there is none.
    """
    if not margins:
        raise InputError("margins: none; name one at least")
    for margin in margins:
        if margin not in MARGINS:
            near = min(MARGINS, key=lambda kept: abs(kept - margin))
            raise InputError(
                f"margins: accuracies are kept from 0 to 1 by 0.025 and from there to 5 by 0.25, so not at {margin:g};"
                f" the nearest is {near:g}"
            )
    return list(margins)


def _spread(values: list[float]) -> dict[str, Any]:
    """Mean and sample standard deviation of the seeds' values, None where they are too few, and these."""
    mean = statistics.fmean(values) if values else None
    return {"mean": mean, "sd": statistics.stdev(values) if len(values) > 1 else None, "by_seed": values}


def _place(row: Row) -> tuple[float, float]:
    return (-1.0, 0.0) if row.cell is None else (row.cell.margin, row.cell.weight)
