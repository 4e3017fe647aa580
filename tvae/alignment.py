"""Laying one picture over another: rotation, reflection and scale (orthogonal Procrustes, Schönemann 1966)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Float64, Int

from tvae.config import InputError


@dataclass(frozen=True)
class Alignment:
    """The map p -> scale * (p @ rotation) + offset from the right picture to the left."""

    rotation: Float64[np.ndarray, "2 2"]
    """Orthogonal; its determinant is -1 where the picture is mirrored."""
    scale: float
    """Positive."""
    offset: Float64[np.ndarray, " 2"]

    def apply(self, points: Float[np.ndarray, "m 2"]) -> Float64[np.ndarray, "m 2"]:
        """Points of the right picture, laid over the left."""
        return self.scale * (np.asarray(points, np.float64) @ self.rotation) + self.offset

    def undo(self, points: Float[np.ndarray, "m 2"]) -> Float64[np.ndarray, "m 2"]:
        """Points of the aligned picture, as they were before."""
        return (np.asarray(points, np.float64) - self.offset) / self.scale @ self.rotation.T


def align(
    left: Float[np.ndarray, "n 2"], right: Float[np.ndarray, "n 2"], rows: Int[np.ndarray, " m"] | None = None
) -> Alignment:
    """The alignment of `right` to `left` with the least sum of squared motions, of all rows or of the given ones.

    The scale always comes from all rows: a few rows that lie close together on the right would otherwise blow the
    whole picture up. Where the rows do not fix a rotation (one row, or all in one place) there is none.

    Raises:
        InputError: the pictures do not have the same rows, a value is not finite, or a row number does not exist.
    """
    left, right = np.asarray(left, np.float64), np.asarray(right, np.float64)
    if left.ndim != 2 or left.shape[1:] != (2,) or left.shape != right.shape or len(left) == 0:
        raise InputError(f"align: shapes {left.shape} and {right.shape}; both must be (n, 2) with the same n")
    if not (np.isfinite(left).all() and np.isfinite(right).all()):
        raise InputError("align: a position is not finite; compute the layout again")
    rotation, scale = _rotation_and_scale(left, right)
    if rows is None:
        return Alignment(rotation, scale, left.mean(axis=0) - scale * right.mean(axis=0) @ rotation)
    rows = np.asarray(rows)
    if rows.size == 0 or rows.min() < 0 or rows.max() >= len(left):
        raise InputError(f"align: rows must be at least one number from 0 to {len(left) - 1}")
    chosen_left, chosen_right = left[rows], right[rows]
    rotation, _ = _rotation_and_scale(chosen_left, chosen_right)
    return Alignment(rotation, scale, chosen_left.mean(axis=0) - scale * chosen_right.mean(axis=0) @ rotation)


def _rotation_and_scale(
    left: Float64[np.ndarray, "n 2"], right: Float64[np.ndarray, "n 2"]
) -> tuple[Float64[np.ndarray, "2 2"], float]:
    left, right = left - left.mean(axis=0), right - right.mean(axis=0)
    before, singular, after = np.linalg.svd(right.T @ left)
    size = float((right**2).sum())
    if singular[0] <= 1e-12 * max(size, float((left**2).sum())) or size == 0:
        return np.eye(2), 1.0
    if singular[1] <= 1e-9 * singular[0] and np.linalg.det(before @ after) < 0:
        after[1] *= -1  # points on a line are matched as well without a mirror
    return before @ after, float(singular.sum() / size)
