"""Reference step with automatic differentiation and torch's Adam; all others are tested against it."""

from __future__ import annotations

import torch
from jaxtyping import UInt8
from torch import Tensor

from tvae.model.losses import LossTerms, kl_divergence, reconstruction_errors, triplet_term
from tvae.training.arm import Arm, ArmLosses, Batch, images_of
from tvae.training.steps.adam import Adam


class PlainStep:
    """Takes the steps of one arm, with any network."""

    def __init__(
        self, arm: Arm, batch_all: bool, split: UInt8[Tensor, "n pixels"], products: torch.dtype = torch.float32
    ) -> None:
        """
        Args:
            split: images of the training split.
            products: type of the network's products; bfloat16 by torch's autocast.
        """
        self._arm, self._batch_all, self._split, self._products = arm, batch_all, split, products
        # Used again in each step: new memory from the system would cost more than the computation.
        self._images = torch.empty(0, device=split.device)
        self._parameters = list(arm.model.parameters())
        self._adam = Adam([arm])

    def gradients(self, number: int, batch: Batch) -> dict[str, ArmLosses]:
        """Fill the parameters' `grad`; see `TrainingStep`."""
        loss = self._arm.loss
        images = images_of(self._split, batch, out=self._images)
        with self._autocast():
            posterior = self._arm.model.encode(images)
        latents = posterior.sample(batch.noise)
        with self._autocast():
            logits = self._arm.model.decode_logits(latents)
        reconstruction = reconstruction_errors(images, logits, loss).mean()
        kl = kl_divergence(posterior).sum(dim=1).mean()
        labels, places = batch.triplets[self._arm.name]
        triplet = triplet_term(posterior.mean, labels, loss, self._batch_all, places)
        total = torch.as_tensor(LossTerms(reconstruction, kl, triplet).total(loss), device=images.device)
        self._adam.zero_grad()
        if total.requires_grad:  # not so where all weights of the loss are 0
            total.backward()
        means = posterior.mean.detach()
        spread = (means - means.mean(dim=0)).square().sum(dim=1).mean().sqrt()
        norm = torch.nn.utils.get_total_norm([p.grad for p in self._parameters if p.grad is not None])
        figures = torch.stack([figure.detach() for figure in (reconstruction, kl, triplet, total, spread, norm)])
        *terms, gradient_norm = figures.tolist()
        losses = ArmLosses(*terms)
        losses.require_finite(gradient_norm, self._arm.name, number)
        return {self._arm.name: losses}

    def _autocast(self) -> torch.autocast:
        device = self._split.device.type
        return torch.autocast(device, torch.bfloat16, enabled=self._products == torch.bfloat16)

    def descend(self, number: int, rate: float) -> None:
        """Take a step of Adam."""
        self._adam.descend(number, rate)
