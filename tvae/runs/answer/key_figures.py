"""Three key figures of a run, triplet accuracy, squared error and KL, and their change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tvae.metrics.measurable import NOT_MEASURABLE
from tvae.runs.answer.compared_arms import compared_arms
from tvae.runs.answer.number_texts import (
    accuracy_error,
    number_text,
    percent_texts,
    relative_change,
    signed,
    signed_percent,
)
from tvae.runs.collapsed_arms import collapse_warnings
from tvae.runs.comparison import Better
from tvae.runs.run import Run


@dataclass(frozen=True, kw_only=True)
class KeyFigure:
    """A figure of the last arm beside the same of the first."""

    name: str
    value: str
    before: str = ""
    """Value of the arm that it is compared with; empty where there is none or it is not measurable."""
    change: str = ""
    """Value less `before`, with its unit."""
    verdict: str = ""
    """The change in a word: "better", "worse", "more", "less", "the same"; empty without a change."""
    direction: str = ""
    """The better direction, in words."""


def key_figures(run: Run, arms: Sequence[str], metrics: Mapping[str, Any]) -> list[KeyFigure]:
    """Triplet accuracy at margin 0, squared error and KL of the last arm, and their change from the first."""
    compared = compared_arms(run, arms)
    measured = [metrics["arms"][arm] for arm in compared]
    collapsed = not collapse_warnings(metrics, {}).keys().isdisjoint(compared)
    return [
        _accuracy(measured, collapsed),
        _cost("Squared error", "reconstruction", measured),
        _cost("KL, nats", "kl", measured),
    ]


def _accuracy(measured: Sequence[Mapping[str, Any]], collapsed: bool) -> KeyFigure:
    """Triplet accuracy, of which more is better; that of a collapsed arm is made of ties, and says nothing."""
    shares = [of_arm["triplet_accuracy"].get("0") for of_arm in measured]
    name, direction = "Triplet accuracy", "higher is better"
    if collapsed:
        return KeyFigure(name=name, value=NOT_MEASURABLE, direction="says nothing of a collapsed arm")
    if None in shares:
        return KeyFigure(name=name, value=NOT_MEASURABLE, direction=direction)
    texts = percent_texts(shares, [accuracy_error(of_arm) for of_arm in measured])
    if len(shares) == 1:
        return KeyFigure(name=name, value=texts[0], direction=direction)
    change = 100 * (shares[1] - shares[0])
    words = _change("higher", change, abs(change) < 0.05)
    return KeyFigure(
        name=name,
        value=texts[1],
        before=texts[0],
        change=f"{signed(change, 1)} points",
        verdict=words,
        direction=direction,
    )


def _cost(name: str, figure: str, measured: Sequence[Mapping[str, Any]]) -> KeyFigure:
    """Squared error, of which less is better, or KL, of which less only costs less in the loss."""
    better: Better = "lower" if figure == "reconstruction" else ""
    direction = "lower is better" if better else "a part of the loss"
    values = [float(of_arm[figure]) for of_arm in measured]
    texts = [number_text(value) for value in values]
    if len(values) == 1:
        return KeyFigure(name=name, value=texts[0], direction=direction)
    change = relative_change(*values)
    return KeyFigure(
        name=name,
        value=texts[1],
        before=texts[0],
        change=signed_percent(change),
        verdict=_change(better, change, abs(change) < 0.0005),
        direction=direction,
    )


def _change(better: Better, change: float, same: bool) -> str:
    if same:
        return "the same"
    if not better:
        return "more" if change > 0 else "less"
    return "better" if (change > 0) == (better == "higher") else "worse"
