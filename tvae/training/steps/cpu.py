"""Fast CPU steps with gradients written by hand: their base class, and the float32 step."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import UInt8
from torch import Tensor

from tvae.model.heads import is_head, without_heads
from tvae.model.losses import LossTerms
from tvae.training.arm import MOMENTS, Arm, ArmLosses, Batch, images_of
from tvae.training.steps.mean_gradients import MeanGradients, MeanTerms, takes_mean_gradients

if TYPE_CHECKING:  # importing these imports numba
    from tvae.training.steps.gradients import Inputs, Memory, Terms
    from tvae.training.steps.sparse_kernels import Ink

FIRST_WEIGHT, LAST_WEIGHT = "encoder.0.weight", "decoder.2.weight"


class FastStep(ABC):
    """Takes the steps of one arm: eleven matrix products, with few passes over memory between them (see `gradients`).

    From step to step it keeps nothing but memory to write to.
    """

    def __init__(
        self,
        arm: Arm,
        rows: int,
        images: UInt8[np.ndarray, "n pixels"],
        ink: Ink,
        products: torch.dtype = torch.float32,
    ) -> None:
        """
        Args:
            rows: number of images in a batch: anchors, positives and negatives.
            images: images of the training split.
            ink: their ink; empty where all pixels are to be multiplied.
            products: type of the outer layers' products; the inner layers' are float32.
        """
        from tvae.training.steps import gradients, kernels

        self._compiled, self._kernels = gradients, kernels
        self._arm, self._images, self._ink, self._sparse = arm, images, ink, len(ink.values) > 0
        _store_by_pixel(arm)
        all_weights = arm.model.state_dict()
        weights = without_heads(all_weights)
        rounded = {LAST_WEIGHT} if self._sparse else {FIRST_WEIGHT, LAST_WEIGHT}  # sums over the ink are float32
        self.by_weight = {
            name: torch.empty_like(weight, dtype=products if name in rounded else torch.float32)
            for name, weight in all_weights.items()
        }
        """Gradients of the last batch, by name of the weight, each with its weight's order in memory."""
        self._layers, self._by_layers = (
            gradients.Layers(
                *[as_array(tensor.T if name == FIRST_WEIGHT else tensor) for name, tensor in tensors.items()]
            )
            for tensors in (weights, without_heads(self.by_weight))
        )
        most_ink = rows * int(np.diff(ink.starts).max()) if self._sparse else 0
        self._memory = self._new_memory(rows, most_ink, products)
        self._thirds = np.arange(rows).reshape(3, -1)
        self._terms = gradients.Terms(
            margin=np.float32(arm.loss.margin),
            reconstruction_weight=np.float32(arm.loss.reconstruction_weight),
            kl_weight=np.float32(arm.loss.kl_weight),
            triplet_weight=np.float32(arm.loss.triplet_weight),
            squared=arm.loss.reconstruction == "squared-l2",
            batch_all=arm.triplets == "batch-all",
        )
        self._by_means = MeanGradients(arm, self.by_weight) if takes_mean_gradients(arm.loss, arm.triplets) else None
        moments = [{name: arm.moments[name][moment] for name in all_weights} for moment in MOMENTS]
        arrays = all_weights, self.by_weight, *moments
        # Weights, gradients and moments as flat arrays, in a group for each type of gradients.
        self._descending = [
            [tuple(flat(tensors[name]) for name in group) for tensors in arrays]
            for dtype in dict.fromkeys(gradient.dtype for gradient in self.by_weight.values())
            if (group := [name for name in weights if self.by_weight[name].dtype == dtype])
        ]
        # Each head by itself: so groups have the same sizes in every arm, and one machine code serves them.
        self._descending += [[(flat(tensors[name]),) for tensors in arrays] for name in all_weights if is_head(name)]

    def _new_memory(self, rows: int, most_ink: int, products: torch.dtype) -> Memory:
        """Memory for batches of this many images, with at most this many pixels of ink in all."""
        from tvae.training.steps.sparse_kernels import room_for_rows

        model = self._arm.model
        pixels, hidden, latent = model.pixels, model.config.hidden, model.config.latent_dim

        def room(columns: int, dtype: torch.dtype = torch.float32) -> np.ndarray:
            return as_array(torch.empty(rows, columns, dtype=dtype))

        return self._compiled.Memory(
            by_image=room_for_rows(rows, most_ink),
            by_pixel=room_for_rows(pixels, most_ink),
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
            chosen=room(latent),
            by_chosen=room(latent),
            by_statistics=room(2 * latent),
        )

    @abstractmethod
    def _fill(self, inputs: Inputs, terms: Terms) -> tuple[float, float, float, float]:
        """Fill `by_weight`; return squared error, KL and triplet hinge, averaged over the batch, and the spread."""

    @abstractmethod
    def _fill_around(
        self, inputs: Inputs, terms: Terms, by_means: MeanGradients
    ) -> tuple[float, float, MeanTerms, float]:
        """As `_fill`, with the gradient by the means that `by_means` writes; the KL is to the standard normal."""

    @torch.no_grad()
    def gradients(self, number: int, batch: Batch) -> dict[str, ArmLosses]:
        """Fill `by_weight` with the gradients of this batch; see `TrainingStep`."""
        labels, places = batch.triplets[self._arm.name]
        inputs = self._compiled.Inputs(
            images=self._images,
            ink=self._ink,
            sparse=self._sparse,
            rows=batch.rows.reshape(-1),
            noise=batch.noise.numpy(),
            labels=labels.numpy(),
            places=self._thirds if places is None else places.numpy(),
            in_thirds=places is None,
        )
        loss, terms = self._arm.loss_at(number), self._terms
        if loss is not self._arm.loss:
            terms = terms._replace(triplet_weight=np.float32(loss.triplet_weight))
        classifier = 0.0
        if self._by_means is None:
            errors, kl, triplet, spread = self._fill(inputs, terms)
        else:
            errors, kl, of_means, spread = self._fill_around(inputs, terms, self._by_means)
            kl, triplet, classifier = kl + of_means.more_kl, of_means.triplet, of_means.classifier
        reconstruction = errors if self._terms.squared else self._bernoulli(batch)
        total = float(LossTerms(reconstruction, kl, triplet, classifier).total(loss))
        losses = ArmLosses(reconstruction, kl, triplet, total, spread)
        norm = math.sqrt(sum(self._kernels.sum_of_squares(gradients) for _, gradients, *_ in self._descending))
        losses.require_finite(norm, self._arm.name, number)
        return {self._arm.name: losses}

    def descend(self, number: int, rate: float) -> None:
        """Take a step of Adam."""
        step_size = np.float32(rate / (1 - 0.9**number))
        second_scale = np.float32(1 / math.sqrt(1 - 0.999**number))
        for arrays in self._descending:
            self._kernels.adam(*arrays, step_size, second_scale)

    def _bernoulli(self, batch: Batch) -> float:
        """The Bernoulli negative log-likelihood of the last batch, averaged over its images."""
        logits = as_tensor(self._memory.products).float() + torch.from_numpy(self._layers.b4)
        images = images_of(torch.from_numpy(self._images), batch)
        return float(F.binary_cross_entropy_with_logits(logits, images, reduction="sum")) / len(images)


class Float32Step(FastStep):
    """Takes the steps of one arm, with all products in float32."""

    def _fill(self, inputs: Inputs, terms: Terms) -> tuple[float, float, float, float]:
        return self._compiled.fill_gradients(inputs, self._layers, self._by_layers, terms, self._memory)

    def _fill_around(
        self, inputs: Inputs, terms: Terms, by_means: MeanGradients
    ) -> tuple[float, float, MeanTerms, float]:
        arguments = inputs, self._layers, self._by_layers, terms, self._memory
        errors, kl = self._compiled.fill_down_to_latents(*arguments)
        of_means = by_means.fill(inputs, terms, self._memory)
        return errors, kl, of_means, self._compiled.fill_from_latents(*arguments)


def as_array(tensor: Tensor) -> np.ndarray:
    """The tensor's own memory as an array for `tvae.training.steps.kernels`: bfloat16 as its bits in int16."""
    return (tensor.view(torch.int16) if tensor.dtype == torch.bfloat16 else tensor).numpy()


def as_tensor(array: np.ndarray) -> Tensor:
    """The array's own memory as a tensor: int16 as the bits of bfloat16."""
    tensor = torch.from_numpy(array)
    return tensor.view(torch.bfloat16) if tensor.dtype == torch.int16 else tensor


def flat(tensor: Tensor) -> np.ndarray:
    """The tensor's own memory as a flat array, in the order of its memory, by rows or by columns."""
    return as_array((tensor if tensor.is_contiguous() else tensor.T).view(-1))


def _store_by_pixel(arm: Arm) -> None:
    """Store the first layer's weights, and their moments, in the memory order of `Layers.w1`."""
    weight, moments = arm.model.get_parameter(FIRST_WEIGHT), arm.moments[FIRST_WEIGHT]
    weight.data = weight.data.T.contiguous().T
    for moment in MOMENTS:
        moments[moment] = moments[moment].T.contiguous().T
