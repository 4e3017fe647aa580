"""Zip files and .npy files that tests make and change in memory."""

from __future__ import annotations

import io
import warnings
import zipfile
from collections.abc import Mapping

import numpy as np


def zipped(members: Mapping[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A zip file of these members."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return out.getvalue()


def zip_with_one_twice(name: str) -> bytes:
    """A zip file that has two members of this name."""
    out = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(out, "w") as archive:
        warnings.simplefilter("ignore")
        archive.writestr(name, "{}")
        archive.writestr(name, "[]")
    return out.getvalue()


def members_of(content: bytes) -> dict[str, bytes]:
    """The members of a zip file."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def npy(array: np.ndarray) -> bytes:
    """An .npy file, pickled where the array holds objects."""
    out = io.BytesIO()
    np.save(out, array, allow_pickle=True)
    return out.getvalue()
