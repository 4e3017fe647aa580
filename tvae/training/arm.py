"""Arm, Batch, FormedTriplets, ArmLosses, and the TrainingStep protocol."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple, Protocol

import numpy as np
import torch
from jaxtyping import Float, Float32, Int64, UInt8
from torch import Tensor

from tvae.config import LossConfig, Triplets
from tvae.model.heads import is_head
from tvae.model.vae import VAE

MOMENTS = ("exp_avg", "exp_avg_sq")
"""Names of Adam's two moments, as in torch."""


class NonFiniteLoss(ArithmeticError):
    """A term of the loss or its gradient is NaN or infinite; the weights stay as they were before that step."""

    def __init__(self, arm: str, term: str, step: int) -> None:
        super().__init__(
            f"arm {arm}: {term} is not finite at step {step}; the last finite weights are kept; train a new run with a"
            " smaller learning rate, or smaller weights of the loss"
        )
        self.arm, self.term, self.step = arm, term, step


class FormedTriplets(NamedTuple):
    """The triplets that an arm forms of the images of a batch, by its notion of similarity."""

    labels: Int64[Tensor, " 3*b"]
    """Classes of the batch's images by that notion."""
    places: Int64[Tensor, "3 b"] | None = None
    """Places in the batch of anchors, positives and negatives; None: the batch's thirds, as they were drawn."""


class Batch(NamedTuple):
    """The batch of one step: the same images and noise for all arms."""

    rows: Int64[np.ndarray, "3 b"]
    """Rows in the training split: anchors, positives, negatives."""
    noise: Float[Tensor, "3*b latent"]
    triplets: Mapping[str, FormedTriplets]
    """Triplets by arm. Where all arms have one notion of similarity, all have the triplets that were drawn."""


def images_of(
    split: UInt8[Tensor, "n pixels"], batch: Batch, out: Tensor | None = None
) -> Float32[Tensor, "3*b pixels"]:
    """The images of the batch, pixels in [0, 1].

    Args:
        split: all images of the training split, 0 to 255.
        out: memory to write them to.
    """
    rows = torch.from_numpy(batch.rows.reshape(-1)).to(split.device)
    return torch.div(split.index_select(0, rows), 255.0, out=out)


@dataclass(frozen=True)
class ArmLosses:
    """One arm's loss on the batch of one step, each term averaged over the batch, before its weight."""

    reconstruction: float
    kl: float
    triplet: float
    total: float
    """The weighted sum (Eq. 2), whose gradient the step follows; a classifier's weighted error is in it too."""
    spread: float
    """Root mean square distance of the batch's means from their centre."""

    def require_finite(self, gradient_norm: float, arm: str, step: int) -> None:
        """Check that every loss term and the norm of the gradient are finite.

        Raises:
            NonFiniteLoss: with the name of the first that is not.
        """
        figures = {
            "reconstruction": self.reconstruction,
            "kl": self.kl,
            "triplet": self.triplet,
            "total loss": self.total,
            "spread of the means": self.spread,
            "gradient": gradient_norm,
        }
        for term, figure in figures.items():
            if not math.isfinite(figure):
                raise NonFiniteLoss(arm, term, step)


class Arm:
    """One model, its loss and Adam's moments; the next step depends on these and the step's number alone."""

    def __init__(self, name: str, loss: LossConfig, model: VAE, triplets: Triplets = "sampled") -> None:
        """
        Args:
            triplets: which triplets its term averages over, those of `TrainConfig.triplets`.
        """
        self.name, self.loss, self.model = name, loss, model
        self.triplets: Triplets = triplets
        self.moments: dict[str, dict[str, Tensor]] = {
            weight: {moment: torch.zeros_like(tensor) for moment in MOMENTS}
            for weight, tensor in model.state_dict().items()
        }
        """By name of the weight, then of the moment."""

    def loss_at(self, step: int) -> LossConfig:
        """The arm's loss with the weights of a step, counted from 1."""
        weight = self.loss.triplet_weight_at(step)
        return self.loss if weight == self.loss.triplet_weight else replace(self.loss, triplet_weight=weight)

    def state(self) -> Iterator[tuple[str, Tensor]]:
        """The weights and the moments, by name."""
        for name, weight in self.model.state_dict().items():
            yield f"weight/{name}", weight
            for moment in MOMENTS:
                yield f"{moment}/{name}", self.moments[name][moment]

    def set_weights(self, weights: Mapping[str, np.ndarray]) -> None:
        """Replace the weights by these (checked) ones; a head that is not among them stays as it is."""
        own = {name: tensor for name, tensor in self.model.state_dict().items() if is_head(name)}
        self.model.load_state_dict(own | {name: torch.from_numpy(array) for name, array in weights.items()})

    def restore(self, state: Mapping[str, np.ndarray]) -> None:
        """Restore the weights and moments from a copy of `state`, by the same names."""
        for name, tensor in self.state():
            tensor.copy_(torch.from_numpy(state[name]))


class TrainingStep(Protocol):
    """Takes the steps of one or more arms: first the gradients of a batch, then the update of the weights."""

    def gradients(self, number: int, batch: Batch) -> dict[str, ArmLosses]:
        """Compute the gradients of step `number`, counted from 1; no weight changes.

        Returns:
            Each arm's losses, by its name.

        Raises:
            NonFiniteLoss: a loss term or a gradient is not finite.
        """
        ...

    def descend(self, number: int, rate: float) -> None:
        """Update the weights with these gradients and this step size."""
        ...
