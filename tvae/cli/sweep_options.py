"""Options of the commands on sweeps, as dataclasses that tyro reads."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import tyro

from tvae.cli.options import RunOptions


@dataclass(frozen=True, kw_only=True)
class _InStorage:
    """A sweep in its storage."""

    name: tyro.conf.Positional[str]
    """Name of the sweep: letters, digits, '-', '_' and '.'."""
    storage: str = ""
    """URL of the database that all workers use, such as postgresql://HOST/DATABASE or sqlite:///FILE (default: SQLite
    in the folder of runs, for workers on one machine)."""


@dataclass(frozen=True, kw_only=True)
class StartSweep(RunOptions, _InStorage):
    """Lay out a sweep: every margin with every triplet weight, each with every seed; `sweep work` trains it.

    Cells of a seed are arms of one run, which share its batches, beside the VAE. With --preset ladder and no margins
    and weights the cells are that ladder's arms. Starting it again with the same settings changes nothing, but for
    cells that have failed: they wait again.
    """

    margins: tuple[float, ...] = ()
    """Margins to train with."""
    weights: tuple[float, ...] = ()
    """Triplet weights to train with."""
    seeds: tuple[int, ...] = (0, 1, 2)
    """Seeds of each cell."""
    cells_a_run: int | None = None
    """Cells that one run trains side by side (default: 11, or as many as memory allows). Fewer make more runs, for more
    workers; each trains the VAE too."""
    heartbeat: int = 60
    """Seconds between two signs of life of a worker; one that gave none for three times as long loses its cells."""
    yes: bool = False
    """Lay out more than 2,000 trainings without asking."""


@dataclass(frozen=True, kw_only=True)
class WorkOnSweep(_InStorage):
    """Train what waits in a sweep until nothing waits or runs; any number of workers may do so at once.

    Runs are trained in the background, one at a time, in the folder of runs (TVAE_RUNS). Ctrl-C or SIGTERM stops the
    run so that it can be resumed. The exit status is 0 if all cells are trained, else 1.
    """

    results: Path | None = None
    """Folder that all workers share: finished runs are put there for `sweep collect`, and what another worker needs to
    go on with an unfinished one."""
    dir: Path | None = None
    """Folder of the data sets (default: TVAE_DATA, else the user's cache folder)."""


@dataclass(frozen=True, kw_only=True)
class ShowSweep(_InStorage):
    """Show a sweep's cells: mean and standard deviation over seeds on the test split, and the Pareto set.

    A cell is in the Pareto set where no other beats its means of accuracy, error and KL at once on the validation
    split.
    """

    margins: tuple[float, ...] = (0.0,)
    """Margins at which triplet accuracy is counted; the first is the Pareto set's."""
    json: bool = False
    """Print one JSON object."""


@dataclass(frozen=True, kw_only=True)
class SearchSweep(WorkOnSweep):
    """Train further cells between those of the grid, where few are expected to be beaten, with every seed.

    They are proposed by Optuna's Gaussian process (expected hypervolume improvement) from the figures on the validation
    split: accuracy up, squared error and KL down.
    """

    trials: int = 8
    """Number of further cells."""


@dataclass(frozen=True, kw_only=True)
class CollectSweep(_InStorage):
    """Bring the finished runs of a sweep into this machine's folder of runs, each with the figures of all seeds."""

    results: Path
    """Folder that the workers have put them in."""
