"""Which arm to take: accuracy against cost, frontier, knee, the choice within two bounds.

An arm's cost is always set against the run's baseline, the arm without a triplet term, trained on the same images with
the same seed; means are over seeds. Costs are

    error   squared error of an image, as a share of the baseline's
    kl      KL to the prior, as a share of the baseline's
    elbo    nats of the ELBO that are lost: (w_rec / w_kl) * error + KL with the baseline's two weights, which is minus
            the ELBO, without its constant, of a Gaussian decoder with a variance of w_kl / (2 w_rec) a pixel. What an
            arm saves of the one cost and pays of the other cancels here

Arms are chosen by their figures on one split (`Cell.choosing`); what they give is stated on another (`Cell.test`).
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from jaxtyping import Bool, Float

from tvae.config import LossConfig
from tvae.errors import InputError
from tvae.metrics.uncertainty.seed_noise import LEAST_SEEDS, beyond_noise

Cost = Literal["error", "kl", "elbo"]
COSTS: tuple[Cost, ...] = get_args(Cost)
IN_NATS: frozenset[Cost] = frozenset({"elbo"})
"""Costs in nats; the others are shares of the baseline's."""
_COST_NAMES: dict[Cost, str] = {"error": "squared error", "kl": "KL", "elbo": "ELBO"}
LEAST_COST = 1e-9
"""A baseline that costs less has no cost to compare with."""


@dataclass(frozen=True, kw_only=True)
class Figures:
    """Accuracy and costs of an arm, for one seed, on one split, at one margin."""

    accuracy: float
    """Share of triplets in the right order by the margin at least."""
    error: float
    """Squared error of an image, summed over pixels."""
    kl: float
    """KL to the prior, in nats."""


@dataclass(frozen=True, kw_only=True)
class Cell:
    """An arm with its setting, and its figures for each seed in the same order."""

    arm: str
    weight: float
    margin: float
    """Margin in the arm's loss."""
    choosing: tuple[Figures, ...]
    """Figures on the split that the arm is chosen by."""
    test: tuple[Figures, ...]
    """Figures on the test split."""


@dataclass(frozen=True, kw_only=True)
class Point:
    """An arm in the chart: accuracy against cost, a value for each seed."""

    accuracy: tuple[float, ...]
    cost: tuple[float, ...]
    """Cost above the baseline's of the same seed: in nats (`IN_NATS`), or as a share of that: 0.18 is 18 % more."""

    @property
    def mean_accuracy(self) -> float:
        """Mean over seeds."""
        return float(np.mean(self.accuracy))

    @property
    def mean_cost(self) -> float:
        """Mean over seeds."""
        return float(np.mean(self.cost))


@dataclass(frozen=True, kw_only=True)
class Ladder:
    """All arms of a run as points of one cost, on the split that chooses and on the test split."""

    choosing: dict[str, Point]
    test: dict[str, Point]
    baseline: str

    @property
    def arms(self) -> list[str]:
        """Ids of the arms in the run's order."""
        return list(self.choosing)

    def frontier(self) -> list[str]:
        """The arms that none beats in accuracy and cost on the split that chooses, from cheap to dear."""
        points = list(self.choosing.values())
        accuracy = np.array([point.mean_accuracy for point in points])
        cost = np.array([point.mean_cost for point in points])
        on_it = np.flatnonzero(on_pareto_frontier(accuracy, cost))
        order = on_it[np.argsort(cost[on_it], kind="stable")]
        # Of arms that are equal in both the first stands for all.
        by_place = {(cost[place], accuracy[place]): self.arms[place] for place in order[::-1]}
        return list(by_place.values())[::-1]

    def knee(self) -> str | None:
        """The arm of the frontier where a further step begins to cost more than it gives, None of fewer than three.

        Both axes are scaled so that the frontier goes from (0, 0) to (1, 1); the knee is the arm farthest above the
        straight line between these, where accuracy less cost is greatest: the first knee of Kneedle (Satopaa et al.
        2011) without smoothing. None where no arm lies above the line.
        """
        arms = self.frontier()
        if len(arms) < 3:
            return None
        points = [self.choosing[arm] for arm in arms]
        height = _scaled([point.mean_accuracy for point in points]) - _scaled([point.mean_cost for point in points])
        best = int(np.argmax(height))
        return arms[best] if height[best] > 1e-12 else None

    def same_accuracy(self, first: str, second: str) -> bool | None:
        """Whether two arms' accuracies differ by no more than the noise of seeds; None with too few seeds to tell."""
        return self._same(first, second, lambda point: point.accuracy)

    def same_cost(self, first: str, second: str) -> bool | None:
        """Whether two arms' costs differ by no more than the noise of seeds; None with too few seeds to tell."""
        return self._same(first, second, lambda point: point.cost)

    def _same(self, first: str, second: str, values: Callable[[Point], tuple[float, ...]]) -> bool | None:
        before, after = values(self.choosing[first]), values(self.choosing[second])
        return None if len(before) < LEAST_SEEDS else not beyond_noise(before, after, paired=True)


@dataclass(frozen=True, kw_only=True)
class Step:
    """Step from one arm to another: the accuracy gained and the cost added, on the test split."""

    arm: str
    gain: float
    """Accuracy gained, a share of all triplets."""
    cost: float
    """Cost added, in the unit of `Point.cost`."""
    in_noise: bool | None
    """Whether the accuracies differ by no more than the noise of seeds, on the split that chooses; None: too few."""


@dataclass(frozen=True, kw_only=True)
class Advice:
    """The arm to take within the two bounds, and the alternatives to it; `arm` is None where nothing fits."""

    arm: str | None
    """The most accurate of those within the bounds; a cheaper one where it is no less accurate but for noise."""
    passed_over: str | None
    """The most accurate one, where a cheaper one was taken in its place."""
    cheapest: str | None
    """The cheapest arm within the bounds."""
    step_up: Step | None
    """Step to the next more accurate arm of the frontier; None where there is none, or where nothing fits."""
    needed_cost: float | None
    """Where nothing fits: the least cost that has to be accepted for the accuracy needed; None where no arm has it."""
    possible_accuracy: float
    """The greatest accuracy within the accepted cost, on the split that chooses."""


def ladder_of(cells: Sequence[Cell], cost: Cost, nats_of_error: float = 1.0) -> Ladder:
    """The cells as points of one cost.

    Args:
        cells: of one run; the baseline is the first with the least triplet weight, which is 0 in a run with a VAE.
        nats_of_error: of the ELBO for each unit of squared error (see `nats_of_error`).

    Raises:
        InputError: no cells, or a baseline that has nothing of a cost that is set against it as a share.
    """
    if not cells:
        raise InputError("cells: none; a run has at least one arm")
    baseline = min(cells, key=lambda cell: cell.weight)

    def above(figures: Figures, least: Figures) -> float:
        """Cost of figures above the baseline's."""
        if cost in IN_NATS:
            return nats_of_error * (figures.error - least.error) + figures.kl - least.kl
        own = least.error if cost == "error" else least.kl
        if own < LEAST_COST:
            raise InputError(
                f"cost: the {_COST_NAMES[cost]} of arm {baseline.arm} is 0, so no other can be set against it"
            )
        return (figures.error if cost == "error" else figures.kl) / own - 1

    def points(figures_of: Callable[[Cell], tuple[Figures, ...]]) -> dict[str, Point]:
        return {
            cell.arm: Point(
                accuracy=tuple(figures.accuracy for figures in figures_of(cell)),
                cost=tuple(itertools.starmap(above, zip(figures_of(cell), figures_of(baseline), strict=True))),
            )
            for cell in cells
        }

    return Ladder(
        choosing=points(lambda cell: cell.choosing), test=points(lambda cell: cell.test), baseline=baseline.arm
    )


def nats_of_error(baseline: LossConfig) -> float:
    """Nats of the ELBO for each unit of squared error, by the decoder's variance that a loss without triplets implies.

    Raises:
        InputError: a loss without a KL term, which is no ELBO.
    """
    if not baseline.kl_weight:
        raise InputError(f"cost: the {_COST_NAMES['elbo']} takes a VAE with a KL term; it was trained with KL weight 0")
    return baseline.reconstruction_weight / baseline.kl_weight


def advise(ladder: Ladder, *, most_cost: float, least_accuracy: float) -> Advice:
    """The arm to take.

    Of the arms that cost at most `most_cost` and have at least `least_accuracy`, the most accurate; but where one that
    costs less is no less accurate beyond the noise of the seeds, the cheapest such one.

    Args:
        most_cost: greatest accepted mean cost above the baseline's, in the unit of `Point.cost`.
        least_accuracy: least mean accuracy, a share.
    """
    points = ladder.choosing
    within = [arm for arm, point in points.items() if point.mean_cost <= most_cost]
    accurate = [arm for arm, point in points.items() if point.mean_accuracy >= least_accuracy]
    fitting = sorted((arm for arm in accurate if arm in within), key=lambda arm: points[arm].mean_cost)
    possible = max((points[arm].mean_accuracy for arm in within), default=0.0)
    if not fitting:
        return Advice(
            arm=None,
            passed_over=None,
            cheapest=None,
            step_up=None,
            needed_cost=min((points[arm].mean_cost for arm in accurate), default=None),
            possible_accuracy=possible,
        )
    best = max(fitting, key=lambda arm: points[arm].mean_accuracy)
    chosen = next(arm for arm in fitting if arm == best or ladder.same_accuracy(arm, best))
    return Advice(
        arm=chosen,
        passed_over=None if chosen == best else best,
        cheapest=fitting[0],
        step_up=_step_up(ladder, best, chosen),
        needed_cost=None,
        possible_accuracy=possible,
    )


def _step_up(ladder: Ladder, best: str, chosen: str) -> Step | None:
    """Step from the chosen arm to the cheapest of the frontier that is more accurate than `best`."""
    points = ladder.choosing
    higher = (arm for arm in ladder.frontier() if points[arm].mean_accuracy > points[best].mean_accuracy)
    arm = next(higher, None)
    if arm is None:
        return None
    before, after = ladder.test[chosen], ladder.test[arm]
    return Step(
        arm=arm,
        gain=after.mean_accuracy - before.mean_accuracy,
        cost=after.mean_cost - before.mean_cost,
        in_noise=ladder.same_accuracy(chosen, arm),
    )


def on_pareto_frontier(accuracy: Float[np.ndarray, " n"], *costs: Float[np.ndarray, " n"]) -> Bool[np.ndarray, " n"]:
    """Whether each setting is on the Pareto frontier: none is at least as accurate and as cheap, and better in one.

    Args:
        costs: one or more kinds of cost.
    """
    values = np.stack([np.asarray(accuracy, np.float64), *(-np.asarray(cost, np.float64) for cost in costs)])
    no_worse = np.all(values[:, None, :] >= values[:, :, None], axis=0)
    better = np.any(values[:, None, :] > values[:, :, None], axis=0)
    return ~np.any(no_worse & better, axis=1)


def _scaled(values: Sequence[float]) -> Float[np.ndarray, " n"]:
    """The values moved and scaled so that the first is 0 and the last 1."""
    array = np.asarray(values, np.float64)
    return (array - array[0]) / (array[-1] - array[0])
