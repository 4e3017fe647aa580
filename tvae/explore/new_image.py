"""An unseen image in one arm: code, reconstruction, vote of its neighbours."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32, Int, UInt8

from tvae.errors import InputError
from tvae.metrics.class_vote import Votes, class_votes
from tvae.model.encoding import EncodedArm
from tvae.model.network import Network, to_bytes


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


def encode_new_image(
    network: Network,
    arm: EncodedArm,
    labels: Int[np.ndarray, " n"],
    class_count: int,
    image: UInt8[np.ndarray, "height width channels"],
    k: int,
) -> NewImage:
    """Encode an unseen image, reconstruct it, and let the k nearest means of the split vote on its class.

    Args:
        arm: the encoded split, with these labels.

    Raises:
        InputError: an image of another size, k not from 1 to the number of means, or weights that give no finite code.
    """
    means = network.encoded(np.asarray(image)[None]).means  # (1, latent)
    decoded = network.decoded(means)[0].astype(np.float64)
    if not np.isfinite(means).all():
        raise InputError("image: the arm's weights give no finite code for it; train again")
    error = float(((image / 255 - decoded) ** 2).sum())
    return NewImage(
        means[0],
        to_bytes(decoded[None])[0],
        error,
        float((arm.errors < error).mean()),
        class_votes(means, arm.means, labels, class_count, k),
    )
