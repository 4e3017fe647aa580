"""Two embeddings that were not made here, checked and laid out."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float32

from tvae.errors import InputError
from tvae.figures.colours import TVAE_ORANGE, VAE_BLUE
from tvae.linked_map.contents import MapSide
from tvae.maps.parameters import METHODS, parameters_told
from tvae.maps.projection import ProjectionRequest
from tvae.notebook.pair import Pair, positions_beside, trustworthiness_told
from tvae.notebook.progress import project_with_progress
from tvae.runs.embeddings.checking import check_same_rows, checked_classes, checked_images, checked_vectors

NAMES = ("means_a", "means_b")
"""What messages call the two embeddings."""


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
    left, right = (checked_vectors(table, name) for table, name in zip(means, NAMES, strict=True))
    n = len(left)
    check_same_rows(n, len(right), NAMES)
    if len(set(titles)) != 2 or not all(isinstance(title, str) and title.strip() for title in titles):
        raise InputError(f"titles: {titles!r}; they must be two different texts, one for each map")
    classes, class_names = checked_classes(labels, n)
    pictures = None if images is None else checked_images(images, n)
    sides, moved, measured = _laid_out((left, right), titles, method)
    return Pair(
        sides=sides,
        means=(left, right),
        labels=classes,
        class_names=class_names,
        images=pictures,
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
