"""Search: further cells between those of the grid, proposed from the figures so far.

The sampler is Optuna's Gaussian process with expected hypervolume improvement: accuracy up, squared error and KL down,
by their means over seeds on the validation split. It proposes margins and weights within those of the grid, on a
logarithmic scale where that has no 0. Optuna's TPE takes a tenth of the trials for good, one cell of a grid of nine,
and then draws blindly: on such a grid with its best weight at 10, 10 of 30 proposals lay within a factor of two of it,
as many as chance puts there; of the Gaussian process all 12 did.
"""

from __future__ import annotations

import secrets
import warnings
from collections.abc import Callable, Mapping, Sequence

import optuna
from optuna.distributions import BaseDistribution, FloatDistribution
from optuna.exceptions import ExperimentalWarning
from optuna.samplers import GPSampler

from tvae.errors import InputError
from tvae.runs.seeds.figures import CHOOSING
from tvae.sweeps.plan import BASELINE, Cell, cell_name
from tvae.sweeps.study import DIRECTIONS
from tvae.sweeps.table import Table, table_of
from tvae.sweeps.work import Ended, Worker

SAMPLER = "a Gaussian process (expected hypervolume improvement)"
LEAST_CELLS = 4
"""Cells with all seeds that it takes to propose others."""
_DIGITS = 3
"""Significant digits of a proposed margin or weight."""
_MOST_DRAWS = 50


def search(worker: Worker, trials: int, say: Callable[[str], None]) -> Ended:
    """Train what waits, then so many further cells with all seeds, as many at a time as a run has.

    Raises:
        InputError: as `proposed_cells`, and what `Worker.work` raises.
    """
    sweep, end = worker.sweep, worker.work()
    while trials > 0 and not end.told_to_end:
        table = table_of(sweep.cells, end.states)
        cells = proposed_cells(table, sweep.plan.seeds, min(trials, sweep.plan.cells_a_run), sweep.cells)
        if not cells:
            say("the search proposes no cell that is not there already")
            break
        say(f"{SAMPLER} proposes {', '.join(cells)}")
        sweep.add_cells(secrets.token_hex(4), cells)
        trials -= len(cells)
        end = worker.work()
    return end


def proposed_cells(table: Table, seeds: Sequence[int], count: int, known: Mapping[str, Cell]) -> dict[str, Cell]:
    """Cells to train next, by the name of their arm: at most `count`, fewer where the sampler only repeats itself.

    Args:
        seeds: of the sweep; cells that lack one are left out.
        known: cells of the sweep, waiting ones too, which are not proposed again.

    Raises:
        InputError: too few cells are done, all have one margin and one weight, or the runs have no validation split.
    """
    done = [row for row in table.rows if row.arm != BASELINE and row.by_seed.keys() >= set(seeds)]
    if len(done) < LEAST_CELLS:
        raise InputError(
            f"trials: {len(done)} cells are done with all seeds; it takes {LEAST_CELLS} to search further, so let"
            " `sweep work` finish the grid"
        )
    if table.choosing != CHOOSING:
        raise InputError(
            "data.validation-share: the runs of this sweep have no validation split, and nothing is chosen on test"
            " figures; a sweep with a share of 0.1 has one"
        )
    distributions = {
        name: distribution
        for name in ("margin", "weight")
        if (distribution := _between([getattr(cell, name) for cell in known.values()])) is not None
    }
    if not distributions:
        raise InputError("trials: all cells have one margin and one weight, so there is nothing between them")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ExperimentalWarning)
        sampler = GPSampler(seed=len(known), n_startup_trials=0, deterministic_objective=False)
    optuna.logging.set_verbosity(optuna.logging.CRITICAL)
    study = optuna.create_study(directions=DIRECTIONS, sampler=sampler)
    for row in done:
        means = row.means(CHOOSING, 0.0)
        assert means is not None and row.cell is not None
        study.add_trial(
            optuna.create_trial(
                params={name: getattr(row.cell, name) for name in distributions},
                distributions=distributions,
                values=[means.accuracy, means.error, means.kl],
            )
        )
    fixed = next(iter(known.values()))
    proposed: dict[str, Cell] = {}
    taken = set(known.values())
    for _ in range(_MOST_DRAWS):
        values = study.ask(distributions).params
        margin, weight = (_rounded(values.get(name, getattr(fixed, name))) for name in ("margin", "weight"))
        cell = Cell(margin=margin, weight=weight)
        if cell not in taken:
            taken.add(cell)
            proposed[cell_name(cell)] = cell
        if len(proposed) == count:
            break
    return proposed


def _between(values: Sequence[float]) -> BaseDistribution | None:
    """Values from the least to the greatest; None where they are equal."""
    low, high = min(values), max(values)
    return None if low == high else FloatDistribution(low, high, log=low > 0)


def _rounded(value: float) -> float:
    return float(f"{value:.{_DIGITS}g}")
