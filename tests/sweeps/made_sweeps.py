"""Sweeps whose figures are made up, for tests of what shows them."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

from tvae.runs.seeds.figures import MARGINS, ArmFigures, SeedFigures
from tvae.sweeps.plan import Plan
from tvae.sweeps.study import COUNTS, FIGURES, GROUP, RUN, WORKER, Sweep
from tvae.sweeps.work import best_values


def made_sweep(name: str, plan: Plan, runs: Path, done: dict[str, str]) -> None:
    """Lay out a sweep in a folder of runs, of which some groups are done.

    Args:
        done: the id of the run of each group that is done; the first ones in the plan's order.
    """
    laid_out, _ = Sweep.start(name, plan, "", runs)
    laid_out.close()
    sweep = Sweep.open(name, "", runs, to_work=True)

    def objective(trial):
        group = sweep.groups[trial.user_attrs[GROUP]]
        figures = made_figures(group.seed, list(group.config.arms))
        for attribute, value in ((RUN, done[group.id]), (WORKER, "here"), (FIGURES, asdict(figures))):
            trial.set_user_attr(attribute, value)
        return best_values(figures)

    for _ in done:
        sweep.study.optimize(objective, n_trials=1)
    if done:
        sweep.study.set_user_attr(COUNTS, {"validation": 100, "test": 359})
    sweep.close()


def made_figures(seed: int, arms: list[str]) -> SeedFigures:
    """Figures of a run: each arm is 1 % more accurate and 1 worse in error than the one before it."""
    of_arms = {
        arm: ArmFigures(
            triplet_accuracy=tuple(0.80 + 0.01 * place + 0.001 * seed - 0.01 * margin for margin in MARGINS),
            reconstruction=10.0 + place,
            kl=8.0,
        )
        for place, arm in enumerate(arms)
    }
    return SeedFigures(seed=seed, step=100, splits={"validation": of_arms, "test": of_arms})
