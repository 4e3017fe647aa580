"""Evaluate a trained run and write the files that the pages read."""

from __future__ import annotations

from collections.abc import Callable

from tvae.data import Split
from tvae.errors import InputError
from tvae.metrics.kernels.compilation import COUNTING, MEASURING
from tvae.metrics.measurable import has_triplet
from tvae.runs.encodings import write_curves, write_encoding, write_gaps
from tvae.runs.evaluation import encode_split, encode_triplets, evaluate, gap_histograms, triplet_curves
from tvae.runs.measuring import MeasuringProgress
from tvae.runs.model_card import write_model_card
from tvae.runs.run import Run, write_metrics
from tvae.runs.seeds.figures import measured_figures
from tvae.runs.seeds.file import write_seed_figures
from tvae.runs.triplets import read_triplets_of, with_given_triplets, write_encoded_triplets
from tvae.system.compiled import compile_parts

DEFAULT_MARGINS = (0.0, 0.1, 0.2, 0.5, 1.0)
"""Margins of the accuracies in metrics.json."""


def finish(
    run: Run,
    split: Split,
    on_share: Callable[[float], None] = lambda share: None,
    *,
    train: Split | None = None,
    validation: Split | None = None,
) -> None:
    """Evaluate a trained run on a split, and write its metrics, encoding, triplet curves, gaps and model card.

    Where the labels allow no triplet there are no curves and gaps, and metrics are None (see `evaluate`). With a
    validation split the figures that an arm is chosen by are written too (`tvae.runs.seeds`).

    Args:
        train: the training images, which a run with given triplets is measured on too.
        validation: the run's validation split, where it has one.
        on_share: called at the start and after each part, with the share of the work that is done, from 0 to 1.
    """
    compile_parts((COUNTING, *MEASURING))
    chosen_by = validation if validation is not None and has_triplet(validation.labels) else None
    progress = MeasuringProgress(
        len(run.config.arms), on_share, own_notions=len(run.arms_of_own_notion), validation=chosen_by is not None
    )
    encoding = encode_split(run, split)
    write_encoding(run.folder, encoding, half=run.provenance.half_precision)
    for _ in encoding.arms:
        progress.done("encoding")
    metrics = evaluate(run, encoding, DEFAULT_MARGINS, progress.done, split=split)
    triplets = read_triplets_of(run.folder, run.config)
    if triplets is not None:
        if train is None:
            raise InputError(f"{run.folder}: a run with given triplets is measured on its training images too")
        encoded = encode_triplets(run, train, triplets)
        write_encoded_triplets(run.folder, encoded.means)
        metrics = with_given_triplets(metrics, encoded, DEFAULT_MARGINS)
    write_metrics(run.folder, metrics)
    write_model_card(run, metrics)
    if has_triplet(encoding.labels):
        write_curves(run.folder, encoding.split, triplet_curves(encoding, progress.done))
        write_gaps(run.folder, encoding.split, gap_histograms(encoding, progress.done))
        if chosen_by is not None:
            write_seed_figures(run, [measured_figures(run, (chosen_by, split), progress.done)])
