"""The fast training step in bfloat16 on the CPU: products by torch, compiled passes between them."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import torch
from jaxtyping import UInt8
from torch import Tensor

from tvae.arms import Arm, Batch
from tvae.fast_step import FastStep, as_array, flat


class Bfloat16Step(FastStep):
    """Steps of one arm.

    The operands and results of the products are rounded to 8 bits of mantissa, as the processor's instructions take
    them; the weights that are descended, the loss and Adam's moments stay float32 (master weights: Micikevicius et
    al. 2018, Mixed Precision Training).
    """

    def __init__(self, arm: Arm, batch_all: bool, rows: int, images: UInt8[np.ndarray, "n pixels"]) -> None:
        """
        Args:
            rows: images of a batch: anchors, positives and negatives.
            images: of the training split.
        """
        weights = arm.model.state_dict()
        super().__init__(
            arm,
            images,
            {
                name: torch.empty_like(weight, dtype=torch.bfloat16 if weight.ndim == 2 else torch.float32)
                for name, weight in weights.items()
            },
        )
        self._batch_all = batch_all
        self._rounded = [weight.to(torch.bfloat16) for weight in weights.values()]
        self._rounding = [tuple(map(flat, each)) for each in (weights.values(), self._rounded)]
        pixels, hidden, latent = arm.model.pixels, arm.model.config.hidden, arm.model.config.latent_dim

        def room(columns: int, dtype: torch.dtype = torch.bfloat16) -> Tensor:
            return torch.empty(rows, columns, dtype=dtype)

        self._given = room(pixels)  # the batch's images
        self._hidden, self._decoded, self._by_hidden = room(hidden), room(hidden), room(hidden)
        self._products, self._by_logits = room(pixels), room(pixels)  # the logits without their bias
        self._statistics, self._by_statistics = room(2 * latent), room(2 * latent)
        self._latents, self._by_latents = room(latent), room(latent)
        self._means, self._by_means, self._deviations = [room(latent, torch.float32) for _ in range(3)]
        # The same memory, once more as the passes take it.
        self._arrays = SimpleNamespace(
            **{name[1:]: as_array(value) for name, value in vars(self).items() if isinstance(value, Tensor)}
        )

    def _fill(self, batch: Batch) -> tuple[float, float, float, float]:
        kernels, arrays, loss, rows = self._kernels, self._arrays, self._arm.loss, batch.rows.reshape(-1)
        count = rows.size
        kernels.round_all(*self._rounding)
        kernels.gather_images(self._images, rows, arrays.given)
        w1, b1, w2, b2, w3, b3, w4, _ = self._rounded
        by_w1, by_b1, by_w2, by_b2, by_w3, by_b3, by_w4, by_b4 = self.by_weight.values()
        noise = as_array(batch.noise)

        torch.addmm(b1, self._given, w1.T, out=self._hidden).relu_()
        torch.addmm(b2, self._hidden, w2.T, out=self._statistics)
        kl = kernels.sample_latents(arrays.statistics, noise, arrays.means, arrays.deviations, arrays.latents) / count
        torch.addmm(b3, self._latents, w3.T, out=self._decoded).relu_()
        torch.mm(self._decoded, w4.T, out=self._products)

        reconstruction = self._reconstruction(batch, by_b4)
        torch.mm(self._by_logits.T, self._decoded, out=by_w4)
        torch.mm(self._by_logits, w4, out=self._by_hidden)
        kernels.rectifier_gradients(arrays.by_hidden, arrays.decoded, as_array(by_b3))
        torch.mm(self._by_hidden.T, self._latents, out=by_w3)
        torch.mm(self._by_hidden, w3, out=self._by_latents)

        margin, weight = np.float32(loss.margin), np.float32(loss.triplet_weight)
        if self._batch_all:
            labels = batch.labels.numpy()
            triplet = kernels.batch_all_gradients(arrays.means, labels, margin, weight, arrays.by_means)
        else:
            triplet = kernels.triplet_gradients(arrays.means, margin, weight, arrays.by_means)
        kernels.posterior_gradients(
            *(arrays.by_latents, arrays.by_means, noise, arrays.means, arrays.deviations),
            *(np.float32(loss.kl_weight / count), arrays.by_statistics, as_array(by_b2)),
        )
        torch.mm(self._by_statistics.T, self._hidden, out=by_w2)
        torch.mm(self._by_statistics, w2, out=self._by_hidden)
        kernels.rectifier_gradients(arrays.by_hidden, arrays.hidden, as_array(by_b1))
        torch.mm(self._by_hidden.T, self._given, out=by_w1)
        return reconstruction, kl, triplet, kernels.spread(arrays.means)

    def _reconstruction(self, batch: Batch, by_bias: Tensor) -> float:
        """The reconstruction term; writes the gradient of its weighted value by the logits and by their bias."""
        loss, squared, rows = self._arm.loss, self._arm.loss.reconstruction == "squared-l2", batch.rows.reshape(-1)
        bias = self._arm.model.get_parameter("decoder.2.bias")
        errors = self._kernels.pixel_errors(
            *(self._arrays.products, as_array(bias.detach()), self._images, rows, squared),
            *(np.float32(loss.reconstruction_weight / rows.size), self._arrays.by_logits, as_array(by_bias)),
        )
        if loss.reconstruction_weight == 0:
            self._by_logits.zero_()  # a term of weight 0 has no influence, even where it is not finite
            by_bias.zero_()
        return errors / rows.size if squared else self._bernoulli(self._products.float() + bias, batch)
