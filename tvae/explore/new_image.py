"""Unseen images in one arm: code, reconstruction, vote of their neighbours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32, Float64, Int, UInt8

from tvae.errors import InputError
from tvae.metrics.class_vote import Votes, class_votes
from tvae.metrics.neighbours import Neighbours
from tvae.model.encoding import EncodedArm
from tvae.model.network import Network, to_bytes

UNLIKE = 0.99
"""Share of the split's images with a smaller error beyond which an image is unlike them."""


@dataclass(frozen=True, eq=False)
class NewImage:
    """One image as one arm encodes and reconstructs it."""

    mean: Float32[np.ndarray, " latent"]
    """Posterior mean μ."""
    reconstruction: UInt8[np.ndarray, "height width channels"]
    """Decoded from μ."""
    error: float
    """Squared error of the reconstruction, summed over pixels in [0, 1]."""
    share_below: float
    """Share of the split's images whose squared error is smaller, in [0, 1]."""
    votes: Votes
    """Class vote of the k nearest means of the split, for this one code."""


@dataclass(frozen=True, eq=False)
class NewImages:
    """Images as one arm encodes and reconstructs them."""

    means: Float32[np.ndarray, "m latent"]
    """Posterior means μ."""
    reconstructions: UInt8[np.ndarray, "m height width channels"]
    """Decoded from μ."""
    errors: Float64[np.ndarray, " m"]
    """Squared errors of the reconstructions, summed over pixels in [0, 1]."""
    shares_below: Float64[np.ndarray, " m"]
    """Share of the split's images whose squared error is smaller than each one's, in [0, 1]."""
    votes: Votes
    """Class votes of the k nearest means of the split."""

    def __getitem__(self, number: int) -> NewImage:
        """One of the images."""
        votes, rows = self.votes, slice(number, number + 1)
        nearest = Neighbours(votes.nearest.rows[rows], votes.nearest.distances[rows])
        return NewImage(
            self.means[number],
            self.reconstructions[number],
            float(self.errors[number]),
            float(self.shares_below[number]),
            Votes(votes.shares[rows], votes.winners[rows], nearest),
        )


def joined_images(parts: Sequence[NewImages]) -> NewImages:
    """Images of one arm, one after the other; with votes of the same number of neighbours."""
    return NewImages(
        np.concatenate([part.means for part in parts]),
        np.concatenate([part.reconstructions for part in parts]),
        np.concatenate([part.errors for part in parts]),
        np.concatenate([part.shares_below for part in parts]),
        Votes(
            np.concatenate([part.votes.shares for part in parts]),
            np.concatenate([part.votes.winners for part in parts]),
            Neighbours(
                np.concatenate([part.votes.nearest.rows for part in parts]),
                np.concatenate([part.votes.nearest.distances for part in parts]),
            ),
        ),
    )


def encode_new_image(
    network: Network,
    arm: EncodedArm,
    labels: Int[np.ndarray, " n"],
    class_count: int,
    image: UInt8[np.ndarray, "height width channels"],
    k: int,
) -> NewImage:
    """One unseen image (see `encode_new_images`)."""
    return encode_new_images(network, arm, labels, class_count, np.asarray(image)[None], k)[0]


def encode_new_images(
    network: Network,
    arm: EncodedArm,
    labels: Int[np.ndarray, " n"],
    class_count: int,
    images: UInt8[np.ndarray, "m height width channels"],
    k: int,
) -> NewImages:
    """Encode unseen images, reconstruct them, and let the k nearest means of the split vote on the class of each.

    Args:
        arm: the encoded split, with these labels.

    Raises:
        InputError: images of another size, k not from 1 to the number of means, or weights that give no finite code.
    """
    means = network.encoded(images).means  # (m, latent)
    if not np.isfinite(means).all():
        raise InputError("image: the arm's weights give no finite code for it; train again")
    decoded = network.decoded(means).astype(np.float64)
    errors = ((images / 255 - decoded) ** 2).sum(axis=(1, 2, 3))
    shares_below = np.searchsorted(np.sort(arm.errors), errors) / len(arm.errors)
    return NewImages(
        means, to_bytes(decoded), errors, shares_below, class_votes(means, arm.means, labels, class_count, k)
    )
