"""Counts of satisfied triplets at every margin of an evenly spaced grid.

`triplet_curve` makes accuracies of them, `gap_histogram` a distribution.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from tvae.metrics.grouped_means import AnchorBlock, GroupedMeans, over_blocks

MOST_PLACES = 1 << 20
"""Whole steps x classes that an anchor's tally may span: 4 MB, and some milliseconds to fill."""

_LEAST_RADIUS = 0.01  # means all within this many steps are told apart margin by margin
_LEAST_BETWEEN = 8  # positives: emptying the small tallies more often than that costs what they save


@dataclass(frozen=True)
class MarginGrid:
    """The margins step * (first + k), k = 0, ..., n_margins - 1."""

    step: float
    first: int
    n_margins: int

    @property
    def margins(self) -> Float[np.ndarray, " m"]:
        """All margins of the grid, ascending."""
        return self.step * np.arange(self.first, self.first + self.n_margins)


@dataclass(frozen=True)
class BlockCounts:
    """Counts and hinges of the triplets of a block of anchors of one class."""

    own: int
    """Position of the anchors' class."""
    satisfied: Int[np.ndarray, "m columns"]
    """Satisfied triplets by margin and the negative's class, or in one column."""
    hinges: Float[np.ndarray, " m"]
    """The anchors' mean hinges, added up by margin."""


@dataclass(frozen=True)
class GridCounts:
    """Counts and hinges of all anchors that are counted."""

    satisfied: Int[np.ndarray, "m c columns"]
    """Satisfied triplets by margin, anchor's class and the negative's class, or in one column."""
    hinges: Float[np.ndarray, "m c"]
    """The anchors' mean hinges, added up by margin and class."""
    squares: Float[np.ndarray, "m c"]
    """Squares of the anchors' shares of satisfied triplets, added up so; 0 where all anchors are counted."""


def grid_counts(groups: GroupedMeans, grid: MarginGrid, by_class: bool, threads: int) -> GridCounts:
    """Count every anchor of `groups` at every margin. The result does not depend on `threads`.

    Args:
        by_class: whether columns are the negatives' classes, else there is one.
    """
    on_grid = radius(groups) > _LEAST_RADIUS * grid.step
    count_block = count_block_on_grid if on_grid else count_block_by_margin
    n_classes = len(groups.classes)
    satisfied = np.zeros((grid.n_margins, n_classes, n_classes if by_class else 1), np.int64)
    hinges, squares = np.zeros((grid.n_margins, n_classes)), np.zeros((grid.n_margins, n_classes))
    triplets = (groups.sizes - 1.0) * (len(groups.points) - groups.sizes)  # of an anchor of each class
    # The error of a sample is that of its anchors' shares, so each of them is counted alone.
    blocks = groups.anchor_blocks() if groups.sample is None else groups.anchor_blocks(1)
    for counts in over_blocks(lambda block: count_block(groups, block, grid, by_class), blocks, threads):
        satisfied[:, counts.own] += counts.satisfied
        hinges[:, counts.own] += counts.hinges
        if groups.sample is not None:
            squares[:, counts.own] += (counts.satisfied.sum(axis=1) / triplets[counts.own]) ** 2
    return GridCounts(satisfied, hinges, squares)


def tally_places(groups: GroupedMeans, grid: MarginGrid) -> float:
    """Length of the longest tally by whole steps that an anchor may need, for each class of negatives."""
    return 2 * radius(groups) / grid.step + grid.n_margins


def radius(groups: GroupedMeans) -> float:
    """Greatest distance of a mean from their centre: no two are further apart than twice that."""
    return float(np.sqrt(np.max(np.sum((groups.points - groups.points.mean(axis=0)) ** 2, axis=1))))


def count_block_on_grid(groups: GroupedMeans, block: AnchorBlock, grid: MarginGrid, by_class: bool) -> BlockCounts:
    """All margins in one pass, with distances rounded to 2**-40 of a step (see `kernels.grid`)."""
    from tvae.metrics.kernels.grid import count_on_grid

    satisfied = np.zeros((grid.n_margins, len(groups.classes) if by_class else 1), np.int64)
    hinges = np.zeros(grid.n_margins)
    tally, positives = _tally(groups, block.own, by_class)
    sorted_means = groups.columns, groups.points, groups.starts
    margins = grid.step, grid.first, grid.n_margins
    count_on_grid(*sorted_means, *block, *margins, by_class, tally, positives, satisfied, hinges)
    return BlockCounts(block.own, satisfied, hinges)


def count_block_by_margin(groups: GroupedMeans, block: AnchorBlock, grid: MarginGrid, by_class: bool) -> BlockCounts:
    """One margin after the other, with unrounded distances: for means that are all much nearer than a step.

    Only margins that some gap may reach are counted; at the others every triplet is satisfied, or none is.
    """
    from tvae.metrics.kernels.counting import count_satisfied

    n_anchors, n_classes = block.last - block.first, len(groups.classes)
    sorted_means = groups.columns, groups.points, groups.starts
    margins = grid.margins
    reached = np.abs(margins) <= 3 * radius(groups)  # beyond that every gap lies on one side of the margin
    satisfied = np.zeros((grid.n_margins, n_classes if by_class else 1), np.int64)
    hinges, reached_hinges = np.zeros(grid.n_margins), np.zeros(reached.sum())
    by_anchor = np.zeros((n_anchors, reached.sum()), np.int64)
    gaps = count_satisfied(*sorted_means, *block, margins[reached], False, by_anchor, reached_hinges)
    hinges[reached] = reached_hinges
    hinges[margins > 0] = np.where(reached, hinges, n_anchors * margins - gaps)[margins > 0]
    negatives = np.where(np.arange(n_classes) == block.own, 0, groups.sizes)
    all_triplets = n_anchors * (groups.sizes[block.own] - 1) * negatives
    satisfied[~reached & (margins < 0)] = all_triplets if by_class else all_triplets.sum()
    if by_class:
        by_negative = np.zeros((n_classes, reached.sum()), np.int64)
        count_satisfied(*sorted_means, *block, margins[reached], True, by_negative, np.zeros(reached.sum()))
        satisfied[reached] = by_negative.T
    else:
        satisfied[reached] = by_anchor.sum(axis=0)[:, None]
    return BlockCounts(block.own, satisfied, hinges)


def _tally(groups: GroupedMeans, own: int, by_class: bool) -> tuple[Int[np.ndarray, " 0"], int]:
    """An empty array of the type to count a column's negatives in, and how many positives' counts fit into it."""
    others = np.delete(groups.sizes, own)
    most = int(others.max() if by_class else others.sum())
    small = np.iinfo(np.uint16).max // most
    return (np.empty(0, np.uint16), small) if small >= _LEAST_BETWEEN else (np.empty(0, np.int32), (2**31 - 1) // most)
