"""Read .npz: MedMNIST's files, and plain ones with images and labels."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence

import numpy as np

from tvae.data.own.sources.arrays import ArrayPictures, StoredArray, npy_array
from tvae.data.own.sources.labels import LabelColumn, merged_labels_note, number_column, refused_notion, text_column
from tvae.data.own.sources.reading import NO_SPLIT, SPLIT_CODES, SPLIT_WORDS, Reading
from tvae.data.own.sources.zip_files import ZipFiles
from tvae.errors import InputError
from tvae.system.limits import limits

DEFAULT_COLUMN = "class"
_PAIRS = (("images", "labels"), ("image", "label"), ("x", "y"), ("data", "target"))
"""Names of images and labels in files without splits."""
RIGHT = (
    "right are train_images, train_labels, test_images and test_labels (and val_…), or x_train, y_train, x_test and"
    " y_test, or images and labels"
)


def read_npz(files: ZipFiles, labelled: bool = True) -> Reading:
    """Read an .npz, which is a zip, of images and labels; the images themselves stay in the file.

    Args:
        labelled: whether labels are needed; else none are read.

    Raises:
        InputError: arrays missing, of objects, or of shapes that don't fit each other.
    """
    arrays = {
        name.removesuffix(".npy"): npy_array(
            f"{files.title}, {name.removesuffix('.npy')}", lambda n=name: files.open(n)
        )
        for name in files.names
        if name.endswith(".npy")
    }
    parts = _parts(arrays, files.title, labelled)
    columns, notes = _label_columns(parts, arrays, files.title) if labelled else ({}, [])
    images = [arrays[part.images] for part in parts]
    names = [f"{part.images}[{row}]" for part in parts for row in range(len(arrays[part.images]))]
    has_splits = parts[0].split is not None
    splits = np.concatenate([np.full(len(arrays[p.images]), _code(p.split), np.int8) for p in parts])
    kind = "arrays by split in an .npz" if has_splits else "images and labels in an .npz"
    return Reading(kind, names, columns, splits, ArrayPictures(images), notes=notes)


class _Part:
    """Images and labels of one split, by the names of their arrays; without labels they are called as the images."""

    def __init__(self, split: str | None, images: str, labels: str) -> None:
        self.split, self.images, self.labels = split, images, labels


def _code(split: str | None) -> int:
    return NO_SPLIT if split is None else SPLIT_CODES[split]


def _parts(arrays: Mapping[str, StoredArray], title: str, labelled: bool) -> list[_Part]:
    """The splits that an .npz holds, in their usual order; one without a name where it has none."""
    parts: list[_Part] = []
    lower = {name.lower(): name for name in arrays}
    for word, split in SPLIT_WORDS.items():
        for images, labels in ((f"{word}_images", f"{word}_labels"), (f"x_{word}", f"y_{word}")):
            if images in lower or (labelled and labels in lower):
                name = _present(images, lower, title)
                parts.append(_Part(split, name, _present(labels, lower, title) if labelled else name))
    if not parts:
        for images, labels in _PAIRS:
            if images in lower:
                parts.append(_Part(None, lower[images], _present(labels if labelled else images, lower, title)))
                break
    if not parts:
        raise InputError(f"{title}: holds {', '.join(arrays) or 'nothing'}; {RIGHT}")
    for part in parts:
        images, labels = len(arrays[part.images]), len(arrays[part.labels])
        if images != labels:
            raise InputError(
                f"{title}: {part.images} has {images:,} rows and {part.labels} {labels:,}; there must be one each"
            )
    if (count := sum(len(arrays[part.images]) for part in parts)) > limits().images:
        raise InputError(f"{title}: {count:,} images; at most {limits().images:,} are taken")
    if count == 0:
        raise InputError(f"{title}: holds no image")
    return sorted(parts, key=lambda part: _code(part.split))


def _present(name: str, lower: Mapping[str, str], title: str) -> str:
    if name not in lower:
        raise InputError(f"{title}: array {name!r} is missing; it holds {', '.join(lower.values())}; {RIGHT}")
    return lower[name]


def _label_columns(
    parts: Sequence[_Part], arrays: Mapping[str, StoredArray], title: str
) -> tuple[dict[str, LabelColumn], list[str]]:
    """The default label column, and every other array that has a label for each image."""
    notes: list[str] = []
    labels = _joined([arrays[part.labels] for part in parts], title)
    columns = {}
    for name, values in _split_labels(labels, notes).items():
        columns[name] = _column(name, values, f"{title}, {parts[0].labels}", notes)
    for name in _further_names(parts, arrays):
        further = [arrays[_further_name(part, name)] for part in parts]
        if not all(array.dtype.kind in "biuU" and len(array.shape) == 1 for array in further):
            notes.append(f"array {name} is not kept: labels are whole numbers or text of shape (n,)")
            continue
        values = _joined(further, title)
        if refusal := refused_notion(name, len(np.unique(values)), len(values)):
            notes.append(refusal)
        else:
            columns.setdefault(name, _column(name, values, f"{title}, {name}", notes))
    return columns, notes


def _joined(arrays: Sequence[StoredArray], title: str) -> np.ndarray:
    if len({array.shape[1:] for array in arrays}) > 1:
        raise InputError(f"{title}: labels of the splits have different shapes; right is (n,) or (n, 1) for all")
    try:
        return np.concatenate([array.read() for array in arrays])
    except TypeError:  # such as dates and numbers
        raise InputError(
            f"{title}: labels of the splits have different types; right is whole numbers or text"
        ) from None


def _split_labels(labels: np.ndarray, notes: list[str]) -> dict[str, np.ndarray]:
    """Label arrays (n,) by column from (n,), (n, 1), one-hot or several labels an image."""
    labels = labels.reshape(len(labels), -1)
    if labels.shape[1] == 1:
        return {DEFAULT_COLUMN: labels[:, 0]}
    is_binary = labels.dtype.kind in "biuf" and np.isin(labels, (0, 1)).all()
    if is_binary and (labels.sum(axis=1) == 1).all():
        notes.append(f"labels are one-hot in {labels.shape[1]} columns, taken as one class each")
        return {DEFAULT_COLUMN: labels.argmax(axis=1)}
    notes.append(f"{labels.shape[1]} labels an image, each a column of its own")
    return {f"label-{number}": labels[:, number] for number in range(labels.shape[1])}


def _column(name: str, values: np.ndarray, where: str, notes: list[str]) -> LabelColumn:
    if values.dtype.kind == "U":
        if np.ascontiguousarray(values).view(f"{values.dtype.byteorder}u4").max(initial=0) > sys.maxunicode:
            raise InputError(f"{where}: holds characters that are none; save it again")
        texts = [str(text) for text in values]
        if note := merged_labels_note(name, texts):
            notes.append(note)
        return text_column(name, texts)
    if values.dtype.kind == "S":
        return text_column(name, [bytes(text).decode("utf-8", "replace") for text in values])
    if values.dtype.kind == "f" and not (np.isfinite(values) & (values == np.rint(values))).all():
        wrong = int(np.argmin(np.isfinite(values) & (values == np.rint(values))))
        raise InputError(f"{where}, row {wrong}: label {values[wrong]} is no whole number; labels are numbers or text")
    if values.dtype.kind not in "biuf":
        raise InputError(f"{where}: labels are {values.dtype}; right are whole numbers or text")
    return number_column(name, values if values.dtype.kind in "iu" else values.astype(np.int64))


def _further_names(parts: Sequence[_Part], arrays: Mapping[str, StoredArray]) -> list[str]:
    """Names, without the split's, of arrays that have a value for each image of every split."""
    used = {part.images for part in parts} | {part.labels for part in parts}
    prefix = parts[0].images.partition("_")[0] + "_"
    names = []
    for name in arrays:
        if name in used or (parts[0].split is not None and not name.startswith(prefix)):
            continue
        short = name if parts[0].split is None else name.removeprefix(prefix)
        fitting = [arrays.get(_further_name(part, short)) for part in parts]
        if all(
            array is not None and len(array) == len(arrays[p.images]) for array, p in zip(fitting, parts, strict=True)
        ):
            names.append(short)
    return names


def _further_name(part: _Part, short: str) -> str:
    return short if part.split is None else f"{part.images.partition('_')[0]}_{short}"
