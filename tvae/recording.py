"""A run trained and kept: its folder fills while it trains, and is evaluated when it ends."""

from __future__ import annotations

import datetime
import math
import platform
import time
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import torch

import tvae
from tvae.checkpoints import (
    Provenance,
    Run,
    SplitRecord,
    append_history,
    weight_shapes,
    write_config,
    write_curves,
    write_encoding,
    write_gaps,
    write_metrics,
    write_weights,
)
from tvae.config import InputError, RunConfig
from tvae.data import Dataset, Split
from tvae.evaluation import encode_split, evaluate, gap_histograms, triplet_curves
from tvae.files import make_writable_folder
from tvae.model_cards import write_model_card
from tvae.models import weights_of
from tvae.training import Report, Training

HISTORY_ROWS_PER_EPOCH = 10
MOST_SNAPSHOTS = 24
SNAPSHOT_BUDGET = 64 * 2**20
"""Bytes that all snapshots of a run may take; a large run keeps fewer."""
DEFAULT_MARGINS = (0.0, 0.1, 0.2, 0.5, 1.0)
"""Margins of the accuracies in metrics.json."""


def record(config: RunConfig, dataset: Dataset, folder: Path, command: str, *, half: bool = False) -> Iterator[Report]:
    """Train a run and keep it in `folder`, passing on its reports.

    Weights are saved each epoch and when the iterator is left early or training fails; the folder then holds a
    loadable run that says it isn't finished. Snapshots on the way show how it came about (see `snapshot_steps`).

    Args:
        half: keep the last weights and the encoding as float16, as snapshots always are: half the disk, and an
            accuracy that differs in the third decimal of a percent.

    Raises:
        InputError: the folder holds something already or can't be written; what `Training` refuses.
        NonFiniteLoss: from training, after the last finite weights are saved.
        OSError: the disk is full; what was saved before stands.
    """
    claim_folder(folder)
    training = Training(config, dataset.train)
    run = Run(folder, config, replace(_provenance(dataset, training, command), half_precision=half))
    write_config(run)
    due = snapshot_steps(run, training.steps)
    history = _HistoryRows(training)
    started = time.perf_counter()
    try:
        if 0 in due:
            take_snapshot(run, training, dataset.test)
        for report in training.reports():
            if row := history.add(report):
                append_history(folder, row)
            if report.step % training.steps_per_epoch == 0 and report.step < report.steps:
                run = _save(run, training, time.perf_counter() - started)
            if report.step in due:
                take_snapshot(run, training, dataset.test)
            yield report
    finally:
        run = _save(run, training, time.perf_counter() - started)
    finish(run, dataset.test)


def snapshot_steps(run: Run, steps: int) -> frozenset[int]:
    """Steps at which a run of this many is worth keeping: the start, then ever further apart.

    The k-th of K lies at steps (k/K)²: a latent space takes its shape early. The end is no snapshot, it is the run.
    K is 24, or as many as `SNAPSHOT_BUDGET` has room for.
    """
    weights = sum(math.prod(shape) for shape in weight_shapes(run.pixels, run.config.model).values())
    encoded = run.provenance.test.n * (run.config.model.latent_dim + 2)  # means as float16, errors as float32
    size = 2 * len(run.config.arms) * (weights + encoded)
    count = min(MOST_SNAPSHOTS, SNAPSHOT_BUDGET // size)
    return frozenset(round(steps * (k / count) ** 2) for k in range(count))


def take_snapshot(run: Run, training: Training, split: Split) -> None:
    """Keep the arms as they stand, and the split as they encode it, in half precision."""
    shot = replace(run, snapshot=training.step)
    shot.weights_folder.mkdir(parents=True, exist_ok=True)
    weights = {name: weights_of(arm.model) for name, arm in training.arms.items()}
    write_weights(shot.weights_folder, weights, training.step, half=True)
    write_encoding(shot.weights_folder, encode_split(shot, split), half=True)  # last: it makes the snapshot whole


def finish(run: Run, split: Split) -> None:
    """Evaluate a trained run on a split, and write what the pages show: metrics, encoding, curves, model card."""
    encoding = encode_split(run, split)
    write_encoding(run.folder, encoding, half=run.provenance.half_precision)
    write_curves(run.folder, encoding.split, triplet_curves(encoding))
    write_gaps(run.folder, encoding.split, gap_histograms(encoding))
    metrics = evaluate(run, encoding, DEFAULT_MARGINS)
    write_metrics(run.folder, metrics)
    write_model_card(run, metrics)


def claim_folder(folder: Path) -> None:
    """Take an empty folder for a run.

    Raises:
        InputError: it holds something already, or can't be written.
    """
    if folder.is_dir() and any(folder.iterdir()):
        raise InputError(f"--out: {folder} is not empty; name a new folder, nothing saved is written over")
    try:
        make_writable_folder(folder)
    except OSError as error:
        raise InputError(f"--out: {folder} can't be written ({error.strerror}); name another folder") from None


def _save(run: Run, training: Training, seconds: float) -> Run:
    weights = {name: weights_of(arm.model) for name, arm in training.arms.items()}
    write_weights(run.folder, weights, training.step, half=run.provenance.half_precision)
    finished = training.step == training.steps
    run = replace(
        run, provenance=replace(run.provenance, step=training.step, seconds=round(seconds, 1), finished=finished)
    )
    write_config(run)
    return run


def _device_name(training: Training) -> str:
    name = torch.cuda.get_device_name() if training.device.type == "cuda" else "cpu"
    return f"{name}, products in bfloat16" if training.products == torch.bfloat16 else name


def _provenance(dataset: Dataset, training: Training, command: str) -> Provenance:
    return Provenance(
        versions={
            "tvae": tvae.__version__,
            "python": platform.python_version(),
            "torch": torch.__version__,
            "numpy": np.__version__,
        },
        train=_split_record(dataset.train),
        test=_split_record(dataset.test),
        class_names=dataset.class_names,
        threads=1,
        device=_device_name(training),
        started=datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        command=command,
        seconds=0.0,
        step=0,
        finished=False,
    )


def _split_record(split: Split) -> SplitRecord:
    height, width = split.image_shape
    return SplitRecord(n=len(split), height=height, width=width, fingerprint=split.fingerprint)


class _HistoryRows:
    """Reports averaged over a tenth of an epoch, as rows of history.jsonl."""

    def __init__(self, training: Training) -> None:
        self._every = max(1, training.steps_per_epoch // HISTORY_ROWS_PER_EPOCH)
        self._waiting: list[Report] = []

    def add(self, report: Report) -> dict | None:
        """Take a report; a row if one is due."""
        self._waiting.append(report)
        if report.step % self._every and report.step < report.steps:
            return None
        waiting, self._waiting = self._waiting, []
        arms = {}
        for name in report.arms:
            rows = [asdict(past.arms[name]) for past in waiting]
            arms[name] = {term: round(sum(row[term] for row in rows) / len(rows), 5) for term in rows[0]}
        return {
            "step": report.step,
            "epoch": round(report.epoch, 4),
            "images_per_second": round(report.images_per_second),
            "arms": arms,
            "warnings": list(report.warnings),
        }
