"""Layouts on disk, named by cache key."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from tvae.errors import InputError
from tvae.maps.alignment import Alignment
from tvae.maps.fidelity import Fidelity
from tvae.maps.parameters import METHODS, MOST_ARMS
from tvae.maps.pca import LinearMap
from tvae.maps.projection import VERSION, Layout
from tvae.system.files import read_bounded, write_atomically

LARGEST_FILE = 256 << 20
"""Bytes that are read at most: 64 arms of 250,000 rows are 128 MB."""


def layout_path(folder: Path, key: str) -> Path:
    """Where a folder keeps the layout of this cache key."""
    return folder / f"{key}.npz"


def write_layout(layout: Layout, folder: Path) -> Path:
    """Keep a layout in the folder, whole or not at all, and say where.

    Raises:
        OSError: the folder can't be made or written.
    """
    told = {
        "version": VERSION,
        "key": layout.key,
        "method": layout.method,
        "parameters": asdict(layout.parameters),
        "seed": layout.seed,
        "notes": layout.notes,
        "arms": list(layout.positions),
        "fidelity": [asdict(measured) for measured in layout.fidelity.values()],
        "variance_shares": [found.variance_share for found in layout.maps.values()],
    }
    arrays: dict[str, np.ndarray] = {
        "layout": np.frombuffer(json.dumps(told).encode(), np.uint8),
        "positions": np.stack(list(layout.positions.values())),
    }
    for i, found in enumerate(layout.maps.values()):
        arrays[f"plane{i}"] = np.concatenate([found.mean[None], found.components])
        arrays[f"alignment{i}"] = np.concatenate(
            [found.alignment.rotation.ravel(), [found.alignment.scale], found.alignment.offset]
        )
    content = io.BytesIO()
    np.savez(content, allow_pickle=False, **arrays)
    folder.mkdir(parents=True, exist_ok=True)
    path = layout_path(folder, layout.key)
    write_atomically(path, content.getvalue())
    return path


def stored_layout(key: str, folders: Iterable[Path]) -> Layout | None:
    """The layout of this cache key from the first folder that holds a sound one; None where none does."""
    for folder in folders:
        found = read_layout(layout_path(folder, key), key)
        if found is not None:
            return found
    return None


def read_layout(path: Path, key: str) -> Layout | None:
    """The layout in the file; None if it is missing, broken, of another version or of another key."""
    try:
        with zipfile.ZipFile(io.BytesIO(read_bounded(path, LARGEST_FILE))) as archive:
            return _read(archive, key)
    except (InputError, zipfile.BadZipFile, ValueError, TypeError, KeyError, IndexError, AttributeError, OverflowError):
        return None
    except (NotImplementedError, RuntimeError, EOFError, OSError, MemoryError):  # what zipfile raises for odd members
        return None


def _read(archive: zipfile.ZipFile, key: str) -> Layout | None:
    if sum(member.file_size for member in archive.infolist()) > LARGEST_FILE:
        return None
    told: dict[str, Any] = json.loads(_array(archive, "layout", np.dtype("u1"), 1).tobytes())
    if told["version"] != VERSION or told["key"] != key:
        return None
    arms: list[str] = told["arms"]
    if not 1 <= len(arms) <= MOST_ARMS or len(set(arms)) != len(arms) or not all(isinstance(arm, str) for arm in arms):
        return None
    positions = _array(archive, "positions", np.dtype("<f4"), 3)
    if positions.shape[0] != len(arms) or positions.shape[2] != 2 or not np.isfinite(positions).all():
        return None
    shares: list[float] = told["variance_shares"]
    if len(shares) != (len(arms) if told["method"] == "pca" else 0):
        return None
    maps = {arm: _map(archive, i, share) for i, (arm, share) in enumerate(zip(arms, shares, strict=False))}
    return Layout(
        key=key,
        positions={arm: positions[i] for i, arm in enumerate(arms)},
        parameters=METHODS[told["method"]](**told["parameters"]),
        seed=int(told["seed"]),
        notes=tuple(str(note) for note in told["notes"]),
        fidelity={arm: Fidelity(**measured) for arm, measured in zip(arms, told["fidelity"], strict=True)},
        maps=maps,
    )


def _map(archive: zipfile.ZipFile, i: int, variance_share: float) -> LinearMap:
    plane = _array(archive, f"plane{i}", np.dtype("<f8"), 2)
    seven = _array(archive, f"alignment{i}", np.dtype("<f8"), 1)
    if plane.shape[0] != 3 or seven.shape != (7,) or not np.isfinite(plane).all() or not np.isfinite(seven).all():
        raise ValueError("not a plane and its alignment")
    alignment = Alignment(seven[:4].reshape(2, 2), float(seven[4]), seven[5:])
    return LinearMap(plane[0], plane[1:], alignment, float(variance_share))


def _array(archive: zipfile.ZipFile, name: str, dtype: np.dtype, dimensions: int) -> np.ndarray:
    """The named array, if it is of this type and as long as its header says (reshape refuses any other length).

    Not read by numpy, which makes room for whatever a header claims before it looks at what is there.
    """
    stream = io.BytesIO(archive.read(f"{name}.npy"))
    major, minor = np.lib.format.read_magic(stream)
    if (major, minor) != (1, 0):
        raise ValueError("another version of the array format")
    shape, column_major, found = np.lib.format.read_array_header_1_0(stream)
    if found != dtype or len(shape) != dimensions or column_major:
        raise ValueError("not the array it should be")
    return np.frombuffer(stream.read(), dtype).reshape(shape).copy()
