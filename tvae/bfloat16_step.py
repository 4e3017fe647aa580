"""The fast training step on the CPU with the outer layers' products in bfloat16, all but a drawn image's by torch."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch
from jaxtyping import UInt8

from tvae.arms import Arm
from tvae.fast_step import FIRST_WEIGHT, LAST_WEIGHT, FastStep, as_array, as_tensor

if TYPE_CHECKING:  # importing these imports numba
    from tvae.compiled_gradients import Inputs
    from tvae.sparse_kernels import Ink


class Bfloat16Step(FastStep):
    """Steps of one arm.

    The operands of the outer layers' products, which hold all but a few hundredths of a step's operations, are rounded
    to 8 bits of mantissa, as the processor's instructions take them; the layers between, the weights that are
    descended, the loss and Adam's moments stay float32 (master weights: Micikevicius et al. 2018, Mixed Precision
    Training).
    """

    def __init__(self, arm: Arm, batch_all: bool, rows: int, images: UInt8[np.ndarray, "n pixels"], ink: Ink) -> None:
        """As `FastStep`."""
        super().__init__(arm, batch_all, rows, images, ink, torch.bfloat16)
        pixels, hidden = arm.model.pixels, arm.model.config.hidden
        self._tensors = {
            name: torch.empty(shape, dtype=torch.bfloat16)
            for name, shape in (
                ("w1", (pixels, hidden)),
                ("w4", (pixels, hidden)),
                ("hidden", (rows, hidden)),
                ("decoded", (rows, hidden)),
                ("by_decoded", (rows, hidden)),
            )
        }
        self._rounded = self._compiled.Rounded(**{name: as_array(each) for name, each in self._tensors.items()})

    def _fill(self, inputs: Inputs) -> tuple[float, float, float, float]:
        compiled, layers, by_layers, terms = self._compiled, self._layers, self._by_layers, self._terms
        memory, rounded, tensors = self._memory, self._rounded, self._tensors
        images, products, by_logits = map(as_tensor, (memory.images, memory.products, memory.by_logits))

        compiled.begin_rounded(inputs, layers, rounded, memory)
        if not self._sparse:
            torch.mm(images, tensors["w1"], out=tensors["hidden"])
        kl = compiled.decode_rounded(inputs, layers, rounded, memory)
        torch.mm(tensors["decoded"], tensors["w4"].T, out=products)

        errors = compiled.errors_by_logits(inputs, layers, by_layers, terms, memory)
        torch.mm(by_logits.T, tensors["decoded"], out=self.by_weight[LAST_WEIGHT])
        torch.mm(by_logits, tensors["w4"], out=tensors["by_decoded"])

        triplet, spread = compiled.descend_rounded(inputs, layers, by_layers, terms, rounded, memory)
        if not self._sparse:
            torch.mm(images.T, tensors["hidden"], out=self.by_weight[FIRST_WEIGHT].T)
        return errors, kl, triplet, spread
