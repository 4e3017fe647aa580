"""Class mix, mean image and neighbourhood change of selected rows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32, Int, Int64, Shaped

from tvae.errors import InputError
from tvae.metrics.grouped_means import checked_class_labels
from tvae.metrics.neighbour_changes import Changes


@dataclass(frozen=True, eq=False)
class Companion:
    """A row that many of the selected gained or lost as a neighbour."""

    row: int
    share: float
    """Share of the selected rows, in (0, 1]."""


@dataclass(frozen=True, eq=False)
class Selection:
    """Classes and images of the selected rows, and how their neighbours changed."""

    count: int
    class_counts: Int64[np.ndarray, " classes"]
    purity: float
    """Share of the most frequent class."""
    mean_image: Float32[np.ndarray, ...] | None
    """Mean of the selected images, in their own unit; None without images."""
    mean_change: float
    """Mean neighbourhood change of the selected rows."""
    mean_change_of_all: float
    """Mean neighbourhood change of all rows, for comparison."""
    lost: tuple[Companion, ...]
    """Neighbours lost by at least `share` of the selected rows, the most widely lost first."""
    gained: tuple[Companion, ...]
    """Neighbours gained by at least `share` of the selected rows, the most widely gained first."""


def selection(
    rows: Int[np.ndarray, " m"],
    labels: Int[np.ndarray, " n"],
    class_count: int,
    changes: Changes,
    images: Shaped[np.ndarray, "n ..."] | None = None,
    share: float = 0.5,
    most: int = 20,
) -> Selection:
    """Describe the selected rows.

    Args:
        rows: the selected rows, each once.
        labels: class of each of all n rows, from 0 to class_count - 1.
        changes: how the neighbours of all rows changed.
        images: images of all rows, in any unit.
        share: a neighbour is listed if at least this share of the selected rows lost (gained) it.
        most: neighbours listed at most, of the lost and of the gained.

    Raises:
        InputError: a row does not exist or is named twice, none is selected, or the arrays do not match.
    """
    n = len(changes.change)
    labels = checked_class_labels(labels, n, class_count)
    rows = np.asarray(rows)
    if rows.ndim != 1 or len(rows) == 0 or rows.dtype.kind not in "iu":
        raise InputError("selection: no rows are selected; name at least one row number")
    if rows.min() < 0 or rows.max() >= n:
        outside = int(rows[(rows < 0) | (rows >= n)][0])
        raise InputError(f"selection: row {outside} does not exist; rows run from 0 to {n - 1}")
    if len(np.unique(rows)) != len(rows):
        raise InputError("selection: a row is named twice; name each once")
    if images is not None and len(images) != n:
        raise InputError(f"selection: {len(images)} images for {n} rows; they must match")
    class_counts = np.bincount(labels[rows], minlength=class_count).astype(np.int64)
    return Selection(
        count=len(rows),
        class_counts=class_counts,
        purity=float(class_counts.max() / len(rows)),
        mean_image=None if images is None else _mean_image(images, rows),
        mean_change=float(changes.change[rows].mean(dtype=np.float64)),
        mean_change_of_all=float(changes.change.mean(dtype=np.float64)),
        lost=_companions(changes.left[rows][changes.lost[rows]], len(rows), share, most),
        gained=_companions(changes.right[rows][changes.gained[rows]], len(rows), share, most),
    )


def _mean_image(images: Shaped[np.ndarray, "n ..."], rows: Int[np.ndarray, " m"]) -> Float32[np.ndarray, ...]:
    total = np.zeros(images.shape[1:], np.float64)
    for start in range(0, len(rows), 4096):  # a selection may be everything: never a float copy of all images
        total += images[rows[start : start + 4096]].sum(axis=0, dtype=np.float64)
    return (total / len(rows)).astype(np.float32)


def _companions(neighbours: Int[np.ndarray, " _"], count: int, share: float, most: int) -> tuple[Companion, ...]:
    row, times = np.unique(neighbours, return_counts=True)  # a row counts a neighbour once at most
    order = np.argsort(-times, kind="stable")[:most]
    return tuple(Companion(int(row[i]), float(times[i] / count)) for i in order if times[i] >= share * count)
