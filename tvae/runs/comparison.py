"""Two runs compared: which settings differ, whether they are alike, and figures over seeds."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np

from tvae.config import DataConfig, LossConfig, TrainConfig, option_name
from tvae.metrics.uncertainty.seed_noise import LEAST_SEEDS, LEVEL, beyond_noise
from tvae.runs.run import Run, read_metrics

Better = Literal["higher", "lower", ""]
Differences = dict[str, tuple[str, str]]
"""Value of each setting that differs, in the one and in the other, by the setting's name."""
MetricsOf = Callable[[Run], dict[str, Any] | None]
"""Gives the metrics of a run, None where it was not measured."""

SPLITS = ("training images", "test images")
OF_TRIPLETS = tuple(
    option_name(LossConfig, name)
    for name in ("margin", "notion", "triplet_form", "temperature", "triplets", "triplet_warmup", "surgery")
)
"""Settings of a loss that act in its triplet term alone."""
TEMPERATURE = option_name(LossConfig, "temperature")
TRIPLETS = option_name(DataConfig, "triplets")
EPOCHS, SEED, STEP = (option_name(TrainConfig, name) for name in ("epochs", "seed", "step"))

FIGURES: dict[str, Better] = {
    "triplet accuracy at m = 0, %": "higher",
    "its mean over classes, %": "higher",
    "squared error": "lower",
    "KL, nats": "",
    "1-NN accuracy, %": "higher",
}


@dataclass(frozen=True, kw_only=True)
class MetricChange:
    """One figure before and after, on the test split of each: a value for each seed that was trained."""

    arm: str
    figure: str
    before: tuple[float, ...]
    after: tuple[float, ...]
    better: Better
    """The better direction; empty where neither is better."""
    paired: bool
    """Whether the values stand in the order of the same seeds, which share initial weights, triplets and noise."""

    @property
    def change(self) -> float:
        """Mean after less mean before."""
        return float(np.mean(self.after) - np.mean(self.before))

    @property
    def seeds(self) -> int:
        """Seeds of the side that has fewer."""
        return min(len(self.before), len(self.after))

    @property
    def verdict(self) -> Literal["better", "worse", ""]:
        """Whether the change is for the better or the worse, where it is beyond the noise of enough seeds."""
        if not self.better or not beyond_noise(self.before, self.after, paired=self.paired):
            return ""
        return "better" if (self.change > 0) == (self.better == "higher") else "worse"


def loss_differences(before: LossConfig, after: LossConfig) -> Differences:
    """Settings in which two losses differ; those of a triplet term have no effect in a loss without one."""
    first, second = before.options(), after.options()
    if not (before.triplet_weight and after.triplet_weight):
        first = {name: value for name, value in first.items() if name not in OF_TRIPLETS}
    if before.triplet_form == after.triplet_form == "hinge":
        first.pop(TEMPERATURE, None)
    return {
        name: (setting_text(first[name]), setting_text(second[name])) for name in first if first[name] != second[name]
    }


def other_settings(loss: LossConfig) -> dict[str, str]:
    """Settings beside weight and margin of the triplet term in which a loss departs from the defaults, by their words.

    Its notion of similarity is left out: what it is by default depends on the run.
    """
    usual = replace(LossConfig(), triplet_weight=loss.triplet_weight, margin=loss.margin, notion=loss.notion)
    return {loss_word(option): value for option, (_, value) in loss_differences(usual, loss).items()}


def arm_trained_with(arms: Mapping[str, LossConfig], loss: LossConfig) -> str | None:
    """The first arm that was trained with this loss, None where there is none; at triplet weight 0 any margin fits."""
    return next((arm for arm, setting in arms.items() if not loss_differences(setting, loss)), None)


def settings_that_differ(before: Run, after: Run) -> Differences:
    """Settings in which two runs differ, by their names on the command line (an arm's own: `tvae: loss.margin`).

    "-" stands for the settings of an arm that only the other run has. Epochs are those that were trained.
    """
    common = training_differences(before, after)
    first, second = before.config.arms, after.config.arms
    for arm in {**first, **second}:
        if arm in first and arm in second:
            of_arm = loss_differences(first[arm], second[arm])
        elif arm in first:
            of_arm = {name: (setting_text(value), "-") for name, value in first[arm].options().items()}
        else:
            of_arm = {name: ("-", setting_text(value)) for name, value in second[arm].options().items()}
        common |= {f"{arm}: {name}": both for name, both in of_arm.items()}
    return common


def unlike_settings(before: Run, after: Run) -> Differences:
    """Settings that differ beside losses and seed: data, splits, network, training, and the epochs that were trained.

    Two runs without any are alike: a difference of their figures is that of their losses, or noise.
    """
    return {name: both for name, both in training_differences(before, after).items() if name != SEED}


def training_differences(before: Run, after: Run) -> Differences:
    """Settings that differ beside the losses: those of `unlike_settings`, and the seed."""
    first, second = (_conditions(run) for run in (before, after))
    differences = {name: (first[name], second[name]) for name in first if first[name] != second[name]}
    if before.config.data != after.config.data:  # that their images differ goes without saying
        differences = {name: both for name, both in differences.items() if name not in SPLITS}
    return differences


def in_words(differences: Differences) -> str:
    """Differences as a phrase, such as "2 epochs against 20; train.step fast against plain"."""
    parts = []
    for name, (before, after) in differences.items():
        parts.append(f"{before} epochs against {after}" if name == EPOCHS else f"{name} {before} against {after}")
    return "; ".join(parts)


def losses_in_words(differences: Differences) -> str:
    """Differences of two losses as a phrase, such as "triplet weight 0 against 15, margin 1 against 2"."""
    return ", ".join(f"{loss_word(name)} {before} against {after}" for name, (before, after) in differences.items())


def loss_word(option: str) -> str:
    """The setting of a loss as a word, such as "triplet weight" for `loss.triplet-weight`."""
    return option.removeprefix(f"{LossConfig.SECTION}.").replace("-", " ")


def seed_replicates(run: Run, runs: Iterable[Run]) -> list[Run]:
    """The run, and those of `runs` that differ from it in seed alone, each seed once, by seed."""
    by_seed = {run.config.train.seed: run}
    for other in runs:
        differences = settings_that_differ(run, other)
        if differences.keys() == {SEED}:
            by_seed.setdefault(other.config.train.seed, other)
    return [by_seed[seed] for seed in sorted(by_seed)]


def metrics_in_folder(run: Run) -> dict[str, Any] | None:
    """The run's metrics.json.

    Raises:
        InputError: it is garbled.
    """
    return read_metrics(run.folder)


def metric_changes(
    before: Sequence[Run], after: Sequence[Run], metrics_of: MetricsOf = metrics_in_folder
) -> list[MetricChange]:
    """The figures of the arms that two alike runs have both, over the seeds of each.

    An arm with the same loss in both is neither better nor worse: what differs there is noise.

    Args:
        before, after: a run and those that differ from it in seed alone (`seed_replicates`); those that were not
            measured are left out.
        metrics_of: gives a run's metrics.

    Raises:
        InputError: a metrics file is garbled.
    """
    first, second = _measured(before, metrics_of), _measured(after, metrics_of)
    if not first or not second:
        return []
    arms = [arm for arm in next(iter(first.values())) if arm in next(iter(second.values()))]
    changes = [
        _change(arm, figure, first, arm, second, arm)
        for arm in arms
        for figure in FIGURES
        if _is_measured(first, arm, figure) and _is_measured(second, arm, figure)
    ]
    losses = before[0].config.arms, after[0].config.arms
    changed = {arm for arm in arms if loss_differences(losses[0][arm], losses[1][arm])}
    return [change if change.arm in changed else replace(change, better="") for change in changes]


def arm_changes(
    runs: Sequence[Run], first: str, second: str, metrics_of: MetricsOf = metrics_in_folder
) -> list[MetricChange]:
    """The figures of one arm of a run against another's, over the seeds of `runs`; both saw the same images.

    Args:
        metrics_of: gives a run's metrics.

    Raises:
        InputError: a metrics file is garbled.
    """
    measured = _measured(runs, metrics_of)
    figures = [figure for figure in FIGURES if all(_is_measured(measured, arm, figure) for arm in (first, second))]
    return [_change(second, figure, measured, first, measured, second) for figure in figures if measured]


def batches_in_words(run: Run) -> str:
    """Words for the common input of a run's arms: the same batches, or the same images where their notions differ."""
    own = "the same images, each with triplets of them by its own notion of similarity"
    return own if run.arms_of_own_notion else "the same batches"


def seeds_in_words(changes: Sequence[MetricChange]) -> str:
    """Sentence on the number of seeds behind the figures, and whether it allows a verdict."""
    counts = [len(values) for change in changes for values in (change.before, change.after)]
    seeds, most = min(counts, default=0), max(counts, default=0)
    if seeds < LEAST_SEEDS:
        count = {0: "No seed", 1: "One seed", 2: "Two seeds"}[seeds]
        return f"{count}, so no verdict: that takes {LEAST_SEEDS} runs of each that differ in seed alone."
    count = f"{seeds}" if seeds == most else f"{seeds} to {most}"
    return (
        f"Mean ± sample standard deviation over {count} seeds. Better or worse is said where the difference is beyond "
        f"the noise of the seeds (t test, p < {LEVEL:g})."
    )


def _change(
    name: str,
    figure: str,
    before: Mapping[int, Mapping[str, Any]],
    first: str,
    after: Mapping[int, Mapping[str, Any]],
    second: str,
) -> MetricChange:
    return MetricChange(
        arm=name,
        figure=figure,
        before=tuple(_figure(arms[first], figure) for arms in before.values()),
        after=tuple(_figure(arms[second], figure) for arms in after.values()),
        better=FIGURES[figure],
        paired=list(before) == list(after),
    )


def _measured(runs: Sequence[Run], metrics_of: MetricsOf) -> dict[int, Mapping[str, Any]]:
    """The measured arms of each run that was measured, by seed."""
    by_seed = {run.config.train.seed: metrics_of(run) for run in runs}
    return {seed: metrics["arms"] for seed, metrics in by_seed.items() if metrics is not None}


def _conditions(run: Run) -> dict[str, str]:
    """Every setting of a run beside its losses, as text, by name."""
    config, provenance = run.config, run.provenance
    settings = {**config.data.options(), **config.model.options(), **config.train.options()}
    texts = {name: setting_text(value) for name, value in settings.items()}
    texts[EPOCHS] = trained_epochs(run)
    texts[TRIPLETS] = f"given ({config.data.triplets[:8]})" if config.data.triplets else "of the labels"
    for name, split in zip(SPLITS, (provenance.train, provenance.test), strict=True):
        texts[name] = f"{split.n:,} ({split.fingerprint[:8]})"
    texts["started from"] = provenance.started_from or "scratch"
    return texts


def trained_epochs(run: Run) -> str:
    """Epochs that a run was trained for, and how many were planned where it ended early: the schedule depends on it."""
    trained = f"{round(run.trained_epochs, 2):g}"
    if run.provenance.finished:
        return trained
    return f"{trained}, ended early" if run.planned_epochs is None else f"{trained} of {run.planned_epochs}"


def setting_text(value: object) -> str:
    """A setting's value as text; "default" for an empty one, such as the notion of similarity that is not named."""
    return f"{value:g}" if isinstance(value, float) else str(value) or "default"


def _is_measured(by_seed: Mapping[int, Mapping[str, Any]], arm: str, figure: str) -> bool:
    """Whether the labels allowed this figure of an arm to be measured in every run."""
    return all(_value(arms[arm], figure) is not None for arms in by_seed.values())


def _figure(measured: Mapping[str, Any], figure: str) -> float:
    value = float(_value(measured, figure))
    return 100 * value if figure.endswith("%") else value


def _value(measured: Mapping[str, Any], figure: str) -> Any:
    """A figure as metrics.json has it, None where it is not measurable or was not measured yet."""
    if figure.startswith("triplet"):
        return measured["triplet_accuracy"]["0"]
    if figure.startswith("its mean"):
        return measured.get("balanced_triplet_accuracy", {}).get("0")
    return measured[{"1-NN accuracy, %": "knn_accuracy", "squared error": "reconstruction"}.get(figure, "kl")]
