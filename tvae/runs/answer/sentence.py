"""The answer of a run in one sentence, from its metrics or from the state of its training.

Nothing is counted here. Two arms are compared: the first and the last of those that are shown. Relative changes below
`HARDLY` count as none; the KL is told where it changes by `KL_TELLS` or more, or where it alone changes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tvae.config import LossConfig, option_name, reconstruction_name
from tvae.runs.answer.compared_arms import compared_arms
from tvae.runs.answer.number_texts import accuracy_error, number_text, percent_texts, relative_change, signed_percent
from tvae.runs.arm_names import arm_name
from tvae.runs.collapsed_arms import collapse_warnings
from tvae.runs.comparison import loss_differences
from tvae.runs.run import Run, anchor_sample_of, epochs_text

HARDLY = 0.01
KL_TELLS = 0.05
_THE_TERM = "The triplet loss"
_TRIPLET_WEIGHT = option_name(LossConfig, "triplet_weight")


def answer_in_words(run: Run, arms: Sequence[str], metrics: Mapping[str, Any]) -> str:
    """Effect and cost of the triplet loss, in one sentence of plain text.

    Args:
        arms: those that are shown.
        metrics: as `evaluate` gives them, of the notion that the run is judged by.
    """
    compared = compared_arms(run, arms)
    measured = [metrics["arms"][arm] for arm in compared]
    names = {arm: arm_name(run.config, arm) for arm in run.config.arms}
    warnings = collapse_warnings(metrics, names)
    collapsed = [names[arm] for arm in compared if arm in warnings]
    if collapsed:
        return (
            f"Nothing can be said of triplets here: {' and '.join(collapsed)} "
            f"{'has' if len(collapsed) == 1 else 'have'} collapsed, all images at nearly one place."
        )
    shares = [of_arm["triplet_accuracy"].get("0") for of_arm in measured]
    subject = _subject(run, compared)
    if None in shares:
        return _without_accuracy(subject, measured, metrics["split"])
    texts = percent_texts(shares, [accuracy_error(of_arm) for of_arm in measured])
    triplets = _triplets_in_words(run, measured[-1])
    if len(compared) == 1:
        error, kl = measured[0]["reconstruction"], measured[0]["kl"]
        return (
            f"{texts[0]} of all {triplets} are in the right order with {_loss_in_words(run, compared[0])}, at a "
            f"squared error of {number_text(error)} and a KL of {number_text(kl)} nats; it is the only arm, so nothing "
            "is compared."
        )
    of_the_term = subject.startswith(_THE_TERM)
    other = "without it" if of_the_term else f"with {_loss_in_words(run, compared[0])}"
    if texts[0] == texts[1]:
        beside = f"as many as {other}"
    elif shares[1] < shares[0]:
        beside = f"fewer than {other} ({texts[0]})"
    else:
        beside = f"{texts[0]} {other}"
    order = (
        f"{subject} puts {texts[1]} of all {triplets} in the right order"
        if of_the_term
        else f"{texts[1]} of all {triplets} are in the right order with {_loss_in_words(run, compared[1])}"
    )
    return f"{order}, {beside}; {cost_in_words(*measured)}."


def cost_in_words(before: Mapping[str, Any], after: Mapping[str, Any]) -> str:
    """Words on the cost of the second arm beside the first, such as "it costs 18 % more squared error"."""
    error, kl = (relative_change(before[figure], after[figure]) for figure in ("reconstruction", "kl"))
    changed = abs(error) >= HARDLY
    tells_kl = abs(kl) >= (KL_TELLS if changed else HARDLY)
    parts = [_change_in_words(error, "squared error")] if changed else []
    parts += [_change_in_words(kl, "KL")] if tells_kl else []
    if not parts:
        return "its squared error and its KL hardly change"
    costs = "costs" if (error if changed else kl) > 0 else "has"
    if not changed:
        return f"its squared error hardly changes ({signed_percent(error)}), but it {costs} {parts[0]}"
    joined = " and " if not tells_kl or (error > 0) == (kl > 0) else " but "
    return f"it {costs} {joined.join(parts)}"


def live_answer(run: Run, arms: Sequence[str], row: Mapping[str, Any] | None) -> str:
    """The state of a run that was never measured, in one sentence of plain text.

    Args:
        row: the last of its history, None where there is none yet.
    """
    state = "This run was never measured"
    if not run.provenance.finished:
        state = "This run has not ended, so it was not measured yet"
    if row is None:
        return f"{state}: there is no answer so far."
    compared = compared_arms(run, arms)
    figures = [row["arms"][arm] for arm in compared]
    names = [arm_name(run.config, arm) for arm in compared]
    rows = [
        ("triplet loss", "triplet"),
        (reconstruction_name([run.config.arms[arm] for arm in compared]), "reconstruction"),
        ("KL", "kl"),
    ]
    parts = []
    for name, term in rows:
        values = [number_text(of_arm[term]) for of_arm in figures]
        parts.append(f"{name} {values[-1]}" + (f" ({names[0]} {values[0]})" if len(values) > 1 else ""))
    return f"{state}: at epoch {epochs_text(row['epoch'])}, on its training images, {names[-1]} has {', '.join(parts)}."


def _subject(run: Run, compared: Sequence[str]) -> str:
    """Subject of the sentence: the triplet loss where the two arms differ in it alone, else the last arm."""
    config, last = run.config, compared[-1]
    first, loss = config.arms[compared[0]], config.arms[last]
    if first.triplet_weight or loss_differences(first, loss).keys() != {_TRIPLET_WEIGHT}:
        words = _loss_in_words(run, last)
        return f"The arm with {words}" if words.startswith("weight ") else words
    if sum(arm.triplet_weight > 0 for arm in config.arms.values()) == 1:
        return _THE_TERM
    name = arm_name(config, last)
    if last in run.arms_of_own_notion:
        return f"{_THE_TERM} on {run.arm_notion(last)}"
    return f"{_THE_TERM} {'with' if name.startswith('weight ') else 'of'} {_loss_in_words(run, last)}"


def _loss_in_words(run: Run, arm: str) -> str:
    """An arm's setting in words, such as "weight 10 and margin 1", or its name where it has one."""
    name = arm_name(run.config, arm)
    return name.replace(", ", " and ") if name.startswith("weight ") else name


def _triplets_in_words(run: Run, measured: Mapping[str, Any]) -> str:
    """Name of the triplets that are counted, with their notion of similarity where it is not clear."""
    several = run.judged_by is not None or run.arms_of_own_notion
    words = f"triplets by {run.notion}" if several else "triplets"
    sample = anchor_sample_of(measured)
    return words if sample is None else f"{words} of {sample.counted:,} sampled anchors"


def _without_accuracy(subject: str, measured: Sequence[Mapping[str, Any]], split: str) -> str:
    """The sentence of a run whose images of the split have no triplet, or that was measured at other margins alone."""
    counted = measured[-1]["triplets"]
    why = "order of triplets is not given for margin 0" if counted else f"{split} images have no triplet"
    if len(measured) == 1:
        return f"The {why}; {subject} has a squared error of {number_text(measured[0]['reconstruction'])}."
    gainer = subject[0].lower() + subject[1:] if subject.startswith("The ") else subject
    return f"The {why}, so what {gainer} gains is not measurable; {cost_in_words(*measured)}."


def _change_in_words(change: float, what: str) -> str:
    """A relative change, such as "18 % more KL", or "2.5 times the KL" from twice as much on."""
    if change >= 1:
        times = 1 + change
        return f"{times:,.{0 if times >= 10 else 1}f} times the {what}"
    return f"{100 * abs(change):.0f}\u00a0% {'more' if change > 0 else 'less'} {what}"
