"""Layouts on disk, named by cache key."""

from __future__ import annotations

import contextlib
import io
import json
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any, Literal, TypedDict

import numpy as np
from msgspec import Meta

from tvae.errors import InputError
from tvae.maps.alignment import Alignment
from tvae.maps.fidelity import Fidelity
from tvae.maps.parameters import METHODS, MOST_ARMS
from tvae.maps.pca import LinearMap
from tvae.maps.projection import VERSION, Layout
from tvae.system.array_files import checked_array, npz_arrays
from tvae.system.files import read_bounded, write_atomically
from tvae.system.strict_json import Number, checked, read_json

LARGEST_FILE = 256 << 20
"""Bytes that are read at most: 64 arms of 250,000 rows are 128 MB."""

MOST_KEPT = 512 << 20
"""Bytes of layouts that a user's cache holds: some 3,000 of two arms of 10,000 rows."""
_WHERE = "layout"


class _Description(TypedDict):
    """What is said of a layout beside its arrays."""

    version: int
    key: str
    method: Literal["pca", "tsne", "umap"]
    parameters: dict[str, Any]
    seed: Annotated[int, Meta(ge=0)]
    notes: tuple[str, ...]
    arms: Annotated[list[str], Meta(min_length=1, max_length=MOST_ARMS)]
    fidelity: list[Fidelity]
    variance_shares: list[Number]


def layout_path(folder: Path, key: str) -> Path:
    """Path of the layout of this cache key in a folder."""
    return folder / f"{key}.npz"


def write_layout(layout: Layout, folder: Path) -> Path:
    """Write a layout into the folder, whole or not at all; returns its path.

    Raises:
        OSError: the folder can't be made or written.
    """
    description = {
        "version": VERSION,
        "key": layout.key,
        "method": layout.method,
        "parameters": asdict(layout.parameters),
        "seed": layout.seed,
        "notes": layout.notes,
        "arms": list(layout.positions),
        "fidelity": [asdict(measured) for measured in layout.fidelity.values()],
        "variance_shares": [linear.variance_share for linear in layout.maps.values()],
    }
    arrays: dict[str, np.ndarray] = {
        "layout": np.frombuffer(json.dumps(description).encode(), np.uint8),
        "positions": np.stack(list(layout.positions.values())),
    }
    for i, linear in enumerate(layout.maps.values()):
        alignment = linear.alignment
        arrays[f"plane{i}"] = np.concatenate([linear.mean[None], linear.components])
        arrays[f"alignment{i}"] = np.concatenate([alignment.rotation.ravel(), [alignment.scale], alignment.offset])
    content = io.BytesIO()
    np.savez(content, allow_pickle=False, **arrays)
    folder.mkdir(parents=True, exist_ok=True)
    path = layout_path(folder, layout.key)
    write_atomically(path, content.getvalue())
    return path


def stored_layout(key: str, folders: Iterable[Path]) -> Layout | None:
    """The layout of this cache key from the first folder that holds a sound one; None where none does."""
    for folder in folders:
        layout = read_layout(layout_path(folder, key), key)
        if layout is not None:
            return layout
    return None


def remove_least_used(folder: Path, most_bytes: int = MOST_KEPT) -> None:
    """Remove the layouts of a cache folder that were written or used longest ago, until the others fit."""
    files = []
    for path in folder.glob("*.npz"):
        with contextlib.suppress(OSError):  # another process has removed it
            state = path.stat()
            files.append((max(state.st_mtime, state.st_atime), state.st_size, path))
    total = sum(size for _, size, _ in files)
    for _, size, path in sorted(files):
        if total <= most_bytes:
            return
        with contextlib.suppress(OSError):
            path.unlink()
        total -= size


def read_layout(path: Path, key: str) -> Layout | None:
    """The layout in the file; None if it is missing, broken, of another version or of another key."""
    try:
        return _layout(npz_arrays(read_bounded(path, LARGEST_FILE), LARGEST_FILE), key)
    except InputError:
        return None


def _layout(arrays: dict[str, np.ndarray], key: str) -> Layout | None:
    """The layout of these arrays, every part of it checked; None if it is of another version or key."""
    text = checked_array(arrays, "layout", "u", (None,), _WHERE).tobytes()
    description = checked(read_json(text, _WHERE), _Description, _WHERE)
    if description["version"] != VERSION or description["key"] != key:
        return None
    arms, shares, measured = description["arms"], description["variance_shares"], description["fidelity"]
    positions = checked_array(arrays, "positions", "f", (len(arms), None, 2), _WHERE)
    if positions.dtype != np.float32 or len(set(arms)) != len(arms) or len(measured) != len(arms):
        return None
    if len(shares) != (len(arms) if description["method"] == "pca" else 0):
        return None
    return Layout(
        key=key,
        positions={arm: positions[i] for i, arm in enumerate(arms)},
        parameters=checked(description["parameters"], METHODS[description["method"]], _WHERE),
        seed=description["seed"],
        notes=description["notes"],
        fidelity=dict(zip(arms, measured, strict=True)),
        maps={arm: _linear_map(arrays, i, share) for i, (arm, share) in enumerate(zip(arms, shares, strict=False))},
    )


def _linear_map(arrays: dict[str, np.ndarray], i: int, variance_share: float) -> LinearMap:
    plane = checked_array(arrays, f"plane{i}", "f", (3, None), _WHERE).astype(np.float64)
    numbers = checked_array(arrays, f"alignment{i}", "f", (7,), _WHERE).astype(np.float64)
    if not numbers[4] > 0:
        raise InputError(f"{_WHERE}: a scale of {numbers[4]:g}; it must be above 0")
    alignment = Alignment(numbers[:4].reshape(2, 2), float(numbers[4]), numbers[5:])
    return LinearMap(plane[0], plane[1:], alignment, float(variance_share))
