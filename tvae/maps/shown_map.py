"""ShownMap: map position -> latent code and back; the aligned maps of several arms."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
from jaxtyping import Float, Float32, Float64

from tvae.errors import InputError
from tvae.maps.alignment import align
from tvae.maps.fidelity import measured_rows
from tvae.maps.pca import LinearMap, pca_maps
from tvae.maps.projection import Layout
from tvae.metrics.neighbours import nearest_neighbours, nearest_to

Likeness = Literal["exact", "plane", "approximate"]
"""How far a decoded position can be trusted. exact: PCA of at most two latents, where position and code are one to
one. plane: PCA of more latents, where a position stands for the code in the plane through the mean, and what lies off
that plane is left out. approximate: any other map, where the code is a weighted mean of the nearest points' codes."""

NEIGHBOURS = 8
"""Rows that a new code's position, or a new position's code, is averaged over."""
USUAL = 0.99
"""Share of the rows whose distance to their nearest other row counts as usual."""
_FAR = 3.0
_WIDE = 0.01
_SPACED = 250
"""Points whose nearest other is looked up to learn how densely a map is filled."""


@dataclass(frozen=True, eq=False)
class DecodedPlace:
    """The latent code at a position of the map."""

    code: Float32[np.ndarray, " latent"]
    likeness: Likeness
    far: bool
    """Whether no point of the map is near: what is decoded there has nothing to do with any image. Never so where the
    likeness is exact or plane."""


@dataclass(frozen=True, eq=False)
class PlacedCodes:
    """Positions of new codes on a map."""

    positions: Float64[np.ndarray, "m 2"]
    exact: bool
    """Whether the map itself gives them (PCA); else they are weighted means of the nearest rows' positions."""
    beyond: float
    """Share of the codes, in [0, 1], that are farther from all rows than 99 in 100 rows are from each other: the map
    knows nothing there, and their positions say little. 0 where they are exact."""


@dataclass(frozen=True, eq=False)
class ShownMap:
    """One arm's map: the latent code at any position, and the position of any latent code."""

    means: Float[np.ndarray, "n latent"]
    positions: Float[np.ndarray, "n 2"]
    """Positions of the rows on the map as it is shown."""
    linear: LinearMap | None
    """Map from codes to the shown positions and back, where the map is PCA."""
    reach: float
    """Distance on the map from the nearest point beyond which a position is far."""

    def at(self, place: tuple[float, float]) -> DecodedPlace:
        """The code at a position.

        Raises:
            InputError: a position that is not finite.
        """
        position = np.asarray(place, np.float64)
        if position.shape != (2,) or not np.isfinite(position).all():
            raise InputError(f"map: {place!r} is no place; it must be two finite numbers")
        if self.linear is not None:
            likeness: Likeness = "exact" if self.means.shape[1] <= 2 else "plane"
            return DecodedPlace(self.linear.points(position[None])[0].astype(np.float32), likeness, False)
        distances = np.sqrt(((self.positions.astype(np.float64) - position) ** 2).sum(axis=1))  # (n,)
        k = min(NEIGHBOURS + 1, len(distances))
        rows = np.argpartition(distances, k - 1)[:k]
        rows = rows[np.lexsort((rows, distances[rows]))]
        code = shepard_weights(distances[rows][None])[0] @ self.means[rows].astype(np.float64)
        return DecodedPlace(code.astype(np.float32), "approximate", bool(distances[rows[0]] > self.reach))

    def place_of(self, codes: Float[np.ndarray, "m latent"]) -> PlacedCodes:
        """Positions of new codes: by the map itself where it is PCA, else among the points of the nearest means.

        t-SNE and UMAP give positions to the rows that they were fitted to and to no others. A new code lies at the
        weighted mean of the positions of the rows whose means are nearest to it; a code equal to a row's mean has that
        row's position, and no position depends on which other codes come with it.

        Raises:
            InputError: codes of another number of latents, or values that are not finite.
        """
        codes = np.asarray(codes, np.float64)
        latents = self.means.shape[1]
        if codes.ndim != 2 or codes.shape[1] != latents or not np.isfinite(codes).all():
            raise InputError(f"map: codes of shape {codes.shape}; they must be rows of {latents} finite numbers")
        if self.linear is not None:
            return PlacedCodes(self.linear.positions(codes), True, 0.0)
        nearest = nearest_to(codes, self.means, min(NEIGHBOURS + 1, len(self.means)))
        weights = shepard_weights(nearest.distances.astype(np.float64))
        positions = np.einsum("mk,mkx->mx", weights, self.positions[nearest.rows].astype(np.float64))
        return PlacedCodes(positions, False, float((nearest.distances[:, 0] > self._usual_distance).mean()))

    @cached_property
    def _usual_distance(self) -> float:
        """The distance to the nearest other mean that 99 in 100 rows, or sampled ones, do not exceed."""
        if len(self.means) == 1:
            return 0.0
        return float(np.quantile(nearest_neighbours(self.means, 1, measured_rows(len(self.means))).distances, USUAL))


def shown_map(
    means: Float[np.ndarray, "n latent"], positions: Float[np.ndarray, "n 2"], linear: LinearMap | None = None
) -> ShownMap:
    """The map of these means at these positions, with its reach.

    The reach is three times the distance that 95 in 100 points have to their nearest other, and at least a hundredth
    of the map's larger extent, so that points in one place don't leave the rest of it far.

    Raises:
        InputError: means and positions are not of the same rows.
    """
    if len(means) != len(positions) or len(means) == 0 or positions.shape[1:] != (2,):
        raise InputError(
            f"map: {len(means)} means and positions of shape {positions.shape}; they must be the same rows"
        )
    exact = positions.astype(np.float64)
    reach = _WIDE * float(np.ptp(exact, axis=0).max())
    if linear is None and len(exact) > 1:
        rows = np.unique(np.linspace(0, len(exact) - 1, _SPACED).astype(int))
        nearest = np.empty(len(rows))
        x, y = np.ascontiguousarray(exact.T)  # a sum over an axis of two is slow
        for i, row in enumerate(rows):
            squared = (x - x[row]) ** 2 + (y - y[row]) ** 2
            squared[row] = np.inf
            nearest[i] = squared.min()
        reach = max(reach, _FAR * float(np.sqrt(np.percentile(nearest, 95))))
    return ShownMap(means, positions, linear, reach)


def shepard_weights(distances: Float64[np.ndarray, "m k"]) -> Float64[np.ndarray, "m k"]:
    """Weights of the nearest rows by their distances, nearest first; each row of weights sums to 1.

    Weights are ((R - d) / (R d))² with R the largest of the distances (Franke & Little's local form of Shepard's 1968
    method): they change without a jump as a point moves from one row to another. A row at distance 0 counts alone.
    """
    reach = distances[:, -1:]
    with np.errstate(divide="ignore", invalid="ignore"):
        weights = ((reach - distances) / (reach * distances)) ** 2
    weights = np.where(distances[:, :1] == 0, distances == 0, weights)
    weights = np.where(weights.sum(axis=1, keepdims=True) == 0, 1.0, weights)  # all rows equally far
    return weights / weights.sum(axis=1, keepdims=True)


def arm_maps(means: Mapping[str, Float32[np.ndarray, "n _"]], layout: Layout | None) -> dict[str, ShownMap]:
    """Each arm's map in the layout, or PCA where there is none; all are turned and scaled to lie like the first."""
    linear_maps = pca_maps(means) if layout is None else layout.maps
    maps: dict[str, ShownMap] = {}
    for arm, points in means.items():
        linear = linear_maps.get(arm)
        positions = layout.positions[arm] if layout is not None else linear_maps[arm].positions(points)
        if maps:
            alignment = align(next(iter(maps.values())).positions, positions)
            positions, linear = alignment.apply(positions), linear and linear.aligned(alignment)
        maps[arm] = shown_map(points, positions.astype(np.float32), linear)
    return maps
