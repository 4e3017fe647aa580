"""What the fast steps on the CPU have in common: gradients written by hand are gathered, judged and descended."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Float32, UInt8
from torch import Tensor

from tvae.arms import MOMENTS, Arm, ArmLosses, Batch, images_of
from tvae.config import Step
from tvae.losses import LossTerms

BFLOAT16_INSTRUCTIONS = {"avx512_bf16", "amx_bf16", "bf16"}
"""As Linux names them: Intel's and AMD's, Intel's matrix units, Arm's."""


def has_bfloat16_instructions() -> bool:
    """Whether this processor multiplies in bfloat16; False where the system does not say."""
    try:
        told = Path("/proc/cpuinfo").read_text(encoding="ascii", errors="replace")
    except OSError:
        return False
    return not BFLOAT16_INSTRUCTIONS.isdisjoint(told.split())


def products_type(step: Step, device: torch.device) -> torch.dtype:
    """Type of the matrix products of this kind of step on this device."""
    if step == "fast":
        on_device = torch.cuda.is_bf16_supported if device.type == "cuda" else has_bfloat16_instructions
        return torch.bfloat16 if on_device() else torch.float32
    return torch.bfloat16 if step == "fast-bfloat16" else torch.float32


class FastStep(ABC):
    """Steps of one arm: eleven matrix products, and few passes over memory between them (`tvae.step_kernels`).

    Nothing is kept from step to step but memory to write into.
    """

    def __init__(self, arm: Arm, images: UInt8[np.ndarray, "n pixels"], by_weight: dict[str, Tensor]) -> None:
        """
        Args:
            images: of the training split.
            by_weight: room for the gradients, each in the same order in memory as its weight.
        """
        from tvae import step_kernels

        self._kernels, self._arm, self._images = step_kernels, arm, images
        self.by_weight = by_weight
        """The last batch's gradients, by weight's name, in the type that they are summed in."""
        named = arm.model.state_dict()
        moments = [{name: arm.moments[name][moment] for name in named} for moment in MOMENTS]
        # Of each layer's weights, and of all biases: the gradients of either are of one type.
        self._descending = [
            [tuple(flat(each[name]) for name in together) for each in (named, by_weight, *moments)]
            for together in (
                [name for name, weight in named.items() if weight.ndim == 2],
                [name for name, weight in named.items() if weight.ndim == 1],
            )
        ]

    @abstractmethod
    def _fill(self, batch: Batch) -> tuple[float, float, float, float]:
        """Fill `by_weight`; returns the loss terms and the spread of the means."""

    @torch.no_grad()
    def gradients(self, number: int, batch: Batch) -> dict[str, ArmLosses]:
        """Fill `by_weight`."""
        reconstruction, kl, triplet, spread = self._fill(batch)
        total = float(LossTerms(reconstruction, kl, triplet).total(self._arm.loss))
        losses = ArmLosses(reconstruction, kl, triplet, total, spread)
        norm = math.sqrt(sum(self._kernels.sum_of_squares(gradients) for _, gradients, *_ in self._descending))
        losses.require_finite(norm, self._arm.name, number)
        return {self._arm.name: losses}

    def descend(self, number: int, rate: float) -> None:
        """A step of Adam."""
        step_size = np.float32(rate / (1 - 0.9**number))
        second_scale = np.float32(1 / math.sqrt(1 - 0.999**number))
        for arrays in self._descending:
            self._kernels.adam(*arrays, step_size, second_scale)

    def _bernoulli(self, logits: Float32[Tensor, "n pixels"], batch: Batch) -> float:
        """The Bernoulli negative log-likelihood, averaged over the images."""
        images = images_of(torch.from_numpy(self._images), batch)
        return float(F.binary_cross_entropy_with_logits(logits, images, reduction="sum")) / len(images)


def as_array(tensor: Tensor) -> np.ndarray:
    """The tensor's own memory, as `tvae.step_kernels` takes it: bfloat16 as its bits."""
    return (tensor.view(torch.int16) if tensor.dtype == torch.bfloat16 else tensor).numpy()


def flat(tensor: Tensor) -> np.ndarray:
    """The same in one dimension, in the order that it lies in memory, by rows or by columns."""
    return as_array((tensor if tensor.is_contiguous() else tensor.T).view(-1))
