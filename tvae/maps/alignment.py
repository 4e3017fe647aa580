"""Orthogonal Procrustes alignment of two layouts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Float64, Int

from tvae.errors import InputError


@dataclass(frozen=True)
class Alignment:
    """The similarity p -> scale * (p @ rotation) + offset, which takes the right map to the left one."""

    rotation: Float64[np.ndarray, "2 2"]
    """Orthogonal; its determinant is -1 where the map is mirrored."""
    scale: float
    """Positive."""
    offset: Float64[np.ndarray, " 2"]

    def apply(self, points: Float[np.ndarray, "m 2"]) -> Float64[np.ndarray, "m 2"]:
        """Points of the right map, aligned to the left."""
        return self.scale * (np.asarray(points, np.float64) @ self.rotation) + self.offset

    def undo(self, points: Float[np.ndarray, "m 2"]) -> Float64[np.ndarray, "m 2"]:
        """Points of the aligned map, as they were before."""
        return (np.asarray(points, np.float64) - self.offset) / self.scale @ self.rotation.T

    def then(self, other: Alignment) -> Alignment:
        """This alignment followed by another one."""
        return Alignment(self.rotation @ other.rotation, self.scale * other.scale, other.apply(self.offset[None])[0])


def align(
    left: Float[np.ndarray, "n 2"], right: Float[np.ndarray, "n 2"], rows: Int[np.ndarray, " m"] | None = None
) -> Alignment:
    """Align `right` to `left`: the same size and centre, and the rotation (or mirroring) of least squared motion.

    With `rows`, centre and rotation are those that suit these rows best. The size is always that of all rows (the root
    mean square distance from the centre): the scale of least squared motion would shrink a map that agrees little
    with the other, and a few rows that lie close together would blow it up. Where the rows fix no rotation (one row,
    or all in one place) there is none. Orthogonal Procrustes problem: Schönemann 1966.

    Raises:
        InputError: the maps do not have the same rows, a value is not finite, or a row number does not exist.
    """
    left, right = np.asarray(left, np.float64), np.asarray(right, np.float64)
    if left.ndim != 2 or left.shape[1:] != (2,) or left.shape != right.shape or len(left) == 0:
        raise InputError(f"align: shapes {left.shape} and {right.shape}; both must be (n, 2) with the same n")
    if not (np.isfinite(left).all() and np.isfinite(right).all()):
        raise InputError("align: a position is not finite; compute the layout again")
    sizes = [float(np.linalg.norm(points - points.mean(axis=0))) for points in (left, right)]
    scale = sizes[0] / sizes[1] if min(sizes) > 0 else 1.0
    if rows is not None:
        rows = np.asarray(rows)
        if rows.size == 0 or rows.min() < 0 or rows.max() >= len(left):
            raise InputError(f"align: rows must be at least one number from 0 to {len(left) - 1}")
        left, right = left[rows], right[rows]
    rotation = _rotation(left - left.mean(axis=0), right - right.mean(axis=0))
    return Alignment(rotation, scale, left.mean(axis=0) - scale * right.mean(axis=0) @ rotation)


def mean_motion(left: Float[np.ndarray, "n 2"], right: Float[np.ndarray, "n 2"]) -> float:
    """Mean distance from each row's place on the left map to its place on the right one, in radii of the left map.

    The radius is the root mean square distance from the centre. 0 where all rows of the left map are in one place.
    """
    left, right = np.asarray(left, np.float64), np.asarray(right, np.float64)
    radius = float(np.sqrt(((left - left.mean(axis=0)) ** 2).sum(axis=1).mean()))
    return float(np.linalg.norm(right - left, axis=1).mean()) / radius if radius > 0 else 0.0


def _rotation(left: Float64[np.ndarray, "m 2"], right: Float64[np.ndarray, "m 2"]) -> Float64[np.ndarray, "2 2"]:
    """The orthogonal matrix that brings centred right rows nearest to centred left ones."""
    before, singular, after = np.linalg.svd(right.T @ left)
    if singular[0] <= 1e-12 * np.linalg.norm(left) * np.linalg.norm(right):
        return np.eye(2)
    if singular[1] <= 1e-9 * singular[0] and np.linalg.det(before @ after) < 0:
        after[1] *= -1  # points on a line are matched as well without a mirror
    return before @ after
