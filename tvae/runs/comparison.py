"""Two runs compared: settings and metrics that differ."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from tvae.config import RunConfig

Better = Literal["higher", "lower", ""]


@dataclass(frozen=True)
class MetricChange:
    """One figure of one arm in two runs, on the test split of each."""

    arm: str
    figure: str
    before: float
    after: float
    better: Better
    """Which way is better; empty where neither is."""

    @property
    def change(self) -> float:
        """After less before."""
        return self.after - self.before


FIGURES: dict[str, Better] = {
    "triplet accuracy at m = 0, %": "higher",
    "squared error": "lower",
    "KL, nats": "",
    "1-NN accuracy, %": "higher",
}


def settings_that_differ(before: RunConfig, after: RunConfig) -> dict[str, tuple[str, str]]:
    """Value of each setting in both, by its name on the command line (an arm's own: `tvae: loss.margin`).

    "-" stands for the settings of an arm that only the other run has.
    """
    first, second = _setting_texts(before), _setting_texts(after)
    values = {name: (first.get(name, "-"), second.get(name, "-")) for name in {**first, **second}}
    return {name: both for name, both in values.items() if both[0] != both[1]}


def _setting_texts(config: RunConfig) -> dict[str, str]:
    """Value of each setting as text, by its name."""
    return {name: f"{value:g}" if isinstance(value, float) else str(value) for name, value in config.settings().items()}


def metric_changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[MetricChange]:
    """The figures of the arms that both runs have, as `evaluate` measured them (metrics.json)."""
    return [
        MetricChange(arm, figure, _figure(before["arms"][arm], figure), _figure(after["arms"][arm], figure), better)
        for arm in before["arms"]
        if arm in after["arms"]
        for figure, better in FIGURES.items()
    ]


def _figure(measured: Mapping[str, Any], figure: str) -> float:
    if figure.startswith("triplet"):
        return 100 * float(measured["triplet_accuracy"]["0"])
    if figure.startswith("1-NN"):
        return 100 * float(measured["knn_accuracy"])
    return float(measured["reconstruction" if figure == "squared error" else "kl"])
