"""ShownMap: map position -> latent code and back; the aligned maps of several arms."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Float, Float32, Float64

from tvae.errors import InputError
from tvae.maps.alignment import Alignment, align
from tvae.maps.pca import LinearMap, principal_axes
from tvae.maps.projection import Layout

Likeness = Literal["exact", "plane", "approximate"]
"""exact: PCA of no more than two latents, where place and code are one to one. plane: PCA of more, where a place stands
for the code of the plane through the mean; what lies off that plane is left out. approximate: any other map, where the
nearest points speak for the place."""

NEIGHBOURS = 8
"""Points that speak for a place."""
_FAR = 3.0
_WIDE = 0.01
_SPACED = 250
"""Points whose nearest other is looked up to learn how densely a map is filled."""


@dataclass(frozen=True, eq=False)
class DecodedPlace:
    """What a place of a map stands for."""

    code: Float32[np.ndarray, " latent"]
    likeness: Likeness
    far: bool
    """Whether no point of the map is near: what is decoded there has nothing to do with any image. Never so where the
    likeness is exact or plane."""


@dataclass(frozen=True, eq=False)
class ShownMap:
    """One arm's map, ready to be asked what lies where."""

    means: Float[np.ndarray, "n latent"]
    positions: Float[np.ndarray, "n 2"]
    """Where the rows lie as the map is shown."""
    linear: LinearMap | None
    """The map itself where it is PCA."""
    laid: Alignment | None
    """What laid the picture of `linear` over another one; None where it is shown as it is."""
    reach: float
    """Distance on the map from the nearest point beyond which a place is far."""

    def at(self, place: tuple[float, float]) -> DecodedPlace:
        """The code of a place.

        Raises:
            InputError: a place that is not finite.
        """
        spot = np.asarray(place, np.float64)
        if spot.shape != (2,) or not np.isfinite(spot).all():
            raise InputError(f"map: {place!r} is no place; it must be two finite numbers")
        if self.linear is not None:
            inner = spot[None] if self.laid is None else self.laid.undo(spot[None])
            likeness: Likeness = "exact" if self.means.shape[1] <= 2 else "plane"
            return DecodedPlace(self.linear.points(inner)[0].astype(np.float32), likeness, False)
        distances = np.sqrt(((self.positions.astype(np.float64) - spot) ** 2).sum(axis=1))  # (n,)
        rows, weights = _nearest_weighted(distances)
        code = weights @ self.means[rows].astype(np.float64)
        return DecodedPlace(code.astype(np.float32), "approximate", bool(distances[rows[0]] > self.reach))

    def place_of(self, code: Float[np.ndarray, " latent"]) -> tuple[Float64[np.ndarray, " 2"], Likeness]:
        """Where a new code lies: by the map itself where it is PCA, else amid the points of its nearest means.

        Raises:
            InputError: a code of another number of latents, or one that is not finite.
        """
        asked = np.asarray(code, np.float64)
        if asked.shape != (self.means.shape[1],) or not np.isfinite(asked).all():
            raise InputError(f"map: a code of shape {asked.shape}; it must be {self.means.shape[1]} finite numbers")
        if self.linear is not None:
            spot = self.linear.positions(asked[None])
            return (spot if self.laid is None else self.laid.apply(spot))[0], "exact"
        distances = np.sqrt(((self.means.astype(np.float64) - asked) ** 2).sum(axis=1))
        rows, weights = _nearest_weighted(distances)
        return weights @ self.positions[rows].astype(np.float64), "approximate"


def shown_map(
    means: Float[np.ndarray, "n latent"],
    positions: Float[np.ndarray, "n 2"],
    linear: LinearMap | None = None,
    laid: Alignment | None = None,
) -> ShownMap:
    """The map, with how far its points reach: three times the distance that 95 in 100 have to their nearest other.

    At least a hundredth of the map's larger extent, so that points in one place don't leave the rest of it far.

    Raises:
        InputError: means and positions are not of the same rows.
    """
    if len(means) != len(positions) or len(means) == 0 or positions.shape[1:] != (2,):
        raise InputError(
            f"map: {len(means)} means and positions of shape {positions.shape}; they must be the same rows"
        )
    at = positions.astype(np.float64)
    reach = _WIDE * float(np.ptp(at, axis=0).max())
    if linear is None and len(at) > 1:
        rows = np.unique(np.linspace(0, len(at) - 1, _SPACED).astype(int))
        nearest = np.empty(len(rows))
        x, y = np.ascontiguousarray(at.T)  # a sum over an axis of two is slow
        for place, row in enumerate(rows):
            squared = (x - x[row]) ** 2 + (y - y[row]) ** 2
            squared[row] = np.inf
            nearest[place] = squared.min()
        reach = max(reach, _FAR * float(np.sqrt(np.percentile(nearest, 95))))
    return ShownMap(means, positions, linear, laid, reach)


def _nearest_weighted(
    distances: Float64[np.ndarray, " n"],
) -> tuple[np.ndarray, Float64[np.ndarray, " k"]]:
    """The nearest rows, nearest first, and their weights, which sum to 1.

    Weights are ((R - d) / (R d))² with R the distance of the next row beyond (Franke & Little's local form of
    Shepard's 1968 method): they change without a jump as a place moves from one row to another, and at a row itself
    that row alone counts.
    """
    k = min(NEIGHBOURS + 1, len(distances))
    rows = np.argpartition(distances, k - 1)[:k]
    rows = rows[np.lexsort((rows, distances[rows]))]
    near = distances[rows]
    if near[0] == 0:
        weights = (near == 0).astype(np.float64)
    else:
        reach = near[-1]
        weights = ((reach - near) / (reach * near)) ** 2
        if weights.sum() == 0:  # all as far as each other
            weights = np.ones(k)
    return rows, weights / weights.sum()


def pca_behind(
    means: Float[np.ndarray, "n latent"], positions: Float[np.ndarray, "n 2"]
) -> tuple[LinearMap, Alignment] | None:
    """PCA of the means and what lays it over these positions, where that is what they show; else None.

    However a picture was turned, mirrored, scaled and moved since, it is known by matching to a thousandth of its
    larger extent.
    """
    mean, components, share = principal_axes(means)
    linear = LinearMap(mean, components, Alignment(np.eye(2), 1.0, np.zeros(2)), share)
    flat = linear.positions(means)
    laid = align(positions, flat)
    off = float(np.abs(laid.apply(flat) - positions).max())
    return (linear, laid) if off <= 1e-3 * float(np.ptp(positions, axis=0).max()) else None


_AS_IT_IS = Alignment(np.eye(2), 1.0, np.zeros(2))


def arm_maps(means: Mapping[str, Float32[np.ndarray, "n _"]], layout: Layout | None) -> dict[str, ShownMap]:
    """Each arm's map in the layout, or PCA where there is none; all are turned and scaled to lie like the first."""
    made: dict[str, ShownMap] = {}
    for arm, points in means.items():
        if layout is None:
            mean, components, share = principal_axes(points)
            linear = LinearMap(mean, components, _AS_IT_IS, share)
            positions = linear.positions(points)
        else:
            linear, positions = layout.maps.get(arm), layout.positions[arm]
        laid = align(next(iter(made.values())).positions, positions) if made else None
        at = positions if laid is None else laid.apply(positions)
        made[arm] = shown_map(points, at.astype(np.float32), linear, laid)
    return made
