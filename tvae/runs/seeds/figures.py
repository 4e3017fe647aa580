"""Figures of a run's arms for one seed: triplet accuracy at many margins, error and KL, by split."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Annotated

from msgspec import Meta

from tvae.data import Split
from tvae.data.split import SplitName
from tvae.errors import InputError
from tvae.explore.advice import Cell, Figures
from tvae.metrics.measurable import has_triplet
from tvae.metrics.triplet_curve import TripletCurve
from tvae.model.encoding import Encoding
from tvae.runs.encodings import read_curves, read_encoding
from tvae.runs.run import Run
from tvae.system.strict_json import Amount, Share, Whole

MARGINS = tuple(round(0.025 * place, 3) for place in (*range(41), *range(50, 201, 10)))
"""Margins that accuracies are kept at: fine from 0 to 1, where most arms fall, then by 0.25 to 5."""
CHOOSING: SplitName = "validation"
MEASURED: SplitName = "test"
_DIGITS = 6
"""Decimal places that are kept: of a share a ten-thousandth of a percent."""


@dataclass(frozen=True, kw_only=True)
class ArmFigures:
    """Accuracies, error and KL of one arm of one run on one split."""

    triplet_accuracy: Annotated[tuple[Share, ...], Meta(min_length=len(MARGINS), max_length=len(MARGINS))]
    """Share of all triplets at each of `MARGINS`."""
    reconstruction: Amount
    """Squared error of an image, summed over pixels, from the mean."""
    kl: Amount
    """KL in nats, summed over latents."""

    def at(self, margin: float) -> Figures:
        """The figures with the accuracy at one of `MARGINS`."""
        return Figures(accuracy=self.triplet_accuracy[MARGINS.index(margin)], error=self.reconstruction, kl=self.kl)


@dataclass(frozen=True, kw_only=True)
class SeedFigures:
    """Figures of one run: its seed, the step of its weights, and the figures of each split by arm."""

    seed: Annotated[int, Meta(ge=0)]
    step: Whole
    splits: dict[str, dict[str, ArmFigures]]


def figures_of_arms(encoding: Encoding, curves: dict[str, TripletCurve]) -> dict[str, ArmFigures]:
    """The figures of an encoded split, whose curves reach from margin 0 to 5."""
    return {
        name: ArmFigures(
            triplet_accuracy=tuple(round(curves[name].at(margin).accuracy, _DIGITS) for margin in MARGINS),
            reconstruction=round(float(arm.errors.mean(dtype=float)), _DIGITS),
            kl=max(0.0, round(float(arm.kl.sum(dtype=float)), _DIGITS)),  # rounding may leave it below
        )
        for name, arm in encoding.arms.items()
    }


def measured_figures(
    run: Run, splits: Iterable[Split], on_part: Callable[[str], None] = lambda part: None
) -> SeedFigures:
    """The figures of a trained run on these splits; on the test split from its folder where that holds them.

    Args:
        on_part: called after each part of each arm, with its name in `measuring.SECONDS`.

    Raises:
        InputError: labels that allow no triplet, weights that don't fit, or a split that is not the run's.
    """
    from tvae.runs.evaluation import encode_split, triplet_curves  # imports torch

    by_split = {}
    for split in splits:
        if not has_triplet(split.labels):
            raise InputError(f"{run.folder}: the labels of the {split.name} split allow no triplet")
        encoding, curves = None, None
        if split.name == MEASURED:
            encoding, curves = read_encoding(run, MEASURED), read_curves(run, MEASURED)
        if encoding is None or curves is None:
            encoding = encode_split(run, split)
            for _ in encoding.arms:
                on_part("encoding")
            curves = triplet_curves(encoding, on_part)
        by_split[split.name] = figures_of_arms(encoding, curves)
    return SeedFigures(seed=run.config.train.seed, step=run.provenance.step, splits=by_split)


def figures_in_folder(run: Run) -> SeedFigures | None:
    """A run's own figures on the test split, from its encoding and curves; None where its folder has none."""
    encoding, curves = read_encoding(run, MEASURED), read_curves(run, MEASURED)
    if encoding is None or curves is None:
        return None
    by_arm = figures_of_arms(encoding, curves)
    return SeedFigures(seed=run.config.train.seed, step=run.provenance.step, splits={MEASURED: by_arm})


def splits_of(run: Run) -> list[SplitName]:
    """The splits that a run is measured on: validation, where it has one, and test."""
    return [MEASURED] if run.provenance.validation is None else [CHOOSING, MEASURED]


def ladder_cells(run: Run, figures: Sequence[SeedFigures], margin: float) -> list[Cell]:
    """Each arm of the run as a cell of the advice: chosen on the validation split where all seeds have it.

    Args:
        figures: of the run's seeds, at least one.
        margin: one of `MARGINS`, that accuracies are of.
    """
    choosing = choosing_split(figures)
    return [
        Cell(
            arm=arm,
            weight=loss.triplet_weight,
            margin=loss.margin,
            choosing=tuple(of_seed.splits[choosing][arm].at(margin) for of_seed in figures),
            test=tuple(of_seed.splits[MEASURED][arm].at(margin) for of_seed in figures),
        )
        for arm, loss in run.config.arms.items()
    ]


def choosing_split(figures: Iterable[SeedFigures]) -> SplitName:
    """The split that arms are chosen on: validation where every seed was measured on it, else the test split."""
    return CHOOSING if all(CHOOSING in of_seed.splits for of_seed in figures) else MEASURED
