"""Which latents carry something, the most informative first: the order in which traversals are worth looking at."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Float64, Int64

from tvae.config import InputError

OFF_BELOW = 0.01
"""Nats of KL under which a latent is off: its posterior is the prior, whatever the image."""


@dataclass(frozen=True, eq=False)
class RankedLatents:
    """An arm's latents by what they carry."""

    on: Int64[np.ndarray, " _"]
    """Numbers of the latents of at least `OFF_BELOW` nats, those of most KL first; of equals the lower number."""
    off: Int64[np.ndarray, " _"]
    """The others, in the same order."""
    kl: Float64[np.ndarray, " latent"]
    """KL to the prior by latent, in nats, averaged over images."""


def ranked_latents(kl: Float[np.ndarray, " latent"]) -> RankedLatents:
    """The latents in order of their KL.

    Raises:
        InputError: not one finite number a latent.
    """
    nats = np.asarray(kl, np.float64)
    if nats.ndim != 1 or not np.isfinite(nats).all():
        raise InputError(f"traversals: KL of shape {nats.shape}; it must be one finite number a latent")
    order = np.argsort(-nats, kind="stable")
    on = nats[order] >= OFF_BELOW
    return RankedLatents(order[on], order[~on], nats)
