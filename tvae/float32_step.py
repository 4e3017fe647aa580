"""The fast training step in float32 on the CPU: its gradients in one compiled call (`tvae.compiled_gradients`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch
from jaxtyping import UInt8

from tvae.arms import MOMENTS, Arm, Batch
from tvae.fast_step import FastStep, as_array

if TYPE_CHECKING:  # importing it imports numba
    from tvae.sparse_kernels import Ink

FIRST_WEIGHT = "encoder.0.weight"


class Float32Step(FastStep):
    """Steps of one arm."""

    def __init__(self, arm: Arm, batch_all: bool, rows: int, images: UInt8[np.ndarray, "n pixels"], ink: Ink) -> None:
        """
        Args:
            rows: images of a batch: anchors, positives and negatives.
            images: of the training split.
            ink: theirs; none where all pixels are to be multiplied.
        """
        from tvae.compiled_gradients import Layers, Memory, Terms, fill_gradients
        from tvae.sparse_kernels import room_for_rows

        _lay_by_pixel(arm)
        weights = arm.model.state_dict()
        super().__init__(arm, images, {name: torch.empty_like(weight) for name, weight in weights.items()})
        self._fill_gradients, self._ink = fill_gradients, ink
        self._layers, self._by_layers = (
            Layers(*[as_array(each.T if name == FIRST_WEIGHT else each) for name, each in named.items()])
            for named in (weights, self.by_weight)
        )
        pixels, hidden, latent = arm.model.pixels, arm.model.config.hidden, arm.model.config.latent_dim
        self._sparse = len(ink.values) > 0
        most = rows * int(np.diff(ink.starts).max()) if self._sparse else 0

        def room(columns: int) -> np.ndarray:
            return np.empty((rows, columns), np.float32)

        self._memory = Memory(
            by_image=room_for_rows(rows, most),
            by_pixel=room_for_rows(pixels, most),
            images=room(0 if self._sparse else pixels),
            hidden=room(hidden),
            statistics=room(2 * latent),
            means=room(latent),
            deviations=room(latent),
            latents=room(latent),
            decoded=room(hidden),
            products=room(pixels),
            by_logits=room(pixels),
            by_hidden=room(hidden),
            by_latents=room(latent),
            by_means=room(latent),
            by_statistics=room(2 * latent),
        )
        self._terms = Terms(
            margin=np.float32(arm.loss.margin),
            reconstruction_weight=np.float32(arm.loss.reconstruction_weight),
            kl_weight=np.float32(arm.loss.kl_weight),
            triplet_weight=np.float32(arm.loss.triplet_weight),
            squared=arm.loss.reconstruction == "squared-l2",
            batch_all=batch_all,
        )

    def _fill(self, batch: Batch) -> tuple[float, float, float, float]:
        from tvae.compiled_gradients import Inputs

        inputs = Inputs(
            images=self._images,
            ink=self._ink,
            sparse=self._sparse,
            rows=batch.rows.reshape(-1),
            noise=batch.noise.numpy(),
            labels=batch.labels.numpy(),
        )
        errors, kl, triplet, spread = self._fill_gradients(
            inputs, self._layers, self._by_layers, self._terms, self._memory
        )
        if self._terms.squared:
            return errors, kl, triplet, spread
        logits = torch.from_numpy(self._memory.products + self._layers.b4)
        return self._bernoulli(logits, batch), kl, triplet, spread


def _lay_by_pixel(arm: Arm) -> None:
    """Turn the memory of the first layer's weights, and of their moments, to the order of `Layers.w1`."""
    weight, moments = arm.model.get_parameter(FIRST_WEIGHT), arm.moments[FIRST_WEIGHT]
    weight.data = weight.data.T.contiguous().T
    for moment in MOMENTS:
        moments[moment] = moments[moment].T.contiguous().T
