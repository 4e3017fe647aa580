"""PCA of the latent means, and the common start of all maps."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float, Float64

from tvae.maps.alignment import Alignment, align

JITTER = 0.01
"""Spread of the seeded noise on the start, in units of the start's own: equal rows would never part without it."""


@dataclass(frozen=True)
class LinearMap:
    """PCA as a map between latents and positions, both ways: position = alignment(components (z - mean))."""

    mean: Float64[np.ndarray, " d"]
    components: Float64[np.ndarray, "2 d"]
    """Orthonormal directions of greatest variance; the second is zero where there is but one latent."""
    alignment: Alignment
    """Aligns this map to the first arm's."""
    variance_share: float
    """Share of the variance that the two directions hold, in [0, 1]; 0 where all rows are equal."""

    def positions(self, points: Float[np.ndarray, "m d"]) -> Float64[np.ndarray, "m 2"]:
        """Positions of latent points."""
        return self.alignment.apply((np.asarray(points, np.float64) - self.mean) @ self.components.T)

    def points(self, positions: Float[np.ndarray, "m 2"]) -> Float64[np.ndarray, "m d"]:
        """The latent points at these positions: those in the plane through the mean."""
        return self.mean + self.alignment.undo(positions) @ self.components

    def aligned(self, alignment: Alignment) -> LinearMap:
        """The same map, its positions aligned once more."""
        return replace(self, alignment=self.alignment.then(alignment))


def principal_axes(
    points: Float[np.ndarray, "n d"],
) -> tuple[Float64[np.ndarray, " d"], Float64[np.ndarray, "2 d"], float]:
    """Mean, the two directions of greatest variance (their largest entry positive), and the share they hold."""
    exact = np.asarray(points, np.float64)
    mean = exact.mean(axis=0)
    centred = exact - mean
    variances, directions = np.linalg.eigh(centred.T @ centred)
    components = np.zeros((2, exact.shape[1]))
    leading = directions.T[::-1][:2]
    leading = leading * np.sign(leading[np.arange(len(leading)), np.abs(leading).argmax(axis=1)])[:, None]
    components[: len(leading)] = leading
    total = float(np.maximum(variances, 0).sum())
    share = float(np.maximum(variances, 0)[::-1][:2].sum()) / total if total > 0 else 0.0
    return mean, components, share


def common_start(means: Mapping[str, Float[np.ndarray, "n _"]], seed: int) -> Float64[np.ndarray, "n 2"]:
    """One start for all arms: PCA of the arms' latents side by side, each arm scaled to unit variance in all.

    The longer axis has unit spread, and a little seeded noise parts rows that are equal.
    """
    beside = []
    for points in means.values():
        centred = points.astype(np.float64) - points.mean(axis=0, dtype=np.float64)
        spread = math.sqrt(float((centred**2).sum()) / len(centred))
        beside.append(centred / spread if spread > 0 else centred)
    joint = np.concatenate(beside, axis=1)
    mean, components, _ = principal_axes(joint)
    start = (joint - mean) @ components.T
    start /= max(float(start[:, 0].std()), 1e-12)
    return start + JITTER * np.random.default_rng(seed).normal(size=start.shape)


def pca_maps(means: Mapping[str, Float[np.ndarray, "n _"]]) -> dict[str, LinearMap]:
    """PCA of each arm's means, laid over the first arm's picture, as maps that take other points too."""
    maps: dict[str, LinearMap] = {}
    first = None
    for name, points in means.items():
        mean, components, share = principal_axes(points)
        own = (points.astype(np.float64) - mean) @ components.T
        first = own if first is None else first
        maps[name] = LinearMap(mean, components, align(first, own), share)
    return maps
