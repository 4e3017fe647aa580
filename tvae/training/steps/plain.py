"""Reference step with automatic differentiation and torch's Adam; all others are tested against it."""

from __future__ import annotations

from dataclasses import replace

import torch
from jaxtyping import Float, UInt8
from torch import Tensor

from tvae.config import LossConfig
from tvae.model.losses import (
    LossTerms,
    classifier_error,
    kl_to_prior,
    reconstruction_errors,
    triplet_term,
    without_conflict,
)
from tvae.training.arm import Arm, ArmLosses, Batch, images_of
from tvae.training.steps.adam import Adam


class PlainStep:
    """Takes the steps of one arm, with any network."""

    def __init__(self, arm: Arm, split: UInt8[Tensor, "n pixels"], products: torch.dtype = torch.float32) -> None:
        """
        Args:
            split: images of the training split.
            products: type of the network's products; bfloat16 by torch's autocast.
        """
        self._arm, self._split, self._products = arm, split, products
        # Used again in each step: new memory from the system would cost more than the computation.
        self._images = torch.empty(0, device=split.device)
        self._parameters = list(arm.model.parameters())
        self._adam = Adam([arm])

    def gradients(self, number: int, batch: Batch) -> dict[str, ArmLosses]:
        """Fill the parameters' `grad`; see `TrainingStep`."""
        loss, model = self._arm.loss_at(number), self._arm.model
        images = images_of(self._split, batch, out=self._images)
        with self._autocast():
            posterior = model.encode(images)
        latents = posterior.sample(batch.noise)
        with self._autocast():
            logits = model.decode_logits(latents)
        reconstruction = reconstruction_errors(images, logits, loss).mean()
        labels, places = batch.triplets[self._arm.name]
        kl = kl_to_prior(posterior, model, labels).sum(dim=1).mean()
        triplet = triplet_term(posterior.mean, labels, loss, self._arm.triplets, places)
        terms = LossTerms(reconstruction, kl, triplet, classifier_error(posterior.mean, model, labels))
        total = torch.as_tensor(terms.total(loss), device=images.device)
        objective = total
        if loss.surgery and loss.triplet_weight and loss.reconstruction_weight:
            objective = _after_surgery(terms, loss, posterior.mean)
        self._adam.zero_grad()
        if total.requires_grad:  # not so where all weights of the loss are 0
            objective.backward()
        means = posterior.mean.detach()
        spread = (means - means.mean(dim=0)).square().sum(dim=1).mean().sqrt()
        norm = torch.nn.utils.get_total_norm([p.grad for p in self._parameters if p.grad is not None])
        figures = torch.stack([figure.detach() for figure in (reconstruction, kl, triplet, total, spread, norm)])
        *values, gradient_norm = figures.tolist()
        losses = ArmLosses(*values)
        losses.require_finite(gradient_norm, self._arm.name, number)
        return {self._arm.name: losses}

    def _autocast(self) -> torch.autocast:
        device = self._split.device.type
        return torch.autocast(device, torch.bfloat16, enabled=self._products == torch.bfloat16)

    def descend(self, number: int, rate: float) -> None:
        """Take a step of Adam."""
        self._adam.descend(number, rate)


def _after_surgery(terms: LossTerms, loss: LossConfig, means: Float[Tensor, "n latent"]) -> Float[Tensor, ""]:
    """The loss with the triplet term replaced by one that has, on each mean, its gradient after surgery."""
    weighted = loss.reconstruction_weight * terms.reconstruction, loss.triplet_weight * terms.triplet
    by_reconstruction, by_triplets = (
        torch.autograd.grad(torch.as_tensor(term), means, retain_graph=True)[0] for term in weighted
    )
    others = terms.total(replace(loss, triplet_weight=0.0))
    return others + (means * without_conflict(by_triplets, by_reconstruction, loss.surgery)).sum()
