"""The pair of images of two classes that a latent space can tell apart least."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from tvae.config import InputError
from tvae.neighbours import nearest_to


@dataclass(frozen=True)
class ConfusablePair:
    """Two images of two classes."""

    first: int
    """Row of the first class."""
    second: int
    """Row of the second class."""
    distance: float
    """Euclidean distance of their means."""


def most_confusable_pair(
    means: Float[np.ndarray, "n latent"], labels: Int[np.ndarray, " n"], first_class: int, second_class: int
) -> ConfusablePair:
    """The images of the two classes whose means lie nearest to each other, over all pairs; at ties the lower rows.

    Raises:
        InputError: the classes are one and the same, or one has no images.
    """
    if first_class == second_class:
        raise InputError("most confusable pair: both classes are the same; name two")
    labels = np.asarray(labels)
    rows, others = (np.flatnonzero(labels == label) for label in (first_class, second_class))
    if not len(rows) or not len(others):
        raise InputError("most confusable pair: a class has no images; name two that have")
    near = nearest_to(means[rows], means[others], 1)
    best = int(near.distances[:, 0].argmin())
    return ConfusablePair(int(rows[best]), int(others[near.rows[best, 0]]), float(near.distances[best, 0]))
