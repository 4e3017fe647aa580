"""Loss of a trained arm under other weights and margin; Pareto frontier.

reweighed(arm, labels, loss, curve)     the three terms, their weighted total, and what still teaches -> Reweighed
on_frontier(accuracy, cost)             which settings no other beats in both -> (n,)
trained_arm(arms, loss)                 the arm that was trained with this very loss -> its name or None
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Bool, Float, Int

from tvae.config import LossConfig
from tvae.errors import InputError
from tvae.metrics.triplet_accuracy import triplet_accuracy
from tvae.metrics.triplet_curve import TripletCurve
from tvae.model.encoding import EncodedArm


@dataclass(frozen=True, kw_only=True)
class Reweighed:
    """An arm's loss on a split under given weights (Eq. 2)."""

    reconstruction: float
    """Squared L2 distance to the reconstruction from the mean, summed over pixels, averaged over images."""
    kl: float
    """Nats, summed over latents, averaged over images."""
    triplet: float
    """Expected hinge over all triplets (Eq. 1), before its weight."""
    teaching: float
    """Share of triplets with a hinge above zero: the others have no gradient."""
    total: float
    """The weighted sum of the three terms."""


def reweighed(
    arm: EncodedArm, labels: Int[np.ndarray, " n"], loss: LossConfig, curve: TripletCurve | None = None
) -> Reweighed:
    """The arm's terms and total under `loss`; the triplet term from `curve` where the margin lies on it, else counted.

    The reconstruction term is the squared distance whatever `loss.reconstruction` says. Raises InputError where the
    labels allow no triplet.
    """
    try:
        if curve is None:
            raise InputError("no curve")
        point = curve.at(loss.margin)
        share, hinge = point.accuracy, point.mean_violation
    except InputError:
        counted = triplet_accuracy(arm.means, labels, [loss.margin])
        share, hinge = float(counted.accuracy[0]), float(counted.mean_violation[0])
    reconstruction = float(arm.errors.mean(dtype=np.float64))
    kl = float(arm.kl.sum(dtype=np.float64))
    return Reweighed(
        reconstruction=reconstruction,
        kl=kl,
        triplet=hinge,
        teaching=1 - share,
        total=loss.reconstruction_weight * reconstruction + loss.kl_weight * kl + loss.triplet_weight * hinge,
    )


def on_frontier(accuracy: Float[np.ndarray, " n"], cost: Float[np.ndarray, " n"]) -> Bool[np.ndarray, " n"]:
    """Whether no other setting is at least as accurate and as cheap, and better in one of the two."""
    accuracy, cost = np.asarray(accuracy, np.float64), np.asarray(cost, np.float64)
    no_worse = (accuracy[None, :] >= accuracy[:, None]) & (cost[None, :] <= cost[:, None])
    better = (accuracy[None, :] > accuracy[:, None]) | (cost[None, :] < cost[:, None])
    return ~np.any(no_worse & better, axis=1)


def trained_arm(arms: Mapping[str, LossConfig], loss: LossConfig) -> str | None:
    """The first arm that was trained with this loss, None where there is none; at triplet weight 0 any margin fits."""

    def told(setting: LossConfig) -> LossConfig:
        return replace(setting, margin=0.0) if setting.triplet_weight == 0 else setting

    return next((arm for arm, setting in arms.items() if told(setting) == told(loss)), None)
