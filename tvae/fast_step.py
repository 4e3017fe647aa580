"""The fast training step on the CPU: the plain step's loss, its gradients through the network written by hand."""

from __future__ import annotations

import math
from collections.abc import Iterable
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from tvae.arms import MOMENTS, Arm, ArmLosses, Batch
from tvae.config import Step
from tvae.losses import LossTerms, triplet_term

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


class FastStep:
    """Steps of one arm: eleven matrix products, and few passes over memory between them (`tvae.step_kernels`).

    In bfloat16 the operands and results of the products are rounded to 8 bits of mantissa, as the processor's
    instructions take them; the weights that are descended, the loss and Adam's moments stay float32 (master weights:
    Micikevicius et al. 2018, Mixed Precision Training). Nothing is kept from step to step but memory to write into.
    """

    def __init__(self, arm: Arm, batch_all: bool, rows: int, products: torch.dtype) -> None:
        """
        Args:
            rows: images of a batch: anchors, positives and negatives.
            products: type of the matrix products, float32 or bfloat16.
        """
        from tvae import step_kernels

        self._kernels, self._arm, self._batch_all = step_kernels, arm, batch_all
        pixels, hidden, latent = arm.model.pixels, arm.model.config.hidden, arm.model.config.latent_dim
        named = arm.model.state_dict()  # weight and bias of each layer, from the image to the image
        # What the products read: in float32 the weights themselves.
        self._rounded = [weight.to(products) for weight in named.values()]
        self.by_weight = {
            name: torch.empty_like(weight, dtype=products if weight.ndim == 2 else torch.float32)
            for name, weight in named.items()
        }
        """The last batch's gradients, by weight's name, in the type that they are summed in."""

        def fresh(columns: int, dtype: torch.dtype = products) -> Tensor:
            return torch.empty(rows, columns, dtype=dtype)

        self._hidden, self._decoded, self._by_hidden = fresh(hidden), fresh(hidden), fresh(hidden)
        self._logits, self._by_logits = fresh(pixels), fresh(pixels)
        self._statistics, self._by_statistics = fresh(2 * latent), fresh(2 * latent)
        self._latents, self._by_latents = fresh(latent), fresh(latent)
        self._means, self._by_means, self._deviations = [fresh(latent, torch.float32) for _ in range(3)]
        # The same memory, once more as the kernels take it.
        self._rounding = [] if products == torch.float32 else _together(named.values(), self._rounded)
        moments = [[arm.moments[name][moment] for name in named] for moment in MOMENTS]
        self._descending = _together(named.values(), self.by_weight.values(), *moments)
        self._arrays = SimpleNamespace(
            **{name[1:]: as_array(value) for name, value in vars(self).items() if isinstance(value, Tensor)}
        )

    @torch.no_grad()
    def gradients(self, number: int, batch: Batch) -> dict[str, ArmLosses]:
        """Fill `by_weight`."""
        kernels, arrays, loss, count = self._kernels, self._arrays, self._arm.loss, len(batch.images)
        for exact, rounded in self._rounding:
            kernels.round_all(exact, rounded)
        w1, b1, w2, b2, w3, b3, w4, b4 = self._rounded
        by_w1, by_b1, by_w2, by_b2, by_w3, by_b3, by_w4, by_b4 = self.by_weight.values()
        images, noise = batch.rounded_images, as_array(batch.noise)

        torch.addmm(b1, images, w1.T, out=self._hidden).relu_()
        torch.addmm(b2, self._hidden, w2.T, out=self._statistics)
        kl = kernels.sample_latents(arrays.statistics, noise, arrays.means, arrays.deviations, arrays.latents) / count
        torch.addmm(b3, self._latents, w3.T, out=self._decoded).relu_()
        torch.addmm(b4, self._decoded, w4.T, out=self._logits)

        reconstruction = self._reconstruction(batch.images, by_b4)
        torch.mm(self._by_logits.T, self._decoded, out=by_w4)
        torch.mm(self._by_logits, w4, out=self._by_hidden)
        kernels.rectifier_gradients(arrays.by_hidden, arrays.decoded, as_array(by_b3))
        torch.mm(self._by_hidden.T, self._latents, out=by_w3)
        torch.mm(self._by_hidden, w3, out=self._by_latents)

        triplet = self._triplet(batch)
        kernels.posterior_gradients(
            *(arrays.by_latents, arrays.by_means, noise, arrays.means, arrays.deviations),
            *(np.float32(loss.kl_weight / count), arrays.by_statistics, as_array(by_b2)),
        )
        torch.mm(self._by_statistics.T, self._hidden, out=by_w2)
        torch.mm(self._by_statistics, w2, out=self._by_hidden)
        kernels.rectifier_gradients(arrays.by_hidden, arrays.hidden, as_array(by_b1))
        torch.mm(self._by_hidden.T, images, out=by_w1)

        total = float(LossTerms(reconstruction, kl, triplet).total(loss))
        losses = ArmLosses(reconstruction, kl, triplet, total, kernels.spread(arrays.means))
        norm = math.sqrt(sum(kernels.sum_of_squares(gradient) for _, gradient, *_ in self._descending))
        losses.require_finite(norm, self._arm.name, number)
        return {self._arm.name: losses}

    def descend(self, number: int, rate: float) -> None:
        """A step of Adam."""
        step_size = np.float32(rate / (1 - 0.9**number))
        second_scale = np.float32(1 / math.sqrt(1 - 0.999**number))
        for weights, gradients, first, second in self._descending:
            self._kernels.adam(weights, gradients, first, second, step_size, second_scale)

    def _reconstruction(self, images: Float[Tensor, "n pixels"], by_bias: Float[Tensor, " pixels"]) -> float:
        """The reconstruction term; writes the gradient of its weighted value by the logits and by their bias."""
        loss, squared = self._arm.loss, self._arm.loss.reconstruction == "squared-l2"
        weight = np.float32(loss.reconstruction_weight / len(images))
        total = self._kernels.pixel_errors(
            *(self._arrays.logits, as_array(images), squared, weight, self._arrays.by_logits, as_array(by_bias))
        )
        if not squared:
            cross_entropy = F.binary_cross_entropy_with_logits(self._logits.float(), images, reduction="sum")
            total = float(cross_entropy)
        if loss.reconstruction_weight == 0:
            self._by_logits.zero_()  # a term of weight 0 has no influence, even where it is not finite
            by_bias.zero_()
        return total / len(images)

    def _triplet(self, batch: Batch) -> float:
        """The triplet term; writes the gradient of its weighted value by the means."""
        loss = self._arm.loss
        if not self._batch_all:
            margin, weight = np.float32(loss.margin), np.float32(loss.triplet_weight)
            return self._kernels.triplet_gradients(self._arrays.means, margin, weight, self._arrays.by_means)
        means = self._means.detach().requires_grad_()
        with torch.enable_grad():  # not worth writing out: it is small work beside the products
            triplet = triplet_term(means, batch.labels, loss, True)
        self._by_means.zero_()
        if loss.triplet_weight > 0:
            (by_means,) = torch.autograd.grad(triplet, means)
            torch.mul(by_means, loss.triplet_weight, out=self._by_means)
        return float(triplet)


def as_array(tensor: Tensor) -> np.ndarray:
    """The tensor's own memory, as `tvae.step_kernels` takes it: bfloat16 as its bits."""
    return (tensor.view(torch.int16) if tensor.dtype == torch.bfloat16 else tensor).numpy()


def _together(*lists: Iterable[Tensor]) -> list[tuple[np.ndarray, ...]]:
    """Of each weight what belongs together, as flat arrays."""
    return [tuple(as_array(tensor.view(-1)) for tensor in each) for each in zip(*lists, strict=True)]
