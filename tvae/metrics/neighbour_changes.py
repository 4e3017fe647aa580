"""Neighbours gained and lost between two latent spaces, row by row."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float32, Int, Int64

from tvae.errors import InputError

MARKS = 1 << 22
"""Marks of neighbours held at a time (4 MB of bool)."""


@dataclass(frozen=True, eq=False)
class Changes:
    """Differences of every row's k nearest neighbours between a left and a right space."""

    change: Float32[np.ndarray, " n"]
    """One minus the Jaccard overlap of the two sets: 0 where they are the same, 1 where they share none."""
    lost: Bool[np.ndarray, "n k"]
    """Whether each neighbour in the left space is lost, that is, not a neighbour in the right one."""
    gained: Bool[np.ndarray, "n k"]
    """Whether each neighbour in the right space is gained, that is, not a neighbour in the left one."""
    left: Int[np.ndarray, "n k"]
    """Neighbours in the left space, nearest first."""
    right: Int[np.ndarray, "n k"]
    """Neighbours in the right space, nearest first."""

    def in_either(self, row: int) -> int:
        """Number of neighbours that the row has on the left, on the right or on both sides."""
        return self.left.shape[1] + int(self.gained[row].sum())

    def most_changed(self, count: int) -> Int64[np.ndarray, " count"]:
        """Rows of greatest change first; at ties the lower row."""
        return np.argsort(-self.change, kind="stable")[:count]

    def least_changed(self, count: int) -> Int64[np.ndarray, " count"]:
        """Rows of least change first; at ties the lower row."""
        return np.argsort(self.change, kind="stable")[:count]

    def lost_by(self, row: int) -> Int[np.ndarray, " _"]:
        """Neighbours that the row had on the left only, nearest first."""
        return self.left[row][self.lost[row]]

    def gained_by(self, row: int) -> Int[np.ndarray, " _"]:
        """Neighbours that the row has on the right only, nearest first."""
        return self.right[row][self.gained[row]]

    def shared_by(self, row: int) -> Int[np.ndarray, " _"]:
        """Neighbours that the row has on both sides, in the order of the left."""
        return self.left[row][~self.lost[row]]


def changes(left: Int[np.ndarray, "n k"], right: Int[np.ndarray, "n k"]) -> Changes:
    """Compare the k nearest neighbours of every row in two spaces, each nearest first.

    Raises:
        InputError: the spaces do not hold the same rows, or k differs.
    """
    left, right = np.asarray(left), np.asarray(right)
    if left.ndim != 2 or right.ndim != 2 or len(left) != len(right):
        raise InputError(
            f"changes: both spaces must hold the same rows; the left has {len(left)}, the right {len(right)}"
        )
    if left.shape != right.shape or left.shape[1] == 0:
        raise InputError(f"changes: k must be the same on both sides; it is {left.shape[1]} and {right.shape[1]}")
    k = left.shape[1]
    lost, gained = ~_among(left, right), ~_among(right, left)
    shared = k - lost.sum(axis=1)
    change = 1 - shared / (2 * k - shared)
    return Changes(change.astype(np.float32), lost, gained, left, right)


def _among(neighbours: Int[np.ndarray, "n k"], others: Int[np.ndarray, "n k"]) -> Bool[np.ndarray, "n k"]:
    """Whether each neighbour of a row is among the row's neighbours in `others`.

    By a table of marks, one a row and possible neighbour: each neighbour costs one mark to set and one to look up.
    """
    n = int(max(neighbours.max(), others.max())) + 1
    size = max(1, MARKS // n)
    marks = np.zeros((size, n), bool)
    is_among = np.empty(neighbours.shape, bool)
    for start in range(0, len(neighbours), size):
        block = others[start : start + size]
        row = np.arange(len(block))[:, None]
        marks[row, block] = True
        is_among[start : start + size] = marks[row, neighbours[start : start + size]]
        marks[row, block] = False
    return is_among
