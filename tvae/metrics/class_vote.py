"""k-nearest-neighbour vote at any latent code; density of the prior."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Float64, Int, Int64

from tvae.errors import InputError
from tvae.metrics.neighbours import Neighbours, nearest_to


@dataclass(frozen=True, eq=False)
class Votes:
    """The vote of the k nearest images at each of m codes."""

    shares: Float64[np.ndarray, "m classes"]
    """Share of the k nearest that have the class; rows sum to 1."""
    winners: Int64[np.ndarray, " m"]
    """Class with most votes; a tie goes to the class, among those tied, of the nearest image."""
    nearest: Neighbours
    """Those k images, nearest first: rows (m, k) and Euclidean distances (m, k)."""

    @property
    def sureness(self) -> Float64[np.ndarray, " m"]:
        """Share of the votes that the winner has."""
        return self.shares[np.arange(len(self.shares)), self.winners]


def class_votes(
    codes: Float[np.ndarray, "m latent"],
    means: Float[np.ndarray, "n latent"],
    labels: Int[np.ndarray, " n"],
    class_count: int,
    k: int,
    left_out: Int[np.ndarray, " _"] | tuple[int, ...] = (),
) -> Votes:
    """Vote of the k nearest means at each code, a vote each.

    `left_out` are rows that neither vote nor count as near: the images that the codes were made from, as a rule.

    Raises:
        InputError: shapes that don't fit, a label outside the classes, values that are not finite, a row to leave out
            that does not exist, or k not from 1 to the number of images that are left.
    """
    labels = np.asarray(labels)
    if labels.shape != (len(means),) or labels.dtype.kind not in "iu":
        raise InputError(f"votes: labels of shape {labels.shape}; there must be one whole number for each mean")
    if len(labels) and not 0 <= labels.min() <= labels.max() < class_count:
        raise InputError(f"votes: labels from {labels.min()} to {labels.max()}; there are {class_count} classes")
    near = nearest_to(codes, means, k, left_out)
    voted = labels[near.rows]  # (m, k)
    m = len(voted)
    counts = np.zeros((m, class_count), np.int64)
    np.add.at(counts, (np.arange(m)[:, None], voted), 1)
    behind = np.take_along_axis(counts, voted, axis=1)  # votes for the class of each neighbour, nearest first
    winners = voted[np.arange(m), behind.argmax(axis=1)].astype(np.int64)
    return Votes(counts / k, winners, near)


def prior_log_density(codes: Float[np.ndarray, "m latent"]) -> Float64[np.ndarray, " m"]:
    """Natural log of the density of N(0, I) at each code: -(|z|² + latent log 2π) / 2.

    Densities of spaces with different numbers of latents have different units; they can't be compared.
    """
    z = np.asarray(codes, np.float64)
    return -0.5 * (np.einsum("ml,ml->m", z, z) + z.shape[1] * np.log(2 * np.pi))
