"""ELBO that an arm loses beside the VAE, in parts: squared error, classes, style, the rest."""

from __future__ import annotations

from dataclasses import dataclass

from tvae.metrics.class_spread import ClassSpread
from tvae.model.encoding import EncodedArm


@dataclass(frozen=True, kw_only=True)
class ElboParts:
    """An arm's negative ELBO without its constant, or the difference of two arms', in nats, as four parts."""

    error: float
    """Squared error of reconstructions from the means, in nats by the decoder's variance (`advice.nats_of_error`)."""
    classes: float
    """KL that it costs that the classes' centres lie apart."""
    style: float
    """KL that it costs that images lie apart within their classes."""
    rest: float
    """KL of clouds narrower than the prior's, and of the means' centre, which is next to 0."""

    @property
    def kl(self) -> float:
        """The whole KL."""
        return self.classes + self.style + self.rest

    @property
    def total(self) -> float:
        """Sum of error and KL in nats: the negative ELBO without its constant."""
        return self.error + self.kl

    def less(self, other: ElboParts) -> ElboParts:
        """Difference of each part from another arm's."""
        return ElboParts(
            error=self.error - other.error,
            classes=self.classes - other.classes,
            style=self.style - other.style,
            rest=self.rest - other.rest,
        )


def elbo_parts(arm: EncodedArm, spread: ClassSpread, nats_of_error: float) -> ElboParts:
    """Parts of an arm's ELBO; its KL is that to the standard normal prior.

    Args:
        spread: of the arm's means by class.
        nats_of_error: of the ELBO for each unit of squared error.
    """
    return ElboParts(
        error=nats_of_error * float(arm.errors.mean(dtype=float)),
        classes=spread.kl_of_classes,
        style=spread.kl_of_style,
        rest=spread.kl_of_rest(float(arm.kl.sum(dtype=float))),
    )
