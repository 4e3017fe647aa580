"""LadderView: the run of several arms that the page compares, and the figures of its seeds."""

from __future__ import annotations

from dataclasses import dataclass

from tvae.explore.advice import IN_NATS, Cell, Cost, Ladder, ladder_of, nats_of_error
from tvae.model.encoding import Encoding
from tvae.runs.available import readable_runs
from tvae.runs.run import Run
from tvae.runs.seeds.figures import MEASURED, SeedFigures, choosing_split, figures_of_arms, ladder_cells
from tvae.ui import cached, measured
from tvae.ui.style.arm_text import arm_text
from tvae.ui.style.captions import notions_after

FEWEST_ARMS = 3
"""A run of fewer arms has no trade to show."""


@dataclass(frozen=True, kw_only=True)
class LadderView:
    """The run whose arms are compared, with its figures of each seed."""

    run: Run
    encoding: Encoding
    """Encoding of the test split."""
    figures: list[SeedFigures]

    @property
    def seeds(self) -> int:
        """Number of seeds that were measured."""
        return len(self.figures)

    @property
    def split(self) -> str:
        """The split that arms are chosen on."""
        return choosing_split(self.figures)

    def cells(self, margin: float) -> list[Cell]:
        """The arms' figures with accuracies at a margin of `seeds.figures.MARGINS`."""
        return ladder_cells(self.run, self.figures, margin)

    def points(self, cost: Cost, margin: float) -> Ladder:
        """The arms as points of a cost.

        Raises:
            InputError: the baseline costs nothing, or has no ELBO where that is the cost.
        """
        cells = self.cells(margin)
        if cost not in IN_NATS:
            return ladder_of(cells, cost)
        baseline = min(cells, key=lambda cell: cell.weight).arm
        return ladder_of(cells, cost, nats_of_error(self.run.config.arms[baseline]))

    def name(self, arm: str) -> str:
        """An arm's name, as Markdown."""
        return arm_text(self.run.config, arm)

    @property
    def source(self) -> str:
        """Data and run that the figures were measured on, as Markdown."""
        run = self.run
        seeds = [str(of_seed.seed) for of_seed in self.figures]
        counts = f"n = {run.provenance.split(MEASURED).n:,}"
        if self.split != MEASURED:
            counts = f"{counts}, and {self.split} split, n = {run.provenance.split(self.split).n:,}"
        of_seeds = f"seed {seeds[0]}" if len(seeds) == 1 else f"seeds {', '.join(seeds)}"
        return f"{run.config.data.name} test split, {counts}; training {of_seeds}; run {run.name}{notions_after(run)}"


def ladder_view(run: Run, encoding: Encoding) -> LadderView | None:
    """The run shown where it has enough arms, else a ladder of its data set: one that ships, or one's own.

    Raises:
        InputError: the figures that it keeps can't be read.
    """
    runs = readable_runs(cached.run_folders().values())
    if len(run.config.arms) >= FEWEST_ARMS:
        return _view(run, encoding, runs)
    for other in runs:
        if len(other.config.arms) >= FEWEST_ARMS and other.config.data.name == run.config.data.name:
            encoded = cached.encoding(other)
            if encoded is not None and other.provenance.finished:
                return _view(other, encoded, runs)
    return None


def _view(run: Run, encoding: Encoding, runs: list[Run]) -> LadderView:
    figures = cached.seed_figures(run, runs) if run.judged_by is None else []
    if not figures:  # judged by another notion of similarity, or without curves in its folder: counted now
        of_arms = figures_of_arms(encoding, measured.curves(run, encoding))
        figures = [SeedFigures(seed=run.config.train.seed, step=run.step, splits={MEASURED: of_arms})]
    return LadderView(run=run, encoding=encoding, figures=figures)
