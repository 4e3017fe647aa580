"""New codes on a fitted layout."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Float32

from tvae.errors import InputError
from tvae.metrics.neighbours import nearest_neighbours, nearest_to

NEAREST = 10
"""Fitted means that a new one is placed by."""
USUAL = 0.99
"""Share of the fitted means whose distance to the next counts as usual."""


@dataclass(frozen=True, eq=False)
class Placed:
    """Where new means come to lie."""

    positions: Float32[np.ndarray, "m 2"]
    beyond: float
    """Share of them, in [0, 1], that are farther from all fitted means than 99 in 100 of those are from each other:
    of these the picture knows nothing, and their places say little."""


class Placing:
    """A layout as a map that takes other points too, approximately; the layout itself does not move.

    t-SNE and UMAP give places to the rows that they were fitted to and to no others. A new point's place is here the
    mean of the places of the fitted points nearest to it, each weighted by one over its squared distance (Shepard
    1968); so a point on a fitted one has that one's place, and a point's place doesn't depend on which others come.
    """

    def __init__(self, fitted: Float[np.ndarray, "n d"], positions: Float[np.ndarray, "n 2"]) -> None:
        """`positions` are where the layout put the rows of `fitted`.

        Raises:
            InputError: fewer than two rows, not as many places as rows, or values that are not finite.
        """
        if len(fitted) != len(positions):
            raise InputError(f"placing: {len(positions):,} places of {len(fitted):,} rows; there must be one a row")
        self._fitted, self._positions = fitted, np.asarray(positions, np.float64)
        self._usual = float(np.quantile(nearest_neighbours(fitted, 1).distances, USUAL))

    def places(self, points: Float[np.ndarray, "m d"]) -> Placed:
        """Where the points lie in the picture.

        Raises:
            InputError: another number of latents, or values that are not finite.
        """
        near = nearest_to(points, self._fitted, min(NEAREST, len(self._fitted)))
        least = near.distances[:, :1].astype(np.float64)
        # Relative to the nearest, so that nothing is divided by next to nothing; equal to a fitted one, only it counts.
        weights = np.where(
            least > 0, (least / np.maximum(near.distances, np.finfo(np.float32).tiny)) ** 2, near.distances == 0
        )
        weights /= weights.sum(axis=1, keepdims=True)
        positions = np.einsum("mk,mkx->mx", weights, self._positions[near.rows])
        return Placed(positions.astype(np.float32), float((least[:, 0] > self._usual).mean()))
