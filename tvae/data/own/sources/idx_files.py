"""Read idx files of images and of labels, raw or packed with gzip."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import PurePosixPath

import numpy as np

from tvae.data.own.sources.arrays import ArrayPictures, StoredArray, idx_array
from tvae.data.own.sources.labels import LabelColumn, number_column
from tvae.data.own.sources.reading import NO_SPLIT, SPLIT_CODES, SPLIT_WORDS, Reading
from tvae.data.own.sources.source_files import Files
from tvae.errors import InputError
from tvae.system.limits import limits

DEFAULT_COLUMN = "class"
RIGHT = "right are two files, such as train-images-idx3-ubyte and train-labels-idx1-ubyte"


def read_idx(files: Files, names: Sequence[str], labelled: bool = True) -> Reading:
    """Read idx files: each file of images with the file of labels whose name differs in that word.

    Args:
        names: those of the files that are idx.
        labelled: whether labels are needed; else none are read.

    Raises:
        InputError: a file is damaged, or lacks its fellow.
    """
    arrays = {name: idx_array(name, lambda n=name: files.open(n)) for name in names}
    images = [name for name, array in arrays.items() if len(array.shape) >= 3]
    if not images:
        raise InputError(f"{files.title}: {', '.join(names)} holds labels and no images; {RIGHT}")
    pairs = [(name, _labels_of(name, arrays)) for name in images] if labelled else []
    splits = [_split_of(name) for name in images]
    if len(pairs) > 1 and len(set(splits)) < len(pairs):
        raise InputError(f"{files.title}: {', '.join(images)} don't name their splits as train, test and validation")
    for image_name, label_name in pairs:
        counts = len(arrays[image_name]), len(arrays[label_name])
        if counts[0] != counts[1]:
            raise InputError(
                f"{image_name} has {counts[0]:,} images and {label_name} {counts[1]:,} labels; there must be one each"
            )
    if (count := sum(len(arrays[name]) for name in images)) > limits().images:
        raise InputError(f"{files.title}: {count:,} images; at most {limits().images:,} are taken")
    names_of_rows = [f"{name}[{row}]" for name in images for row in range(len(arrays[name]))]
    codes = np.concatenate([np.full(len(arrays[n]), s, np.int8) for n, s in zip(images, splits, strict=True)])
    columns = _columns([arrays[label_name] for _, label_name in pairs]) if labelled else {}
    return Reading("idx files", names_of_rows, columns, codes, ArrayPictures([arrays[name] for name in images]))


def _labels_of(image_name: str, arrays: dict[str, StoredArray]) -> str:
    """The name of the file with the labels of these images."""

    def stem(name: str) -> str:
        return re.sub(r"images?|labels?|idx\d(-\w+)?|\.gz$|ubyte|\W|_", "", name.lower())

    fellows = [name for name, array in arrays.items() if len(array.shape) <= 2 and stem(name) == stem(image_name)]
    if len(fellows) != 1:
        raise InputError(f"{image_name}: {'no file' if not fellows else 'more than one file'} of its labels; {RIGHT}")
    return fellows[0]


def _split_of(name: str) -> int:
    words = re.split(r"[\W_]+", PurePosixPath(name).name.lower())
    split = next((SPLIT_WORDS[word] for word in words if word in SPLIT_WORDS), None)
    return NO_SPLIT if split is None else SPLIT_CODES[split]


def _columns(labels: Sequence[StoredArray]) -> dict[str, LabelColumn]:
    """The class, and where the labels have further columns, as QMNIST's, each of these."""
    if len({array.shape[1:] for array in labels}) > 1:
        raise InputError(f"{labels[0].where}: the splits have different numbers of label columns")
    values = np.concatenate([array.read() for array in labels])
    if values.dtype.kind == "f":
        raise InputError(f"{labels[0].where}: labels are {values.dtype}; right are whole numbers")
    values = values.reshape(len(values), -1).astype(np.int64)
    names = [DEFAULT_COLUMN, *(f"label-{number}" for number in range(1, values.shape[1]))]
    return {name: number_column(name, values[:, number]) for number, name in enumerate(names)}
