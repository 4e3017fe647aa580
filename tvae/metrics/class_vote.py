"""Vote of the k nearest images on a class, with one rule for ties; density of the prior."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Float64, Int, Int64

from tvae.metrics.grouped_means import checked_class_labels, checked_labels
from tvae.metrics.neighbours import Neighbours, nearest_to


@dataclass(frozen=True, eq=False)
class Votes:
    """The vote of the k nearest images at each of m codes."""

    shares: Float64[np.ndarray, "m classes"]
    """Share of the k nearest that have the class; rows sum to 1."""
    winners: Int64[np.ndarray, " m"]
    """Class with most votes, ties as in `winning_classes`."""
    nearest: Neighbours
    """The k nearest images, nearest first: rows (m, k) and Euclidean distances (m, k)."""

    @property
    def sureness(self) -> Float64[np.ndarray, " m"]:
        """Share of the votes that the winner has."""
        return self.shares[np.arange(len(self.shares)), self.winners]


def winning_classes(neighbour_classes: Int[np.ndarray, "m k"]) -> Int[np.ndarray, " m"]:
    """Class that wins the vote of k neighbours, one vote each, in each of m rows.

    Ties: of the classes with most votes, the one with the nearest neighbour wins. Neighbours that are equally far are
    in order of their row number (`nearest_neighbours`), so the result is always defined and the same on every machine.

    Args:
        neighbour_classes: classes of the neighbours, nearest first; any whole numbers.
    """
    votes = np.zeros(neighbour_classes.shape, np.int32)  # for the class of each neighbour
    for place in range(neighbour_classes.shape[1]):
        votes += neighbour_classes == neighbour_classes[:, place, None]
    # argmax takes the first of equal numbers: the nearest neighbour whose class has most votes
    return neighbour_classes[np.arange(len(votes)), votes.argmax(axis=1)]


def knn_accuracy(
    neighbours: Neighbours, labels: Int[np.ndarray, " n"], rows: Int[np.ndarray, " m"] | None = None
) -> float:
    """Share of rows whose class wins the vote of their k neighbours, in [0, 1]; ties as in `winning_classes`.

    With the neighbours of `nearest_neighbours(means, k)` this is leave-one-out k-NN accuracy within one split.

    Args:
        rows: those that have these neighbours; None for all.

    Raises:
        InputError: not one whole number as label for each row.
    """
    labels = checked_labels(labels, len(neighbours.rows) if rows is None else len(labels))
    own = labels if rows is None else labels[rows]
    return float((winning_classes(labels[neighbours.rows]) == own).mean())


def class_votes(
    codes: Float[np.ndarray, "m latent"],
    means: Float[np.ndarray, "n latent"],
    labels: Int[np.ndarray, " n"],
    class_count: int,
    k: int,
    left_out: Int[np.ndarray, " _"] | tuple[int, ...] = (),
) -> Votes:
    """Vote of the k nearest means at each code, one vote each.

    Args:
        labels: class of each mean, from 0 to class_count - 1.
        left_out: rows that neither vote nor count as neighbours: as a rule the images that the codes were made from.

    Raises:
        InputError: shapes that don't fit, a label outside the classes, values that are not finite, a row to leave out
            that does not exist, or k not from 1 to the number of images that are left.
    """
    labels = checked_class_labels(labels, len(means), class_count)
    nearest = nearest_to(codes, means, k, left_out)
    neighbour_classes = labels[nearest.rows]  # (m, k)
    counts = np.zeros((len(neighbour_classes), class_count), np.int64)
    np.add.at(counts, (np.arange(len(counts))[:, None], neighbour_classes), 1)
    return Votes(counts / k, winning_classes(neighbour_classes), nearest)


def prior_log_density(
    codes: Float[np.ndarray, "m latent"], centres: Float[np.ndarray, "k latent"] | None = None
) -> Float64[np.ndarray, " m"]:
    """Natural log of the density of N(0, I) at each code: -(|z|² + latent log 2π) / 2.

    Densities of spaces with different numbers of latents have different units; they can't be compared.

    Args:
        centres: of the even mixture of N(centre, I) that a prior by class is; None: N(0, I).
    """
    z = np.asarray(codes, np.float64)
    if centres is not None:
        of_centres = [prior_log_density(z - centre) for centre in np.asarray(centres, np.float64)]
        return np.logaddexp.reduce(of_centres, axis=0) - np.log(len(of_centres))
    return -0.5 * (np.einsum("ml,ml->m", z, z) + z.shape[1] * np.log(2 * np.pi))
