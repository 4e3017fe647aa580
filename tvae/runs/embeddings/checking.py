"""Checks of vectors, labels and images that were not made here."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float32, Int, Int64, UInt8

from tvae.errors import InputError
from tvae.maps.parameters import LEAST_ROWS
from tvae.metrics.neighbours import checked_points

MOST_CLASSES = 1_000
"""Classes beyond this can't be told apart on a map, nor found in its legend."""
NO_CLASSES = ("all rows",)
"""Names of the classes of rows that have no labels."""
_ROWS_NAMED = 5
"""Wrong rows that a message names."""


def checked_vectors(given: object, where: str) -> Float32[np.ndarray, "n d"]:
    """Vectors as finite float32 rows.

    Raises:
        InputError: not a table of numbers, too few rows, or rows that are not finite, by number.
    """
    try:
        table = np.asarray(given)
    except ValueError as error:
        raise InputError(f"{where}: rows of other lengths; it must be a table of numbers (n, d)") from error
    if table.ndim == 2 and table.dtype.kind == "f":
        wrong = np.flatnonzero(~np.isfinite(table).all(axis=1))
        if len(wrong):
            raise InputError(f"{where}: NaN or infinity in {rows_in_words(wrong)}; leave these out of all arrays")
    points = checked_points(table, where)
    if len(points) < LEAST_ROWS:
        raise InputError(f"{where}: {len(points)} rows; a map needs at least {LEAST_ROWS}")
    return points


def check_same_rows(first: int, second: int, names: tuple[str, str]) -> None:
    """Check that two embeddings have the same number of rows.

    Raises:
        InputError: they have not.
    """
    if first != second:
        raise InputError(
            f"{names[1]}: {second:,} rows; {names[0]} has {first:,}, and both must be of the same rows in one order"
        )


def rows_in_words(rows: Int[np.ndarray, " m"]) -> str:
    """Row numbers as text, the first of them where they are many."""
    if len(rows) == 1:
        return f"row {rows[0]}"
    named = ", ".join(map(str, rows[:_ROWS_NAMED]))
    return f"rows {named}" + (f" and {len(rows) - _ROWS_NAMED:,} more" if len(rows) > _ROWS_NAMED else "")


def checked_classes(
    labels: object | None, n: int, where: str = "labels"
) -> tuple[Int64[np.ndarray, " n"], tuple[str, ...]]:
    """Class of each row from 0 on, and what the classes are called: one class of all where there are no labels.

    Raises:
        InputError: labels of another length or type, or too many classes.
    """
    if labels is None:
        return np.zeros(n, np.int64), NO_CLASSES
    given = np.asarray(labels)
    if given.shape != (n,):
        raise InputError(f"{where}: shape {given.shape}; there must be {n:,}, one for each row")
    if given.dtype.kind == "f" and (given == np.rint(given)).all():
        given = given.astype(np.int64)
    if given.dtype.kind not in "biuUO":
        raise InputError(f"{where}: {given.dtype}; they must be whole numbers or texts")
    if given.dtype.kind == "O":
        given = given.astype(str)
    names, classes = np.unique(given, return_inverse=True)
    if len(names) > MOST_CLASSES:
        raise InputError(f"{where}: {len(names):,} classes; {MOST_CLASSES:,} at most can be shown")
    return classes.astype(np.int64), tuple(map(str, names))


def checked_images(given: object, n: int) -> UInt8[np.ndarray, "n height width channels"]:
    """Images as uint8 with a channel.

    Raises:
        InputError: another number of images, another shape, or values that are neither uint8 nor from 0 to 1.
    """
    array = np.asarray(given)
    images = array[..., None] if array.ndim == 3 else array
    if images.ndim != 4 or images.shape[0] != n or images.shape[3] not in (1, 3) or images.size == 0:
        right = f"({n}, height, width) or ({n}, height, width, channels) with 1 or 3 channels"
        raise InputError(f"images: shape {array.shape}; it must be {right}")
    if images.dtype == np.uint8:
        return images
    if images.dtype.kind == "f" and images.min() >= 0 and images.max() <= 1:
        return np.rint(255 * images).astype(np.uint8)
    low, high = images.min(), images.max()
    raise InputError(f"images: {images.dtype} from {low:g} to {high:g}; they must be uint8, or floats from 0 to 1")
