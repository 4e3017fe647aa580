"""Fast CPU step with the outer layers' products in bfloat16."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch
from jaxtyping import UInt8
from torch import Tensor

from tvae.training.arm import Arm
from tvae.training.steps.cpu import FIRST_WEIGHT, LAST_WEIGHT, FastStep, as_array, as_tensor
from tvae.training.steps.mean_gradients import MeanGradients, MeanTerms

if TYPE_CHECKING:  # importing these imports numba
    from tvae.training.steps.gradients import Inputs, Terms
    from tvae.training.steps.sparse_kernels import Ink


class Bfloat16Step(FastStep):
    """Takes the steps of one arm, with the outer layers' products in bfloat16.

    The outer layers' products are all but a few hundredths of a step's operations. Their operands are rounded to 8 bits
    of mantissa, as the processor's instructions take them; the inner layers, the weights that are updated, the loss and
    Adam's moments stay float32 (master weights: Micikevicius et al. 2018, Mixed Precision Training).
    """

    def __init__(self, arm: Arm, rows: int, images: UInt8[np.ndarray, "n pixels"], ink: Ink) -> None:
        """As `FastStep`."""
        super().__init__(arm, rows, images, ink, torch.bfloat16)
        pixels, hidden = arm.model.pixels, arm.model.config.hidden
        w1, w4, first, decoded, by_decoded = (
            torch.empty(count, hidden, dtype=torch.bfloat16) for count in (pixels, pixels, rows, rows, rows)
        )
        self._rounded = self._compiled.Rounded(*map(as_array, (w1, w4, first, decoded, by_decoded)))
        batch, logits, by_logits = map(as_tensor, (self._memory.images, self._memory.products, self._memory.by_logits))
        by_w1, by_w4 = self.by_weight[FIRST_WEIGHT].T, self.by_weight[LAST_WEIGHT]
        # Operands and results of the products, once for all steps.
        self._encode, self._by_w1 = (batch, w1, first), (batch.T, first, by_w1)
        self._decode, self._by_w4 = (decoded, w4.T, logits), (by_logits.T, decoded, by_w4)
        self._by_decoded = by_logits, w4, by_decoded

    def _fill(self, inputs: Inputs, terms: Terms) -> tuple[float, float, float, float]:
        errors, kl = self._fill_down_to_decoded(inputs, terms)
        triplet, spread = self._compiled.descend_rounded(
            inputs, self._layers, self._by_layers, terms, self._rounded, self._memory
        )
        if not self._sparse:
            _multiply(*self._by_w1)
        return errors, kl, triplet, spread

    def _fill_around(
        self, inputs: Inputs, terms: Terms, by_means: MeanGradients
    ) -> tuple[float, float, MeanTerms, float]:
        errors, kl = self._fill_down_to_decoded(inputs, terms)
        self._compiled.descend_rounded_to_latents(self._layers, self._by_layers, self._rounded, self._memory)
        of_means = by_means.fill(inputs, terms, self._memory)
        spread = self._compiled.descend_rounded_from_latents(
            inputs, self._layers, self._by_layers, terms, self._rounded, self._memory
        )
        if not self._sparse:
            _multiply(*self._by_w1)
        return errors, kl, of_means, spread

    def _fill_down_to_decoded(self, inputs: Inputs, terms: Terms) -> tuple[float, float]:
        """Compute the loss and its gradients back to the decoder's hidden layer; returns squared error and KL."""
        compiled, layers, by_layers = self._compiled, self._layers, self._by_layers
        memory, rounded = self._memory, self._rounded

        compiled.begin_rounded(inputs, layers, rounded, memory)
        if not self._sparse:
            _multiply(*self._encode)
        kl = compiled.decode_rounded(inputs, layers, rounded, memory)
        _multiply(*self._decode)

        errors = compiled.pixel_gradients(inputs, layers, by_layers, terms, memory)
        _multiply(*self._by_w4)
        _multiply(*self._by_decoded)
        return errors, kl


def _multiply(left: Tensor, right: Tensor, out: Tensor) -> None:
    torch.mm(left, right, out=out)
