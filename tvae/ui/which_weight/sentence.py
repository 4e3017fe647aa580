"""The advice in words: arm, gain, cost, next step up, and which bound to loosen where no arm fits."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

from tvae.config import LossConfig
from tvae.explore.advice import Advice, Cost, Ladder, Step

COST_WORDS: dict[Cost, str] = {"error": "squared error", "kl": "KL", "elbo": "error plus KL"}
"""Name of each cost in a sentence."""
NOTABLE = 0.05
"""Share of the baseline's cost from which on it is said that an arm pays in another way than the one chosen."""


def headline(advice: Advice, ladder: Ladder, cost: Cost, name: Callable[[str], str]) -> str:
    """The one sentence of advice, as Markdown; figures are of the test split.

    Args:
        name: what an arm is called.
    """
    if advice.arm is None:
        return "**No arm is within both bounds.**"
    if advice.arm == ladder.baseline:
        accuracy = percent(ladder.test[advice.arm].mean_accuracy)
        return f"Take **{name(advice.arm)}** as it is: {accuracy} of all triplets are in the right order, at no cost."
    arm, baseline = ladder.test[advice.arm], ladder.test[ladder.baseline]
    return (
        f"Take **{name(advice.arm)}**: **{percent(arm.mean_accuracy)}** of all triplets are in the right order, "
        f"{percent(baseline.mean_accuracy)} with {name(ladder.baseline)}, and it "
        f"{'has' if arm.mean_cost < 0 else 'costs'} **{more(arm.mean_cost)} {COST_WORDS[cost]}**."
    )


def scoring(loss: LossConfig | None, margin: float, seeds: int) -> str:
    """Sentence on both margins and on the number of trainings behind the figures of the advice, as Markdown.

    Args:
        loss: of the advised arm; None where none is advised.
        margin: at which the accuracies are scored.
    """
    of = trainings(seeds) if seeds == 1 else f"mean of {trainings(seeds)}"
    scored = f"cored at margin {margin:g}; {of}."
    if loss is None:
        return f"S{scored}"
    trained = f"with margin {loss.margin:g}" if loss.triplet_weight else "without triplets"
    return f"Trained {trained}, s{scored}"


def trainings(count: int) -> str:
    """A number of trainings, such as "3 trainings"."""
    return "one training" if count == 1 else f"{count} trainings"


def details(
    advice: Advice, ladder: Ladder, cost: Cost, name: Callable[[str], str], *, most_cost: float, least_accuracy: float
) -> str:
    """Alternatives to the advice: the next step up, the cheapest within the bounds, the knee; as Markdown."""
    if advice.arm is None:
        return _bound_to_loosen(advice, cost, most_cost, least_accuracy)
    parts = []
    if advice.passed_over is not None:
        parts.append(f"{name(advice.passed_over)} costs more and is no more accurate beyond the noise of the seeds.")
    elif advice.step_up is not None:
        parts.append(f"It is the most accurate with at most {percent(most_cost, 0)} more {COST_WORDS[cost]}.")
    parts.append("No arm is more accurate." if advice.step_up is None else _step(advice.step_up, cost, name))
    if advice.cheapest not in (None, advice.arm, ladder.baseline):
        point = ladder.test[advice.cheapest]
        parts.append(
            f"The cheapest with {percent(least_accuracy, 1)} is {name(advice.cheapest)}: "
            f"{percent(point.mean_accuracy)} for {more(point.mean_cost)}."
        )
    knee = ladder.knee()
    if knee is not None:
        parts.append(
            "It is the knee: beyond it accuracy gets expensive."
            if knee == advice.arm
            else f"The knee, beyond which accuracy gets expensive, is {name(knee)}."
        )
    return " ".join(parts)


def uncounted_cost(arm: str, cost: Cost, ladder: Ladder) -> str:
    """The cost of an arm by the measure that it was not chosen by, as Markdown; empty where it is small.

    Args:
        cost: the other cost, which the ladder's points have.
    """
    added = ladder.test[arm].mean_cost
    return f"It also has {more(added)} {COST_WORDS[cost]}, which this cost does not count." if added >= NOTABLE else ""


def other_losses(arms: Mapping[str, LossConfig], name: Callable[[str], str]) -> str:
    """Sentence on arms whose loss lacks a term that the costs measure, as Markdown; empty where there is none."""
    parts = []
    cross_entropy = [arm for arm, loss in arms.items() if loss.reconstruction == "bernoulli"]
    if cross_entropy:
        parts.append(
            f"{_named(cross_entropy, arms, name)} trained with cross-entropy in place of squared error, which is "
            "measured here all the same."
        )
    without_kl = [arm for arm, loss in arms.items() if not loss.kl_weight]
    if without_kl:
        parts.append(f"{_named(without_kl, arms, name)} trained without the KL term, so nothing kept the KL low.")
    return " ".join(parts)


def _named(some: list[str], arms: Mapping[str, LossConfig], name: Callable[[str], str]) -> str:
    """Names of some of the arms, with their verb."""
    names = "All arms" if len(some) == len(arms) else ", ".join(map(name, some))
    return f"{names} {'was' if len(some) == 1 else 'were'}"


def percent(share: float, places: int = 2) -> str:
    """A share as a percentage."""
    text = f"{100 * share:.{places}f}"
    return f"{text.removesuffix('.0') if places == 1 else text}\u00a0%"


def more(cost: float) -> str:
    """A relative cost, such as "18 % more" or "0.7 % less"."""
    size = abs(100 * cost)
    return f"{size:.{0 if size >= 9.95 else 1}f}\u00a0% {'less' if cost < 0 else 'more'}"


def _step(step: Step, cost: Cost, name: Callable[[str], str]) -> str:
    noise = " (within the noise of the seeds)" if step.in_noise else ""
    return (
        f"The next arm up, {name(step.arm)}, gives {_signed(100 * step.gain, 2)} points{noise} for "
        f"{_signed(100 * step.cost, 0 if abs(step.cost) >= 0.0995 else 1)}\u00a0% {COST_WORDS[cost]}."
    )


def _signed(value: float, places: int) -> str:
    return f"{value:+z.{places}f}".replace("-", "−")


def _bound_to_loosen(advice: Advice, cost: Cost, most_cost: float, least_accuracy: float) -> str:
    """Sentence on which bound to loosen, and by how much, so that an arm fits on the split that chooses."""
    possible = math.floor(1000 * advice.possible_accuracy) / 10  # rounded so that the arm itself still fits
    lower = f"need no more than {possible:g}\u00a0% ({100 * least_accuracy - possible:.1f} points fewer)"
    if advice.needed_cost is None:
        return f"None here has {percent(least_accuracy, 1)} at any cost. Within what you accept, {lower}."
    dearer = math.ceil(100 * advice.needed_cost)
    added = dearer - round(100 * most_cost)
    return f"Either accept {dearer}\u00a0% more {COST_WORDS[cost]} ({added} points more than now), or {lower}."
