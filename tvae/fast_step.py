"""The fast training step: the plain step's loss, its gradients through the network written by hand."""

from __future__ import annotations

from pathlib import Path

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float
from torch import Tensor

from tvae.config import LossConfig, Step
from tvae.losses import LossTerms, kl_divergence, triplet_term
from tvae.models import VAE, Posterior

relu_backward = torch.ops.aten.threshold_backward
sigmoid_backward = torch.ops.aten.sigmoid_backward.grad_input


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


class WrittenGradients:
    """Gradients of one model's loss by the matrix products of its four layers and little else.

    Against automatic differentiation it saves passes over arrays of all pixels, and allocating these anew in each
    step. The triplet term's gradient by the means is small work, and left to autograd.

    In bfloat16 the operands and results of the products are rounded to 8 bits of mantissa, as the processor's
    instructions take them; the weights that are descended, the loss and Adam's moments stay float32 (master weights:
    Micikevicius et al. 2018, Mixed Precision Training). Nothing is kept from step to step but memory to write into.
    """

    def __init__(self, model: VAE, loss: LossConfig, batch_all: bool, rows: int, products: torch.dtype) -> None:
        """
        Args:
            rows: images of a batch: anchors, positives and negatives.
            products: type of the matrix products, float32 or bfloat16.
        """
        self._loss, self._batch_all, self._products = loss, batch_all, products
        parameters = list(model.parameters())  # weight and bias of each layer, from the image to the image
        self._exact = [parameter.detach() for parameter in parameters]
        self._exact_gradients = [torch.zeros_like(parameter) for parameter in self._exact]
        for parameter, gradient in zip(parameters, self._exact_gradients, strict=True):
            parameter.grad = gradient
        # What the products read and write. In float32 these are the parameters and gradients themselves.
        self._rounded = [parameter.to(products) for parameter in self._exact]
        self._rounded_weight_gradients = [gradient.to(products) for gradient in self._exact_gradients[::2]]
        fresh = self._exact[0].new_empty
        self._reconstruction, self._error = fresh(rows, model.pixels), fresh(rows, model.pixels)
        self._by_pixel = fresh(rows, model.pixels, dtype=products)
        self._hidden, self._decoded, self._by_hidden = [
            fresh(rows, model.config.hidden, dtype=products) for _ in range(3)
        ]

    @torch.no_grad()
    def fill(
        self,
        images: Float[Tensor, "n pixels"],
        rounded_images: Float[Tensor, "n pixels"],
        noise: Float[Tensor, "n latent"],
        negative: Bool[Tensor, "b n"],
    ) -> tuple[LossTerms, Float[Tensor, "n latent"]]:
        """Write the gradients to the parameters' `grad`; the loss terms of the batch, and its means.

        Args:
            rounded_images: the images in the type of the products.
        """
        if self._products != torch.float32:
            for rounded, exact in zip(self._rounded, self._exact, strict=True):
                rounded.copy_(exact)
        w1, b1, w2, b2, w3, b3, w4, b4 = self._rounded

        hidden = torch.addmm(b1, rounded_images, w1.T, out=self._hidden).relu_()
        statistics = torch.addmm(b2, hidden, w2.T).float()  # (n, 2 latent)
        mean, log_var = statistics.chunk(2, dim=1)
        sd = torch.exp(0.5 * log_var)
        latents = (mean + sd * noise).to(self._products)
        decoded = torch.addmm(b3, latents, w3.T, out=self._decoded).relu_()
        logits = torch.addmm(b4, decoded, w4.T, out=self._by_pixel)

        reconstruction, by_logits = self._pixel_loss(logits, images)
        by_logits = self._layer_gradients(3, by_logits, decoded)
        by_decoded = relu_backward(torch.mm(by_logits, w4, out=self._by_hidden), decoded, 0)
        self._layer_gradients(2, by_decoded, latents)
        by_latents = (by_decoded @ w3).float()

        triplet, by_mean = self._triplet_loss(mean, negative)
        kl = kl_divergence(Posterior(mean, log_var)).sum() / len(images)
        kl_weight = self._loss.kl_weight / len(images)
        by_mean.add_(by_latents).add_(mean, alpha=kl_weight)
        by_log_var = 0.5 * (by_latents * noise * sd).add_(log_var.exp() - 1.0, alpha=kl_weight)
        by_statistics = torch.cat([by_mean, by_log_var], dim=1)
        by_statistics = self._layer_gradients(1, by_statistics, hidden)
        by_hidden = relu_backward(torch.mm(by_statistics, w2, out=self._by_hidden), hidden, 0)
        self._layer_gradients(0, by_hidden, rounded_images)

        if self._products != torch.float32:
            for exact, rounded in zip(self._exact_gradients[::2], self._rounded_weight_gradients, strict=True):
                exact.copy_(rounded)
        return LossTerms(reconstruction, kl, triplet), mean

    def _pixel_loss(
        self, logits: Float[Tensor, "n pixels"], images: Float[Tensor, "n pixels"]
    ) -> tuple[Float[Tensor, ""], Float[Tensor, "n pixels"]]:
        """The reconstruction term and the gradient of its weighted value by the logits."""
        weight = self._loss.reconstruction_weight / len(images)
        exact_logits = self._reconstruction.copy_(logits)
        if self._loss.reconstruction == "bernoulli":
            total = F.binary_cross_entropy_with_logits(exact_logits, images, reduction="sum")
            error = torch.sub(exact_logits.sigmoid_(), images, out=self._error).mul_(weight)
        else:
            reconstruction = exact_logits.sigmoid_()
            error = torch.sub(reconstruction, images, out=self._error)
            total = torch.dot(error.view(-1), error.view(-1))
            sigmoid_backward(error.mul_(2 * weight), reconstruction, grad_input=error)
        if weight == 0:
            error.zero_()  # a term of weight 0 has no influence, even where it is not finite
        return total / len(images), error

    def _triplet_loss(
        self, mean: Float[Tensor, "n latent"], negative: Bool[Tensor, "b n"]
    ) -> tuple[Float[Tensor, ""], Float[Tensor, "n latent"]]:
        """The triplet term and the gradient of its weighted value by the means."""
        if self._loss.triplet_weight == 0:
            return triplet_term(mean, negative, self._loss, self._batch_all), torch.zeros_like(mean)
        mean = mean.detach().requires_grad_()
        with torch.enable_grad():
            triplet = triplet_term(mean, negative, self._loss, self._batch_all)
        (by_mean,) = torch.autograd.grad(triplet, mean, torch.full_like(triplet, self._loss.triplet_weight))
        return triplet.detach(), by_mean

    def _layer_gradients(
        self, layer: int, by_output: Float[Tensor, "n out"], inputs: Float[Tensor, "n in"]
    ) -> Float[Tensor, "n out"]:
        """Write the gradients of a layer's weight and bias; `by_output` rounded for the products."""
        # The sum comes before the rounding: where gradients cancel, as a triplet's do, rounding would be all of it.
        self._exact_gradients[2 * layer + 1].copy_(by_output.sum(dim=0))
        by_output = by_output.to(self._products)
        torch.mm(by_output.T, inputs, out=self._rounded_weight_gradients[layer])
        return by_output
