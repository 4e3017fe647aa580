"""Publishers' files read by torchvision's data set classes."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Int, UInt8

from tvae.data.fetch_errors import one_line
from tvae.data.formats import bunzip2, idx_content
from tvae.data.public_datasets import CheckedFile, PublicDataset
from tvae.data.split import SplitName
from tvae.data.torchvision_guard import torchvision_datasets
from tvae.errors import InputError

_LARGEST_TEXT = 64 * 2**20  # USPS: 7,291 lines of 256 numbers are 21 MB
_READ_ERRORS = (AssertionError, EOFError, IndexError, KeyError, OSError, RuntimeError, TypeError, ValueError)
"""Errors that torchvision's readers raise for damaged files."""


def read_split(
    public_dataset: PublicDataset,
    split: SplitName,
    contents: Mapping[str, bytes],
    *,
    origin: str,
    folder: Path,
    checksum: str = "",
) -> list[CheckedFile]:
    """Images and labels of a split from the publisher's files, in the form that we keep.

    Args:
        contents: content of each of `public_dataset.raw[split]` by name.
        origin, folder, checksum: as for `IdxFile.checked`.

    Raises:
        InputError: torchvision cannot read the files or cannot be imported, or they hold other images than expected.
    """
    where = f"{' and '.join(contents)} ({origin})"
    try:
        images, labels = _arrays(public_dataset, split, contents)
    except ImportError as error:
        raise InputError(f"{where}: torchvision, which reads it, cannot be imported ({one_line(error)})") from None
    except InputError:
        raise
    except _READ_ERRORS as error:
        raise InputError(f"{where}: torchvision cannot read it ({one_line(error) or type(error).__name__})") from None
    if labels.size and not 0 <= labels.min() <= labels.max() < len(public_dataset.class_names):
        low, high = int(labels.min()) + public_dataset.first_label, int(labels.max()) + public_dataset.first_label
        most = len(public_dataset.class_names) - 1 + public_dataset.first_label
        raise InputError(f"{where}: labels run from {low} to {high}; right is {public_dataset.first_label} to {most}")
    return [
        file.checked(idx_content(array), where, origin=origin, folder=folder, checksum=checksum)
        for file, array in zip(public_dataset.split_files(split), (images, labels.astype(np.uint8)), strict=True)
    ]


def _arrays(
    public_dataset: PublicDataset, split: SplitName, contents: Mapping[str, bytes]
) -> tuple[UInt8[np.ndarray, "n height width"], Int[np.ndarray, " n"]]:
    """Upright images, and labels from 0, by torchvision's class out of a temporary folder in its own layout."""
    reader: Any = getattr(torchvision_datasets(), public_dataset.torchvision_class)
    with tempfile.TemporaryDirectory(prefix="tvae-") as root:
        folder = Path(root, public_dataset.torchvision_class, "raw") if hasattr(reader, "raw_folder") else Path(root)
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in contents.items():
            if name.endswith(".bz2"):
                bunzip2(content, _LARGEST_TEXT, name)  # the class unpacks without a limit
            (folder / name).write_bytes(content)
        dataset = reader(root, train=split == "train", download=False, **public_dataset.torchvision_options)
        images, labels = np.asarray(dataset.data), np.asarray(dataset.targets)
    if public_dataset.transposed:
        images = images.transpose(0, 2, 1)
    if labels.ndim == 2:  # QMNIST: class, writer and further columns
        labels = labels[:, 0]
    return np.ascontiguousarray(images), labels - public_dataset.first_label
