"""Content of a report as plain text and numbers, for every form of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from statistics import mean, stdev
from typing import Any

import numpy as np
from jaxtyping import Int64

from tvae.config import LossConfig, option_name, reconstruction_name
from tvae.explore.example_images import first_of_each_class
from tvae.export.material import WRITTEN_BY, Material
from tvae.figures.arm_styles import ArmStyle, arm_styles
from tvae.glossary import WORDS
from tvae.maps.parameters import LEAST_ROWS, METHOD_NAMES
from tvae.maps.projection import Layout
from tvae.metrics.measurable import number_text, percent_text
from tvae.metrics.triplet_curve import TripletCurve
from tvae.runs.answer.compared_arms import compared_arms
from tvae.runs.answer.key_figures import KeyFigure, key_figures
from tvae.runs.answer.measured import measured_in_words
from tvae.runs.answer.number_texts import relative_change, signed, signed_percent
from tvae.runs.answer.search import search_in_words
from tvae.runs.answer.sentence import answer_in_words
from tvae.runs.collapsed_arms import collapse_warnings
from tvae.runs.comparison import loss_word, other_settings, setting_text, trained_epochs
from tvae.runs.encodings import read_curves
from tvae.runs.evaluation import evaluate, triplet_curves
from tvae.runs.finishing import DEFAULT_MARGINS
from tvae.runs.history import read_history
from tvae.runs.metrics_form import HistoryRow
from tvae.runs.run import epochs_text, read_metrics
from tvae.runs.seeds.figures import MARGINS, ArmFigures, SeedFigures
from tvae.runs.seeds.file import read_seed_figures
from tvae.runs.triplets.words import GIVEN_PARTS, given_text, share_text

EVERY_LOSS = tuple(
    option_name(LossConfig, name)
    for name in ("margin", "triplet_weight", "kl_weight", "reconstruction_weight", "reconstruction", "notion")
)
"""Settings of a loss that the report always shows; others where an arm makes use of them."""
MOST_EXAMPLES = 10
"""Test images that are shown beside their reconstructions."""
DEFINED = (
    "triplet",
    "margin",
    "triplet accuracy",
    "mean over classes",
    "squared error",
    "KL",
    "nearest-neighbour accuracy",
    "R-precision",
    "MAP@R",
    "active units",
    "seed",
    "split",
)
"""Words of the glossary that the report's figures need."""


@dataclass(frozen=True, kw_only=True)
class TableRow:
    """A figure of each compared arm, and the difference of the last from the first."""

    name: str
    values: tuple[str, ...]
    difference: str
    """Empty where there is a single arm or nothing to subtract."""
    direction: str
    """The better direction, in words; empty where there is none."""


@dataclass(frozen=True)
class ReportContent:
    """What every form of the report says."""

    material: Material
    metrics: Mapping[str, Any]
    """Metrics of the split, of all arms of the run, as `evaluate` gives them."""
    curves: Mapping[str, TripletCurve]
    """Triplet accuracy by margin of each exported arm; empty where the labels allow no triplet."""
    history: Sequence[HistoryRow]
    seeds: Sequence[SeedFigures] = ()
    """Figures of the split for several seeds, the run's own among them; empty where its folder has none."""

    @property
    def title(self) -> str:
        """The arms and the data."""
        names = list(self.material.names.values())
        arms = " and ".join(names) if len(names) < 3 else f"{len(names)} arms"
        return f"{arms} on {self.material.run.config.data.name}"

    @property
    def compared(self) -> tuple[str, ...]:
        """The two arms that the answer compares, or the only one."""
        return compared_arms(self.material.run, self.material.arms)

    @property
    def names(self) -> tuple[str, ...]:
        """Readable names of the compared arms."""
        return tuple(self.material.names[arm] for arm in self.compared)

    @property
    def styles(self) -> dict[str, ArmStyle]:
        """Name and colour of each exported arm, by the arm."""
        styles = arm_styles(self.material.run.config)
        return {arm: styles[arm] for arm in self.material.arms}

    @property
    def answer(self) -> str:
        """The answer of the run in one sentence."""
        return answer_in_words(self.material.run, self.material.arms, self.metrics)

    @property
    def use(self) -> str:
        """Sentence on what the order of triplets is good for; empty where it is not measured."""
        return search_in_words(self.material.run, self.material.arms, self.metrics)

    @property
    def key_figures(self) -> list[KeyFigure]:
        """Triplet accuracy, squared error and KL, with their change."""
        return key_figures(self.material.run, self.material.arms, self.metrics)

    @property
    def measured(self) -> str:
        """The images, triplets and seed behind the answer, in words."""
        return measured_in_words(self.material.run, self.material.arms, self.metrics)

    @property
    def warnings(self) -> list[str]:
        """What a reader must know before any figure, a sentence each."""
        collapsed = collapse_warnings(self.metrics, self.material.names)
        ended = self.material.run.provenance.finished
        unfinished = [] if ended else ["Not finished: training was ended before its last step."]
        return unfinished + [warning for arm, warning in collapsed.items() if arm in self.material.arms]

    @property
    def table(self) -> list[TableRow]:
        """The figures of the compared arms."""
        return [self._row(*figure, self.compared) for figure in self._figures()]

    @property
    def every_arm(self) -> list[TableRow]:
        """The same figures of every exported arm, where they are more than the compared ones."""
        if len(self.material.arms) <= len(self.compared):
            return []
        return [self._row(*figure, self.material.arms) for figure in self._figures()]

    def _figures(self) -> list[tuple[str, Callable[[Mapping[str, Any]], float | None], str, str]]:
        """Name, value, kind and better direction of each row."""
        first = next(iter(self.metrics["arms"].values()))

        def accuracy(by: str, margin: str) -> Callable[[Mapping[str, Any]], float | None]:
            return lambda arm: arm[by].get(margin)

        rows = [
            (f"triplet accuracy at m = {m}", accuracy("triplet_accuracy", m), "%", "higher is better")
            for m in first["triplet_accuracy"]
        ]
        if "0" in first.get("balanced_triplet_accuracy", {}):
            balanced = accuracy("balanced_triplet_accuracy", "0")
            rows.append(("its mean over classes at m = 0", balanced, "%", "higher is better"))
        return [
            *rows,
            ("squared error an image", lambda arm: arm["reconstruction"], "3", "lower is better"),
            ("KL, nats", lambda arm: arm["kl"], "3", ""),
            ("1-NN accuracy, leave one out", lambda arm: arm["knn_accuracy"], "%", "higher is better"),
            ("R-precision", lambda arm: arm["r_precision"], "%", "higher is better"),
            ("MAP@R", lambda arm: arm["map_at_r"], "4", "higher is better"),
            ("silhouette", lambda arm: arm["silhouette"], "4", "higher is better"),
            (f"active units of {self.material.run.config.model.latent_dim}", lambda arm: arm["active_units"], "0", ""),
        ]

    def _row(
        self,
        name: str,
        value: Callable[[Mapping[str, Any]], float | None],
        kind: str,
        direction: str,
        arms: Sequence[str],
    ) -> TableRow:
        values = [value(self.metrics["arms"][arm]) for arm in arms]
        texts = [percent_text(v) if kind == "%" else number_text(v, int(kind)) for v in values]
        difference = ""
        if len(arms) == 2 and values[0] is not None and values[1] is not None:
            change = values[1] - values[0]
            if kind == "%":
                difference = f"{signed(100 * change, 2)} points"
            else:
                difference = signed(change, int(kind))
                if kind == "3":
                    difference += f" ({signed_percent(relative_change(values[0], values[1]))})"
        unbroken = tuple(text.replace(" %", "\u00a0%") for text in texts)
        return TableRow(name=name, values=unbroken, difference=difference, direction=direction)

    @property
    def over_seeds(self) -> list[TableRow]:
        """Mean and sample standard deviation of the compared arms' figures over the seeds; empty of a single one."""
        if not self.seeds:
            return []

        def accuracy(margin: float) -> Callable[[ArmFigures], float]:
            return lambda arm: 100 * arm.triplet_accuracy[MARGINS.index(margin)]

        by_arm = {arm: [of_seed.splits[self.metrics["split"]][arm] for of_seed in self.seeds] for arm in self.compared}
        figures: list[tuple[str, Callable[[ArmFigures], float], int, str, str]] = [
            (
                f"triplet accuracy at m = {margin}",
                accuracy(float(margin)),
                2,
                "%",
                "higher is better",
            )
            for margin in next(iter(self.metrics["arms"].values()))["triplet_accuracy"]
            if float(margin) in MARGINS
        ]
        figures += [
            ("squared error an image", lambda arm: arm.reconstruction, 3, "", "lower is better"),
            ("KL, nats", lambda arm: arm.kl, 3, "", ""),
        ]
        rows = []
        for name, value, places, unit, direction in figures:
            values = [[value(of_seed) for of_seed in arm] for arm in by_arm.values()]
            difference = ""
            if len(values) == 2:
                changes = [after - before for before, after in zip(*values, strict=True)]
                unit_of_change = "\u00a0points" if unit else ""
                difference = f"{signed(mean(changes), places)} ± {stdev(changes):.{places}f}{unit_of_change}"
            texts = (f"{mean(ones):.{places}f} ± {stdev(ones):.{places}f}" for ones in values)
            cells = tuple(f"{text}\u00a0%" if unit else text for text in texts)
            rows.append(TableRow(name=name, values=cells, difference=difference, direction=direction))
        return rows

    @property
    def seeds_note(self) -> str:
        """What the figures over seeds are of, in words."""
        numbers = ", ".join(str(of_seed.seed) for of_seed in self.seeds)
        return (
            f"Mean ± sample standard deviation of {len(self.seeds)} trainings that differ in their seed alone "
            f"({numbers}), on the {self.metrics['split']} split; a difference is of both arms of one training."
        )

    @property
    def given(self) -> list[TableRow]:
        """Accuracy of each exported arm on the triplets that the run was given; empty where it drew its own."""
        if "given_triplets" not in self.metrics:
            return []
        arms = [self.metrics["arms"][arm]["given_triplets"] for arm in self.material.arms]
        return [
            TableRow(
                name=f"{name}, m = {margin}",
                values=tuple(share_text(arm[part], margin).replace(" %", "\u00a0%") for arm in arms),
                difference="",
                direction="",
            )
            for part, name in GIVEN_PARTS.items()
            if self.metrics["given_triplets"][part]
            for margin in arms[0][part]["accuracy"]
        ]

    @property
    def given_note(self) -> str:
        """Numbers of given triplets, in words."""
        text = given_text(self.metrics["given_triplets"])
        return f"{text[0].upper()}{text[1:]}."

    @property
    def losses(self) -> list[TableRow]:
        """Setting of the loss of each exported arm."""
        losses = [self.material.run.config.arms[arm] for arm in self.material.arms]
        options = [loss.options() for loss in losses]
        others = {word for loss in losses for word in other_settings(loss)}
        return [
            TableRow(
                name=loss_word(option),
                values=tuple(setting_text(of_arm[option]) for of_arm in options),
                difference="",
                direction="",
            )
            for option in LossConfig().options()
            if option in EVERY_LOSS or loss_word(option) in others
        ]

    @property
    def settings(self) -> dict[str, str]:
        """Value of each setting that the arms share, by its option on the command line."""
        config = self.material.run.config
        options = {**config.data.options(), **config.model.options(), **config.train.options()}
        return {name: setting_text(value) for name, value in options.items()}

    @property
    def facts(self) -> dict[str, str]:
        """How the figures were measured, by topic."""
        run, metrics = self.material.run, self.metrics
        provenance, config = run.provenance, run.config
        record = provenance.split(metrics["split"])
        facts = {
            "Images": (
                f"{metrics['split']} split of {config.data.name}, n = {metrics['n']:,}, {record.height} × "
                f"{record.width} pixels, {'grey' if record.channels == 1 else 'colour'}; SHA-256 {record.fingerprint}"
            ),
            "Training": (
                f"{provenance.train.n:,} training images, {trained_epochs(run)} epochs, {provenance.step:,} steps of "
                f"{config.train.batch_size} triplets, in {provenance.seconds:,.0f} s on {provenance.device}; started "
                f"{provenance.started}"
            ),
            "Seeds": (
                f"one training, seed {config.train.seed}: initial weights, triplets and noise come from it, the same "
                "for every arm. "
                + (self.seeds_note if self.seeds else "Nothing here says how much another seed would change.")
            ),
            "Judged by": run.notion,
            "Triplets": self.measured,
            "Reconstruction": f"from the mean μ; while training {reconstruction_name(config.arms.values())}",
        }
        if provenance.started_from:
            facts["Start"] = f"each arm went on from its own weights in {provenance.started_from}"
        if self.layout is not None:
            facts["Maps"] = self.map_note
        versions = ", ".join(f"{name} {version}" for name, version in provenance.versions.items())
        facts["Versions"] = f"trained with {versions}; this report is by {WRITTEN_BY}"
        return facts

    @property
    def definitions(self) -> dict[str, str]:
        """Explanation of each word that the figures need."""
        explanations = {word.name: word.explanation for word in WORDS}
        return {word: explanations[word] for word in DEFINED}

    def commands(self, form: str, out: str) -> list[tuple[str, str]]:
        """What each command does, and the command; RUN is the run's folder.

        Args:
            form: name of the format of this report.
            out: where it is written again.
        """
        split = self.metrics["split"]
        margins = " ".join(next(iter(self.metrics["arms"].values()))["triplet_accuracy"])
        arms = "".join(f" --arm {arm}" for arm in self.material.arms)
        arms = "" if len(self.material.arms) == len(self.material.run.config.arms) else arms
        images = "" if self.material.images is not None else " --no-images"
        return [
            ("trains the run", self.material.run.provenance.command),
            ("counts the figures", f"python -m tvae evaluate RUN --split {split} --margins {margins} --json"),
            ("computes the maps", "python -m tvae layouts RUN"),
            (
                "writes this report",
                f"python -m tvae export RUN --to {form} --out {out} --split {split}{arms}{images}",
            ),
        ]

    @cached_property
    def layout(self) -> Layout | None:
        """The layout of the maps: the one that the app shows first, or another that is kept; None of too few images."""
        if len(self.material.encoding.labels) < LEAST_ROWS:
            return None
        return next(self.material.layouts[method] for method in METHOD_NAMES if method in self.material.layouts)

    @property
    def map_note(self) -> str:
        """What a reader of the maps must know."""
        assert self.layout is not None
        method = METHOD_NAMES[self.layout.method]
        words = f"{method} of the means μ; each point is an image"
        if len(self.compared) > 1:
            words += ", and the second map is turned and scaled to lie like the first"
        trusted = "; ".join(
            f"{self.material.names[arm]} {self.layout.fidelity[arm].trustworthiness_text}" for arm in self.compared
        )
        meaning = "" if method == "PCA" else " Distances between groups and their sizes mean nothing on such a map."
        return f"{words}. Trustworthiness: {trusted}.{meaning}"

    @property
    def examples(self) -> Int64[np.ndarray, " k"]:
        """Places, among the samples that the encoding keeps, of the images that are shown with reconstructions."""
        classes = self.material.encoding.labels[self.material.encoding.sample_rows]
        return first_of_each_class(classes, MOST_EXAMPLES)

    @property
    def measured_on(self) -> str:
        """Split, n, seed and run, for the caption of a chart."""
        run = self.material.run
        return (
            f"{run.config.data.name} {self.metrics['split']} split, n = {self.metrics['n']:,}, training seed "
            f"{run.config.train.seed}, run {run.name}"
        )

    @property
    def trained_on(self) -> str:
        """Training images, epochs, seed and run, for the caption of a curve of the training."""
        run = self.material.run
        return (
            f"{run.config.data.name} training images, n = {run.provenance.train.n:,}, "
            f"{epochs_text(run.trained_epochs)} epochs, training seed {run.config.train.seed}, run {run.name}"
        )


def report_content(material: Material) -> ReportContent:
    """The content of a report on the arms of this material, measured on its split.

    What the run keeps of its test split is read; of another split, or where the run was never measured, it is counted.
    """
    run, encoding = material.run, material.encoding
    metrics = read_metrics(run.folder) if encoding.split == "test" else None
    if metrics is None:
        metrics = evaluate(run, encoding, DEFAULT_MARGINS)
    curves = {}
    if metrics["arms"][material.arms[0]]["triplets"]:
        curves = read_curves(run, encoding.split) or triplet_curves(encoding)
    seeds = read_seed_figures(run) or []
    known = len(seeds) > 1 and all(encoding.split in of_seed.splits for of_seed in seeds)
    return ReportContent(
        seeds=seeds if known else (),
        material=material,
        metrics=metrics,
        curves={arm: curve for arm, curve in curves.items() if arm in material.arms},
        history=read_history(run.folder),
    )
