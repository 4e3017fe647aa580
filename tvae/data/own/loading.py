"""Own data sets as Dataset and Split, with all of their label columns."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from tvae.data.own.kept_file import read_columns, read_kept_file, read_names
from tvae.data.own.library import OwnDataset, OwnDatasets
from tvae.data.split import SPLIT_NAMES, Dataset, Notion, Split, SplitName
from tvae.data.storage import short_path
from tvae.errors import InputError


def load_own_dataset(name: str, folder: Path) -> Dataset:
    """Read an own data set whole; the class is its first label column, the others are further notions of similarity.

    Raises:
        InputError: no such data set, or its file is missing or changed.
    """
    library = OwnDatasets(folder)
    dataset = library.get(name)
    splits = _splits(library, dataset, [name for name in SPLIT_NAMES if name in dataset.counts])
    return Dataset(
        name=name,
        train=splits["train"],
        test=splits["test"],
        validation=splits.get("validation"),
        class_names=splits["train"].class_names,
        source=f"own images {name}, {dataset.kind} from {dataset.source}, kept {dataset.created[:10]}, checked by"
        f" SHA-256, in {short_path(library.folder)}",
    )


def load_own_split(name: str, split: SplitName, folder: Path) -> Split:
    """Read one split of an own data set (see `load_own_dataset`).

    Raises:
        InputError: also where it has no such split.
    """
    library = OwnDatasets(folder)
    return _splits(library, library.get(name), (split,))[split]


def own_image_names(name: str, folder: Path) -> tuple[str, ...] | None:
    """Names of the training images of an own data set; None where it was kept without any.

    Raises:
        InputError: no such data set, or its file is missing or damaged.
    """
    library = OwnDatasets(folder)
    return read_names(library.file(library.get(name)), "train")


def _splits(library: OwnDatasets, dataset: OwnDataset, names: Sequence[SplitName]) -> dict[SplitName, Split]:
    path = library.file(dataset)
    arrays, columns = read_kept_file(path, dataset.fingerprint, names), read_columns(path)
    for name in names:
        if name not in arrays:
            raise InputError(f"split: {dataset.name} has no {name} split; it has {', '.join(dataset.counts)}")
    splits = {}
    for name in names:
        of_name = arrays[name].labels
        if of_name.dtype.kind not in "iu" or of_name.shape[1:] != (len(columns),):
            raise InputError(f"{path}: its labels are not of the columns that it names; add the data set again")
        labels = np.ascontiguousarray(of_name.T, np.int64)  # (columns, n)
        notions = {
            column.name: Notion(of_column, column.values) for column, of_column in zip(columns, labels, strict=True)
        }
        first = columns[0]
        splits[name] = Split(name, arrays[name].images, labels[0], first.values, first.name, notions)
    return splits
