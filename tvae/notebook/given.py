"""Two embeddings that were not made here, checked and laid out."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float32, Int, UInt8

from tvae.errors import InputError
from tvae.figures.colours import TVAE_ORANGE, VAE_BLUE
from tvae.linked_map.contents import MapSide
from tvae.maps.parameters import LEAST_ROWS, METHODS, parameters_told
from tvae.maps.projection import ProjectionRequest
from tvae.metrics.neighbours import checked_points
from tvae.notebook.pair import Pair, positions_beside, trustworthiness_told
from tvae.notebook.progress import project_with_progress

MOST_CLASSES = 1_000
"""Classes beyond this can't be told apart on a map, nor found in its legend."""
NAMES = ("means_a", "means_b")
"""What messages call the two embeddings."""
ROWS_NAMED = 5
"""Wrong rows that a message names."""


def pair_of_embeddings(
    means: tuple[object, object],
    labels: object | None,
    images: object | None,
    titles: Sequence[str],
    method: str,
) -> Pair:
    """Two embeddings of the same rows: those of two columns are drawn as they are, others are laid out.

    Raises:
        InputError: other numbers of rows, rows that are not finite, or labels, images or titles that don't fit.
    """
    left, right = (_checked_means(table, name) for table, name in zip(means, NAMES, strict=True))
    n = len(left)
    if len(right) != n:
        raise InputError(f"means_b: {len(right):,} rows; means_a has {n:,}, and both must be of the same rows")
    if len(set(titles)) != 2 or not all(isinstance(title, str) and title.strip() for title in titles):
        raise InputError(f"titles: {titles!r}; they must be two different texts, one for each map")
    classes, class_names = _classes(labels, n)
    checked_images = None if images is None else _checked_images(images, n)
    sides, moved, measured = _laid_out((left, right), titles, method)
    return Pair(
        sides=sides,
        means=(left, right),
        labels=classes,
        class_names=class_names,
        images=checked_images,
        aligned=bool(moved),
        told=f"{titles[0]} and {titles[1]}, n = {n:,}. {measured}{moved}Lines lead to true neighbours.",
    )


def _laid_out(
    spaces: tuple[Float32[np.ndarray, "n _"], Float32[np.ndarray, "n _"]], titles: Sequence[str], method: str
) -> tuple[tuple[MapSide, MapSide], str, str]:
    """Both maps; a sentence on the one that was moved, and one on how well neighbours were kept, or empty texts."""
    flat = [space.shape[1] == 2 for space in spaces]
    positions = list(spaces)
    captions = ["as given (2-D)"] * 2
    if all(flat):
        moved = measured = ""
    else:
        wide = {title: space for title, space, is_flat in zip(titles, spaces, flat, strict=True) if not is_flat}
        layout = project_with_progress(ProjectionRequest(means=wide, parameters=METHODS[method]()))
        for side, title in enumerate(titles):
            if title in wide:
                positions[side] = layout.positions[title]
                captions[side] = f"{parameters_told(layout.parameters)}, of {wide[title].shape[1]} columns"
        still, turned = (1, 0) if flat[1] else (0, 1)
        positions[turned] = positions_beside(positions[still], positions[turned])
        moved = f"{titles[turned]} is turned and scaled to lie like {titles[still]}. "
        measured = trustworthiness_told(layout.fidelity)
    left, right = (
        MapSide(title=title, colour=colour, positions=place, caption=caption)
        for title, colour, place, caption in zip(titles, (VAE_BLUE, TVAE_ORANGE), positions, captions, strict=True)
    )
    return (left, right), moved, measured


def _checked_means(given: object, name: str) -> Float32[np.ndarray, "n d"]:
    """An embedding as finite float32 rows.

    Raises:
        InputError: not a table of numbers, too few rows, or rows that are not finite, by number.
    """
    try:
        table = np.asarray(given)
    except ValueError as error:
        raise InputError(f"{name}: rows of other lengths; it must be a table of numbers (n, d)") from error
    if table.ndim == 2 and table.dtype.kind == "f":
        wrong = np.flatnonzero(~np.isfinite(table).all(axis=1))
        if len(wrong):
            raise InputError(f"{name}: NaN or infinity in {_rows_named(wrong)}; leave these out of all arrays")
    points = checked_points(table, name)
    if len(points) < LEAST_ROWS:
        raise InputError(f"{name}: {len(points)} rows; a map needs at least {LEAST_ROWS}")
    return points


def _rows_named(rows: Int[np.ndarray, " m"]) -> str:
    """Row numbers as text, the first of them where they are many."""
    if len(rows) == 1:
        return f"row {rows[0]}"
    named = ", ".join(map(str, rows[:ROWS_NAMED]))
    return f"rows {named}" + (f" and {len(rows) - ROWS_NAMED:,} more" if len(rows) > ROWS_NAMED else "")


def _classes(labels: object | None, n: int) -> tuple[Int[np.ndarray, " n"], tuple[str, ...]]:
    """Class of each row from 0 on, and what the classes are called: one class of all where there are no labels.

    Raises:
        InputError: labels of another length or type, or too many classes.
    """
    if labels is None:
        return np.zeros(n, np.int64), ("all rows",)
    given = np.asarray(labels)
    if given.shape != (n,):
        raise InputError(f"labels: shape {given.shape}; there must be {n:,}, one for each row")
    if given.dtype.kind == "f" and (given == np.rint(given)).all():
        given = given.astype(np.int64)
    if given.dtype.kind not in "biuUO":
        raise InputError(f"labels: {given.dtype}; they must be whole numbers or texts")
    if given.dtype.kind == "O":
        given = given.astype(str)
    names, classes = np.unique(given, return_inverse=True)
    if len(names) > MOST_CLASSES:
        raise InputError(f"labels: {len(names):,} classes; {MOST_CLASSES:,} at most can be shown")
    return classes.astype(np.int64), tuple(map(str, names))


def _checked_images(given: object, n: int) -> UInt8[np.ndarray, "n height width channels"]:
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
