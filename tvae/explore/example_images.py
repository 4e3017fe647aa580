"""Choice of example images: per class, random, worst, most different, most confusable."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Float, Int, Int64

from tvae.errors import InputError, require_int
from tvae.metrics.neighbours import nearest_to

Better = Literal["either", "first", "second"]


def first_of_each_class(labels: Int[np.ndarray, " n"], count: int) -> Int64[np.ndarray, " m"]:
    """Up to `count` rows: the first image of each class, then the second of each, and so on; ordered by class.

    Where the last round has more classes than are still wanted, those taken are spread evenly over the classes.
    """
    labels = np.asarray(labels)
    order = np.argsort(labels, kind="stable")
    ordered = labels[order]
    place_in_class = np.arange(len(ordered)) - np.searchsorted(ordered, ordered)
    in_turn = np.lexsort((ordered, place_in_class))
    rounds = place_in_class[in_turn]
    if count >= len(in_turn):
        return order
    last = np.flatnonzero(rounds == rounds[count])
    before = int(last[0])
    wanted = count - before
    taken = np.concatenate([in_turn[:before], in_turn[last[np.arange(wanted) * len(last) // max(1, wanted)]]])
    return order[np.sort(taken)]


def rows_of_class(labels: Int[np.ndarray, " n"], label: int, count: int) -> Int64[np.ndarray, " m"]:
    """The first rows of a class, `count` at most."""
    return np.flatnonzero(np.asarray(labels) == label)[:count]


def random_rows(n: int, count: int, seed: int) -> Int64[np.ndarray, " m"]:
    """`count` of n rows drawn without replacement, or all of them where `count` is greater.

    The rows of a smaller count are the first rows of a larger one.

    Raises:
        InputError: a seed below 0.
    """
    require_int("seed", seed, 0, 2**63 - 1)
    return np.random.default_rng(seed).permutation(n)[:count]


def random_pairs(labels: Int[np.ndarray, " n"], count: int, seed: int) -> Int64[np.ndarray, "count 2"]:
    """Pairs of rows whose classes differ, drawn independently of each other.

    Raises:
        InputError: there is only one class, or a seed below 0.
    """
    labels = np.asarray(labels)
    require_int("seed", seed, 0, 2**63 - 1)
    if len(np.unique(labels)) < 2:
        raise InputError("random pairs: all images are of one class; there must be two classes at least")
    generator = np.random.default_rng(seed)
    pairs = np.zeros((count, 2), np.int64)
    same = np.ones(count, bool)
    while same.any():
        pairs[same] = generator.integers(0, len(labels), (int(same.sum()), 2))
        same = labels[pairs[:, 0]] == labels[pairs[:, 1]]
    return pairs


def worst_rows(errors: Float[np.ndarray, " n"], count: int) -> Int64[np.ndarray, " m"]:
    """Rows of the greatest errors, the greatest first; at ties the lower row first."""
    return np.argsort(-np.asarray(errors), kind="stable")[:count]


def most_different_rows(
    first: Float[np.ndarray, " n"], second: Float[np.ndarray, " n"], count: int, better: Better = "either"
) -> Int64[np.ndarray, " m"]:
    """Rows whose errors in two arms differ most, the greatest difference first; at ties the lower row first.

    Rows without a difference are left out, so there may be fewer than `count`, or none.

    Args:
        better: which arm must have the lower error.

    Raises:
        InputError: the arms have errors of other images.
    """
    first, second = np.asarray(first, np.float64), np.asarray(second, np.float64)
    if first.shape != second.shape:
        raise InputError(
            f"errors: {len(first)} of one arm, {len(second)} of the other; they must be of the same images"
        )
    lead = {"either": np.abs(second - first), "first": second - first, "second": first - second}[better]
    order = np.argsort(-lead, kind="stable")[:count]
    return order[lead[order] > 0]


@dataclass(frozen=True)
class ConfusablePair:
    """Two images of different classes that lie near each other in a latent space."""

    first: int
    """Row of the first class."""
    second: int
    """Row of the second class."""
    distance: float
    """Euclidean distance of their means."""


def most_confusable_pair(
    means: Float[np.ndarray, "n latent"], labels: Int[np.ndarray, " n"], first_class: int, second_class: int
) -> ConfusablePair:
    """The pair of images of the two classes whose means lie nearest to each other; at ties the lower rows.

    Raises:
        InputError: both classes are the same, or one has no images.
    """
    if first_class == second_class:
        raise InputError("most confusable pair: both classes are the same; name two")
    labels = np.asarray(labels)
    rows, others = (np.flatnonzero(labels == label) for label in (first_class, second_class))
    if not len(rows) or not len(others):
        raise InputError("most confusable pair: a class has no images; name two that have")
    nearest = nearest_to(means[rows], means[others], 1)
    best = int(nearest.distances[:, 0].argmin())
    return ConfusablePair(int(rows[best]), int(others[nearest.rows[best, 0]]), float(nearest.distances[best, 0]))
