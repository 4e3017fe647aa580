"""Arm, Batch, ArmLosses, and the Descent protocol of a step."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np
import torch
from jaxtyping import Float, Float32, Int64, UInt8
from torch import Tensor

from tvae.config import LossConfig
from tvae.model.vae import VAE

MOMENTS = ("exp_avg", "exp_avg_sq")
"""Adam's two, as torch names them."""


class NonFiniteLoss(ArithmeticError):
    """A term of the loss, or its gradient, was NaN or infinite; the weights are those before that step."""

    def __init__(self, arm: str, term: str, step: int) -> None:
        super().__init__(f"arm {arm}: {term} is not finite at step {step}; the last finite weights are kept")
        self.arm, self.term, self.step = arm, term, step


class Batch(NamedTuple):
    """What all arms see in one step: anchors, positives, negatives, in this order."""

    rows: Int64[np.ndarray, "3 b"]
    """In the training split."""
    noise: Float[Tensor, "3*b latent"]
    labels: Int64[Tensor, " 3*b"]


def images_of(
    split: UInt8[Tensor, "n pixels"], batch: Batch, out: Tensor | None = None
) -> Float32[Tensor, "3*b pixels"]:
    """The batch's images as shares of 255."""
    rows = torch.from_numpy(batch.rows.reshape(-1)).to(split.device)
    return torch.div(split.index_select(0, rows), 255.0, out=out)


@dataclass(frozen=True)
class ArmLosses:
    """One arm's loss on the batch of one step, each term averaged over the batch, before its weight."""

    reconstruction: float
    kl: float
    triplet: float
    total: float
    """The weighted sum that was descended (Eq. 2)."""
    spread: float
    """Root mean square distance of the batch's means from their centre."""

    def require_finite(self, gradient_norm: float, arm: str, step: int) -> None:
        """Raises NonFiniteLoss that names the first of these figures that is not finite."""
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
    """One model, its loss, and Adam's moments: with the number of steps, all that the next step depends on."""

    def __init__(self, name: str, loss: LossConfig, model: VAE) -> None:
        self.name, self.loss, self.model = name, loss, model
        self.moments: dict[str, dict[str, Tensor]] = {
            weight: {moment: torch.zeros_like(tensor) for moment in MOMENTS}
            for weight, tensor in model.state_dict().items()
        }
        """By weight's name and moment's name."""

    def state(self) -> Iterator[tuple[str, Tensor]]:
        """The weights and the moments, by name."""
        for name, weight in self.model.state_dict().items():
            yield f"weight/{name}", weight
            for moment in MOMENTS:
                yield f"{moment}/{name}", self.moments[name][moment]

    def begin_with(self, weights: Mapping[str, np.ndarray]) -> None:
        """Take these (checked) weights for the first."""
        self.model.load_state_dict({name: torch.from_numpy(array) for name, array in weights.items()})

    def restore(self, state: Mapping[str, np.ndarray]) -> None:
        """Stand where `state` was told."""
        for name, tensor in self.state():
            tensor.copy_(torch.from_numpy(state[name]))


class Descent(Protocol):
    """A way to take steps with one or more arms."""

    def gradients(self, number: int, batch: Batch) -> dict[str, ArmLosses]:
        """Compute the gradients of the step of this number, from 1, and each arm's losses, by its name.

        Raises NonFiniteLoss. No weight is touched.
        """
        ...

    def descend(self, number: int, rate: float) -> None:
        """Take the step with these gradients and this step size."""
        ...
