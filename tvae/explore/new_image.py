"""An unseen image in one arm: code, reconstruction, vote of its neighbours."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32, Int, UInt8

from tvae.errors import InputError
from tvae.metrics.class_vote import Votes, class_votes
from tvae.model.encoding import EncodedArm
from tvae.model.network import Network, to_grey


@dataclass(frozen=True, eq=False)
class SeenImage:
    """One image in one arm."""

    mean: Float32[np.ndarray, " latent"]
    """μ of its posterior."""
    reconstruction: UInt8[np.ndarray, "height width"]
    """What the arm draws from μ."""
    error: float
    """Squared error of it, summed over pixels in [0, 1]."""
    share_below: float
    """Share of the split's images whose squared error is smaller, in [0, 1]."""
    votes: Votes
    """Of the nearest means of the split; for one code."""


def seen_image(
    network: Network,
    arm: EncodedArm,
    labels: Int[np.ndarray, " n"],
    class_count: int,
    image: UInt8[np.ndarray, "height width"],
    k: int,
) -> SeenImage:
    """The image through the arm, and the vote of the k nearest of the split's means.

    Raises:
        InputError: an image of another size, or k not from 1 to the number of means.
    """
    means = network.encoded(np.asarray(image)[None]).means  # (1, latent)
    decoded = network.decoded(means)[0].astype(np.float64)
    if not np.isfinite(means).all():
        raise InputError("image: the arm's weights give no finite code for it; train again")
    error = float(((image / 255 - decoded) ** 2).sum())
    return SeenImage(
        means[0],
        to_grey(decoded[None])[0],
        error,
        float((arm.errors < error).mean()),
        class_votes(means, arm.means, labels, class_count, k),
    )
