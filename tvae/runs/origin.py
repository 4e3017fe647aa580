"""Provenance of a run that is about to be trained: versions, data, device, command."""

from __future__ import annotations

import datetime
import platform

import numpy as np
import torch

from tvae.data import Dataset, Split
from tvae.runs.run import Provenance, SplitRecord
from tvae.training.loop import Training
from tvae.version import VERSION


def provenance_of(
    dataset: Dataset,
    training: Training,
    command: str,
    *,
    half: bool,
    seconds: float | None,
    started_from: str,
) -> Provenance:
    """Provenance of a run before its first step; the arguments are those of `Recording`."""
    return Provenance(
        versions={
            "tvae": VERSION,
            "python": platform.python_version(),
            "torch": torch.__version__,
            "numpy": np.__version__,
        },
        train=_split_record(dataset.train),
        test=_split_record(dataset.test),
        validation=None if dataset.validation is None else _split_record(dataset.validation),
        class_names=dataset.class_names,
        notion=dataset.train.notion,
        threads=1,
        device=_device_name(training),
        started=datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        command=command,
        seconds=0.0,
        step=0,
        finished=False,
        started_from=started_from,
        seconds_budget=seconds,
        half_precision=half,
    )


def _device_name(training: Training) -> str:
    name = torch.cuda.get_device_name() if training.device.type == "cuda" else "cpu"
    if training.processes:
        name = f"{name}, data-parallel in {training.processes} process{'es' if training.processes > 1 else ''}"
    return f"{name}, large products in bfloat16" if training.products == torch.bfloat16 else name


def _split_record(split: Split) -> SplitRecord:
    height, width, channels = split.image_shape
    return SplitRecord(
        n=len(split), height=height, width=width, channels=1 if channels == 1 else 3, fingerprint=split.fingerprint
    )
