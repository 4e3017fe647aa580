"""File of a kept data set: an .npz with the array names of MedMNIST, and the label columns as JSON."""

from __future__ import annotations

import hashlib
import json
import os
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, cast

import numpy as np
from jaxtyping import Int32, UInt8

from tvae.data.fetch_errors import one_line
from tvae.data.own.sources.arrays import READ_ERRORS, npy_array
from tvae.errors import InputError, require_schema
from tvae.system.strict_json import checked, read_json
from tvae.system.zip_file import checked_zip

SCHEMA = 1
PREFIXES = {"train": "train", "test": "test", "validation": "val"}
"""Beginning of an array's name by split, as MedMNIST has them."""
_COLUMNS, _NAMES = "columns.json", "names.json"
_MOST_JSON = 64 * 2**20
_MOST_MEMBERS, _MOST_BYTES = 16, 2**40
LONGEST_NAME = 240
"""Characters of an image's name that are kept: its end, which has the file's own name."""
_DATE = (1980, 1, 1, 0, 0, 0)
"""Date of every member: a fixed one, so that the same images and labels give the same file."""


@dataclass(frozen=True)
class KeptColumn:
    """A label column of a kept data set."""

    name: str
    values: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class KeptSplit:
    """One split of a kept data set."""

    images: UInt8[np.ndarray, "n height width channels"]
    labels: Int32[np.ndarray, "n columns"]
    """Code of each image in each label column, the class first."""
    names: Sequence[str] | None = None
    """Name of each image in its source; None where the names are not known."""


def write_kept_file(path: Path, splits: Mapping[str, KeptSplit], columns: Sequence[KeptColumn]) -> str:
    """Write the file; nothing is copied in memory.

    Returns:
        Its fingerprint: SHA-256 in hex of its bytes.

    Raises:
        OSError: the disk is full, or the folder can't be written.
    """
    plain = {"schema": SCHEMA, "columns": [{"name": c.name, "values": list(c.values)} for c in columns]}
    with path.open("wb") as file, zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr(zipfile.ZipInfo(_COLUMNS, _DATE), json.dumps(plain, ensure_ascii=False))
        if names := _names_as_json(splits):
            archive.writestr(zipfile.ZipInfo(_NAMES, _DATE), names, zipfile.ZIP_DEFLATED)
        for split, arrays in splits.items():
            for name, array in (("images", arrays.images), ("labels", arrays.labels)):
                member = zipfile.ZipInfo(f"{PREFIXES[split]}_{name}.npy", _DATE)
                with archive.open(member, "w", force_zip64=True) as stream:
                    np.lib.format.write_array_header_1_0(stream, np.lib.format.header_data_from_array_1_0(array))
                    stream.write(np.ascontiguousarray(array).data.cast("B"))
    with path.open("rb+") as file:
        os.fsync(file.fileno())  # a description that outlasts a power cut names a file that does
    return fingerprint(path)


def fingerprint(path: Path) -> str:
    """SHA-256 in hex of a file's bytes.

    Raises:
        OSError: it can't be read.
    """
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def read_kept_file(path: Path, expected: str, splits: Sequence[str]) -> dict[str, KeptSplit]:
    """The splits of these names that a file has.

    Args:
        expected: the fingerprint that it must have.

    Raises:
        InputError: missing, unreadable, or changed since it was written.
    """
    try:
        if (actual := fingerprint(path)) != expected:
            raise InputError(
                f"{path}: changed since it was kept (SHA-256 {actual[:12]}… and not {expected[:12]}…); add it again"
            )
        with checked_zip(path, str(path), _MOST_MEMBERS, _MOST_BYTES) as archive:
            return {
                split: KeptSplit(_array(archive, path, f"{prefix}_images"), _array(archive, path, f"{prefix}_labels"))
                for split, prefix in PREFIXES.items()
                if split in splits and f"{prefix}_images.npy" in archive.namelist()
            }
    except READ_ERRORS as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"{path}: can't be read ({one_line(error)}); add the data set again") from None


def _names_as_json(splits: Mapping[str, KeptSplit]) -> str:
    """The names of the images by split; empty where they have none, or ones too long to be kept."""
    names = {
        split: [name[-LONGEST_NAME:] for name in arrays.names]
        for split, arrays in splits.items()
        if arrays.names is not None
    }
    text = json.dumps(names)  # in ASCII: a name on disk may be no text
    return text if names and len(text) <= _MOST_JSON else ""


def read_names(path: Path, split: str) -> tuple[str, ...] | None:
    """Names of the images of a split; None where the file has none, as those of earlier versions.

    Raises:
        InputError: missing or unreadable.
    """
    try:
        with checked_zip(path, str(path), _MOST_MEMBERS, _MOST_BYTES) as archive:
            if _NAMES not in archive.namelist():
                return None
            with archive.open(_NAMES) as member:
                text = member.read(_MOST_JSON + 1)
    except READ_ERRORS as error:
        raise InputError(f"{path}: can't be read ({one_line(error)}); add the data set again") from None
    where = f"{path}, {_NAMES}"
    return checked(read_json(text, where, halves=True), dict[str, tuple[str, ...]], where).get(split)


def read_columns(path: Path) -> list[KeptColumn]:
    """The label columns of a file, the class first.

    Raises:
        InputError: missing, unreadable, or of a later version of this program.
    """
    try:
        with checked_zip(path, str(path), _MOST_MEMBERS, _MOST_BYTES) as archive, archive.open(_COLUMNS) as member:
            text = member.read(_MOST_JSON)
    except (KeyError, *READ_ERRORS) as error:
        raise InputError(f"{path}: can't be read ({one_line(error)}); add the data set again") from None
    where = f"{path}, {_COLUMNS}"
    plain = checked(read_json(text, where), dict[str, Any], where)
    require_schema(plain.get("schema"), SCHEMA, str(path))
    return checked(plain.get("columns"), list[KeptColumn], where)


def _array(archive: zipfile.ZipFile, path: Path, name: str) -> np.ndarray:
    """An array, read straight into its place."""
    stored = npy_array(f"{path.name}, {name}", lambda: cast(BinaryIO, archive.open(f"{name}.npy")))
    array = np.empty(stored.shape, stored.dtype)
    row = 0
    for block in stored.blocks():
        array[row : row + len(block)] = block
        row += len(block)
    return array
