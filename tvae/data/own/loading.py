"""Own data sets as Dataset and Split, with any of their label columns as the class."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from tvae.data.own.kept_file import read_columns, read_kept_file
from tvae.data.own.library import OwnDataset, OwnDatasets
from tvae.data.split import SPLIT_NAMES, Dataset, Split, SplitName
from tvae.data.storage import short_path
from tvae.errors import InputError


def load_own_dataset(name: str, folder: Path, label: str | None = None) -> Dataset:
    """Read an own data set whole.

    Args:
        label: the label column that is the class; None for the data set's own choice.

    Raises:
        InputError: no such data set or column, or its file is missing or changed.
    """
    library = OwnDatasets(folder)
    dataset = library.get(name)
    splits = _splits(library, dataset, [name for name in SPLIT_NAMES if name in dataset.counts], label)
    return Dataset(
        name=name,
        train=splits["train"],
        test=splits["test"],
        validation=splits.get("validation"),
        class_names=splits["train"].class_names,
        source=f"own images {name}, {dataset.kind} from {dataset.source}, kept {dataset.created[:10]}, checked by"
        f" SHA-256, in {short_path(library.folder)}",
    )


def load_own_split(name: str, split: SplitName, folder: Path, label: str | None = None) -> Split:
    """Read one split of an own data set (see `load_own_dataset`).

    Raises:
        InputError: also where it has no such split.
    """
    library = OwnDatasets(folder)
    return _splits(library, library.get(name), (split,), label)[split]


def _splits(
    library: OwnDatasets, dataset: OwnDataset, names: Sequence[SplitName], label: str | None
) -> dict[SplitName, Split]:
    label = dataset.label_columns[0] if label is None else label
    if label not in dataset.label_columns:
        raise InputError(f"label: {dataset.name} has no column {label!r}; it has {', '.join(dataset.label_columns)}")
    path, number = library.file(dataset), dataset.label_columns.index(label)
    arrays = read_kept_file(path, dataset.fingerprint, names)
    values = read_columns(path)[number].values
    for name in names:
        if name not in arrays:
            raise InputError(f"split: {dataset.name} has no {name} split; it has {', '.join(dataset.counts)}")
    return {
        name: Split(name, arrays[name].images, arrays[name].labels[:, number].astype(np.int64), values)
        for name in names
    }
