"""Fast CPU steps: gradients by hand, one compiled call; the float32 step."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import UInt8
from torch import Tensor

from tvae.config import Step
from tvae.model.losses import LossTerms
from tvae.training.arm import MOMENTS, Arm, ArmLosses, Batch, images_of

if TYPE_CHECKING:  # importing these imports numba
    from tvae.training.steps.gradients import Inputs
    from tvae.training.steps.sparse_kernels import Ink

FIRST_WEIGHT, LAST_WEIGHT = "encoder.0.weight", "decoder.2.weight"

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
    """Type of the large matrix products of this kind of step on this device."""
    if step == "fast":
        on_device = torch.cuda.is_bf16_supported if device.type == "cuda" else has_bfloat16_instructions
        return torch.bfloat16 if on_device() else torch.float32
    return torch.bfloat16 if step == "fast-bfloat16" else torch.float32


class FastStep(ABC):
    """Steps of one arm: eleven matrix products, and few passes over memory between them (see `gradients`).

    Nothing is kept from step to step but memory to write into.
    """

    def __init__(
        self,
        arm: Arm,
        batch_all: bool,
        rows: int,
        images: UInt8[np.ndarray, "n pixels"],
        ink: Ink,
        products: torch.dtype = torch.float32,
    ) -> None:
        """
        Args:
            rows: images of a batch: anchors, positives and negatives.
            images: of the training split.
            ink: theirs; none where all pixels are to be multiplied.
            products: type of the outer layers' products; those between are float32's.
        """
        from tvae.training.steps import gradients as compiled_gradients
        from tvae.training.steps import kernels as step_kernels
        from tvae.training.steps.sparse_kernels import room_for_rows

        self._compiled, self._kernels = compiled_gradients, step_kernels
        self._arm, self._images, self._ink, self._sparse = arm, images, ink, len(ink.values) > 0
        _lay_by_pixel(arm)
        weights = arm.model.state_dict()
        rounded = {LAST_WEIGHT} if self._sparse else {FIRST_WEIGHT, LAST_WEIGHT}  # the ink is added up in float32
        self.by_weight = {
            name: torch.empty_like(weight, dtype=products if name in rounded else torch.float32)
            for name, weight in weights.items()
        }
        """The last batch's gradients, by weight's name, each in the same order in memory as its weight."""
        self._layers, self._by_layers = (
            compiled_gradients.Layers(
                *[as_array(each.T if name == FIRST_WEIGHT else each) for name, each in of.items()]
            )
            for of in (weights, self.by_weight)
        )
        pixels, hidden, latent = arm.model.pixels, arm.model.config.hidden, arm.model.config.latent_dim
        most = rows * int(np.diff(ink.starts).max()) if self._sparse else 0

        def room(columns: int, dtype: torch.dtype = torch.float32) -> np.ndarray:
            return as_array(torch.empty(rows, columns, dtype=dtype))

        self._memory = compiled_gradients.Memory(
            by_image=room_for_rows(rows, most),
            by_pixel=room_for_rows(pixels, most),
            images=room(0 if self._sparse else pixels, products),
            hidden=room(hidden),
            statistics=room(2 * latent),
            means=room(latent),
            deviations=room(latent),
            latents=room(latent),
            decoded=room(hidden),
            products=room(pixels, products),
            by_logits=room(pixels, products),
            by_hidden=room(hidden),
            by_latents=room(latent),
            by_means=room(latent),
            by_statistics=room(2 * latent),
        )
        self._terms = compiled_gradients.Terms(
            margin=np.float32(arm.loss.margin),
            reconstruction_weight=np.float32(arm.loss.reconstruction_weight),
            kl_weight=np.float32(arm.loss.kl_weight),
            triplet_weight=np.float32(arm.loss.triplet_weight),
            squared=arm.loss.reconstruction == "squared-l2",
            batch_all=batch_all,
        )
        moments = [{name: arm.moments[name][moment] for name in weights} for moment in MOMENTS]
        # Of each type of gradients together.
        self._descending = [
            [tuple(flat(each[name]) for name in together) for each in (weights, self.by_weight, *moments)]
            for dtype in dict.fromkeys(gradient.dtype for gradient in self.by_weight.values())
            if (together := [name for name, gradient in self.by_weight.items() if gradient.dtype == dtype])
        ]

    @abstractmethod
    def _fill(self, inputs: Inputs) -> tuple[float, float, float, float]:
        """Fill `by_weight`; returns squared errors, KL and triplet hinge, averaged over the batch, and the spread."""

    @torch.no_grad()
    def gradients(self, number: int, batch: Batch) -> dict[str, ArmLosses]:
        """Fill `by_weight`."""
        inputs = self._compiled.Inputs(
            images=self._images,
            ink=self._ink,
            sparse=self._sparse,
            rows=batch.rows.reshape(-1),
            noise=batch.noise.numpy(),
            labels=batch.labels.numpy(),
        )
        errors, kl, triplet, spread = self._fill(inputs)
        reconstruction = errors if self._terms.squared else self._bernoulli(batch)
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

    def _bernoulli(self, batch: Batch) -> float:
        """The Bernoulli negative log-likelihood, averaged over the images."""
        logits = as_tensor(self._memory.products).float() + torch.from_numpy(self._layers.b4)
        images = images_of(torch.from_numpy(self._images), batch)
        return float(F.binary_cross_entropy_with_logits(logits, images, reduction="sum")) / len(images)


def as_array(tensor: Tensor) -> np.ndarray:
    """The tensor's own memory, as `tvae.training.steps.kernels` takes it: bfloat16 as its bits."""
    return (tensor.view(torch.int16) if tensor.dtype == torch.bfloat16 else tensor).numpy()


def as_tensor(array: np.ndarray) -> Tensor:
    """The other way round."""
    tensor = torch.from_numpy(array)
    return tensor.view(torch.bfloat16) if tensor.dtype == torch.int16 else tensor


def flat(tensor: Tensor) -> np.ndarray:
    """The same in one dimension, in the order that it lies in memory, by rows or by columns."""
    return as_array((tensor if tensor.is_contiguous() else tensor.T).view(-1))


def _lay_by_pixel(arm: Arm) -> None:
    """Turn the memory of the first layer's weights, and of their moments, to the order of `Layers.w1`."""
    weight, moments = arm.model.get_parameter(FIRST_WEIGHT), arm.moments[FIRST_WEIGHT]
    weight.data = weight.data.T.contiguous().T
    for moment in MOMENTS:
        moments[moment] = moments[moment].T.contiguous().T


class Float32Step(FastStep):
    """Steps of one arm."""

    def _fill(self, inputs: Inputs) -> tuple[float, float, float, float]:
        return self._compiled.fill_gradients(inputs, self._layers, self._by_layers, self._terms, self._memory)
