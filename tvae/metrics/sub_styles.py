"""Groups within a class by density (HDBSCAN), and how those of two spaces overlap."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int, Int64

from tvae.errors import InputError
from tvae.metrics.grouped_means import checked_labels, checked_means

LEAST_SIZE = 5
"""A group has at least this many images, and at least `ROOT_SHARE` times the square root of those of the class.

With this and `NEIGHBOURS_OF_CORE`, none of 60 normal clouds in 20 dimensions (36 to 1,000 rows, equal and unequal
spreads) had a group; with 3 neighbours 6 of them had, with a fiftieth of the images and 3 neighbours 23.
"""

ROOT_SHARE = 0.8

NEIGHBOURS_OF_CORE = 4
"""HDBSCAN's min_samples: density at an image is by its distance to the third nearest other one."""

FEWEST_IMAGES = 2 * LEAST_SIZE
"""Images of a class that can have two groups."""

MOST_IMAGES = 5_000
"""Images of a class that are searched at most, its first ones: time grows with their square."""


@dataclass(frozen=True, eq=False)
class SubStyles:
    """Groups of a class's images in one latent space."""

    searched: Int64[np.ndarray, " m"]
    """The rows of the class that were searched."""
    groups: list[Int64[np.ndarray, " _"]]
    """Rows of each group, the largest group first; none where the class has one dense place alone, or none."""
    alone: Int64[np.ndarray, " _"]
    """Rows that are in no group."""
    least: int
    """Images that a group has at least (HDBSCAN's min_cluster_size)."""


def sub_styles(means: Float[np.ndarray, "n latent"], labels: Int[np.ndarray, " n"], label: int) -> SubStyles:
    """Groups of one class's images where their means are dense (HDBSCAN, Campello et al. 2013, in scikit-learn).

    Euclidean distances; min_cluster_size 0.8 times the root of the number of images, at least 5; min_samples 4; the
    groups are the leaves of the tree of densities, so no group holds another. What lies between them is in no group.

    Args:
        label: the class.

    Raises:
        InputError: shapes that don't fit, means that are not finite, or fewer than `FEWEST_IMAGES` images of the class.
    """
    from sklearn.cluster import HDBSCAN

    points = checked_means(means)
    rows = np.flatnonzero(checked_labels(labels, len(points)) == label)[:MOST_IMAGES]
    if len(rows) < FEWEST_IMAGES:
        raise InputError(f"sub-styles: {len(rows)} images are too few; two groups need at least {FEWEST_IMAGES}")
    least = max(LEAST_SIZE, round(ROOT_SHARE * len(rows) ** 0.5))
    clustering = HDBSCAN(
        min_cluster_size=least,
        min_samples=NEIGHBOURS_OF_CORE,
        cluster_selection_method="leaf",
        copy=True,  # pyright: ignore[reportArgumentType]  # its default is a word, so it is inferred to be one
    )
    group = clustering.fit_predict(points[rows])
    groups = [rows[group == number] for number in range(int(group.max()) + 1)]
    groups.sort(key=lambda members: (-len(members), int(members[0])))
    return SubStyles(rows, groups, rows[group < 0], least)


def overlaps(left: SubStyles, right: SubStyles) -> Int64[np.ndarray, "left_groups+1 right_groups+1"]:
    """Number of images that each group of the left space has in common with each of the right one.

    The last row and the last column are of the images in no group.

    Raises:
        InputError: the two were not searched in the same rows.
    """
    if not np.array_equal(left.searched, right.searched):
        raise InputError("sub-styles: groups of different rows can't be compared; search the same class in both spaces")
    numbers = [_group_numbers(side) for side in (left, right)]
    table = np.zeros((len(left.groups) + 1, len(right.groups) + 1), np.int64)
    np.add.at(table, tuple(numbers), 1)
    return table


def _group_numbers(side: SubStyles) -> Int64[np.ndarray, " m"]:
    """The number of each searched row's group; the number of groups for rows in none."""
    numbers = np.full(len(side.searched), len(side.groups), np.int64)
    for number, members in enumerate(side.groups):
        numbers[np.searchsorted(side.searched, members)] = number
    return numbers
