"""Loss of a trained arm under other weights and margin."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass

import numpy as np
from jaxtyping import Int

from tvae.config import LossConfig
from tvae.errors import InputError
from tvae.metrics.triplet_accuracy import triplet_accuracy
from tvae.metrics.triplet_curve import TripletCurve
from tvae.model.encoding import EncodedArm


@dataclass(frozen=True, kw_only=True)
class ReweightedLoss:
    """A trained arm's loss on a split under other weights and margin: Eq. 2, but with the reconstruction from the mean.

    In training it is from a sample of the posterior, so the total is a little below the loss that was trained.
    """

    reconstruction: float
    """Squared L2 distance to the reconstruction from the mean, summed over pixels, averaged over images."""
    kl: float
    """Nats, summed over latents, averaged over images."""
    triplet: float
    """Expected hinge over all triplets (Eq. 1), before its weight."""
    active_share: float
    """Share of triplets with a hinge above zero; the others have no gradient."""
    error_bound: float
    """The exact share is at most this far from `active_share`, where that was read between two counted margins."""
    total: float
    """The weighted sum of the three terms."""


def reweighted_loss(
    arm: EncodedArm, labels: Int[np.ndarray, " n"], loss: LossConfig, curve: TripletCurve | None = None
) -> ReweightedLoss:
    """The arm's loss terms and their weighted total under another loss; nothing is trained.

    The reconstruction term is the squared distance whatever `loss.reconstruction` says.

    Args:
        curve: the arm's triplet accuracy by margin, on the same split. The triplet term is looked up on it where it
            reaches the margin, else counted over all triplets.

    Raises:
        InputError: the labels allow no triplet.
    """
    point = None
    if curve is not None:
        with contextlib.suppress(InputError):  # the margin lies beyond the curve
            point = curve.at(loss.margin)
    if point is not None:
        accuracy, hinge, error_bound = point.accuracy, point.mean_violation, point.error_bound
    else:
        counted = triplet_accuracy(arm.means, labels, [loss.margin])
        accuracy, hinge, error_bound = float(counted.accuracy[0]), float(counted.mean_violation[0]), 0.0
    reconstruction = float(arm.errors.mean(dtype=np.float64))
    kl = float(arm.kl.sum(dtype=np.float64))
    return ReweightedLoss(
        reconstruction=reconstruction,
        kl=kl,
        triplet=hinge,
        active_share=1 - accuracy,
        error_bound=error_bound,
        total=loss.reconstruction_weight * reconstruction + loss.kl_weight * kl + loss.triplet_weight * hinge,
    )
