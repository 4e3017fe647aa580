"""The advice in words: arm, gain, cost, next step up, and which bound to loosen where no arm fits."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

from tvae.config import LossConfig
from tvae.explore.advice import IN_NATS, Advice, Cost, Ladder, Step

COST_WORDS: dict[Cost, str] = {"error": "squared error", "kl": "KL", "elbo": "the ELBO"}
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
        f"{_has_or_costs(arm.mean_cost, cost)} **{cost_text(arm.mean_cost, cost)}**."
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
        parts.append(f"It is the most accurate with at most {_bound(most_cost, cost)}.")
    parts.append("No arm is more accurate." if advice.step_up is None else _step(advice.step_up, cost, name))
    if advice.cheapest not in (None, advice.arm, ladder.baseline):
        point = ladder.test[advice.cheapest]
        parts.append(
            f"The cheapest with {percent(least_accuracy, 1)} is {name(advice.cheapest)}: "
            f"{percent(point.mean_accuracy)} for {cost_text(point.mean_cost, cost, named=False)}."
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
    return f"It also has {cost_text(added, cost)}, which this cost does not count." if added >= NOTABLE else ""


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


def cost_text(value: float, cost: Cost, *, named: bool = True) -> str:
    """A cost above the baseline's, such as "18 % more squared error" or "2.2 nats of the ELBO".

    Args:
        named: whether the cost's name is in it.
    """
    if cost in IN_NATS:
        text = f"{abs(value):.{1 if abs(value) >= 0.95 else 2}f}\u00a0nats"
        return f"{text} of {COST_WORDS[cost]}" if named else f"{text}{' gained' if value < 0 else ''}"
    return f"{more(value)} {COST_WORDS[cost]}" if named else more(value)


def _has_or_costs(value: float, cost: Cost) -> str:
    if value >= 0:
        return "costs"
    return "gains" if cost in IN_NATS else "has"


def _bound(most_cost: float, cost: Cost) -> str:
    """A greatest accepted cost, such as "25 % more squared error"."""
    if cost in IN_NATS:
        return f"{most_cost:g}\u00a0{'nat' if most_cost == 1 else 'nats'} of {COST_WORDS[cost]} lost"
    return f"{percent(most_cost, 0)} more {COST_WORDS[cost]}"


def _step(step: Step, cost: Cost, name: Callable[[str], str]) -> str:
    noise = " (within the noise of the seeds)" if step.in_noise else ""
    if cost in IN_NATS:
        added = f"{_signed(step.cost, 1 if abs(step.cost) >= 0.95 else 2)}\u00a0nats"
    else:
        share = _signed(100 * step.cost, 0 if abs(step.cost) >= 0.0995 else 1)
        added = f"{share}\u00a0% {COST_WORDS[cost]}"
    return f"The next arm up, {name(step.arm)}, gives {_signed(100 * step.gain, 2)} points{noise} for {added}."


def _signed(value: float, places: int) -> str:
    return f"{value:+z.{places}f}".replace("-", "−")


def _bound_to_loosen(advice: Advice, cost: Cost, most_cost: float, least_accuracy: float) -> str:
    """Sentence on which bound to loosen, and by how much, so that an arm fits on the split that chooses."""
    possible = math.floor(1000 * advice.possible_accuracy) / 10  # rounded so that the arm itself still fits
    lower = f"need no more than {possible:g}\u00a0% ({100 * least_accuracy - possible:.1f} points fewer)"
    if advice.needed_cost is None:
        return f"None here has {percent(least_accuracy, 1)} at any cost. Within what you accept, {lower}."
    # Both controls move in whole steps: of a tenth of a nat, or of a percent.
    steps, unit = (10, "nats") if cost in IN_NATS else (100, "points")
    dearer = math.ceil(steps * advice.needed_cost)
    added = dearer - round(steps * most_cost)
    apart = f"{added / 10:g}" if cost in IN_NATS else str(added)
    return f"Either accept {_bound(dearer / steps, cost)} ({apart} {unit} more than now), or {lower}."
