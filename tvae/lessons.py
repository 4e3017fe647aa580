"""One training step told before it is taken: its triplet, the distances, the hinge, what each term pulls at."""

from __future__ import annotations

from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from tvae.losses import bernoulli, kl_divergence, squared_l2, triplet_hinge
from tvae.training import Arm, Batch, Training

TERMS = ("reconstruction", "kl", "triplet")


def lesson(training: Training) -> dict[str, Any]:
    """What the next step will be taken on, as plain values.

    One triplet of the batch is told: the first that the last arm doesn't have right by the margin, else the first.
    For each arm its distances D(a, p) and D(a, n), its hinge (Eq. 1), and each term of the loss of these three images
    with its weight. A term's `positive` and `negative` are its pull: by how much the distance D(a, p), or D(a, n),
    would change a unit of time if the three means alone followed the term's weighted gradient downhill.
    """
    batch = training.next_batch()
    told = _told_triplet(list(training.arms.values())[-1], batch)
    rows = batch.rows[:, told]
    return {
        "step": training.step + 1,
        "rows": rows.tolist(),
        "arms": {name: _told(arm, batch, told) for name, arm in training.arms.items()},
    }


def _told_triplet(arm: Arm, batch: Batch) -> int:
    with torch.no_grad():
        anchors, positives, negatives = arm.model.encode(batch.images).mean.chunk(3)
        hinge = triplet_hinge(anchors, positives, negatives, arm.loss.margin)
    return int((hinge > 0).to(torch.uint8).argmax())


def _told(arm: Arm, batch: Batch, told: int) -> dict[str, Any]:
    size = len(batch.images) // 3
    rows = torch.arange(3, device=batch.images.device) * size + told
    images, noise = batch.images[rows], batch.noise[rows]
    with torch.no_grad():
        posterior = arm.model.encode(images)
    means = posterior.mean.clone().requires_grad_()
    placed = posterior._replace(mean=means)
    logits = arm.model.decode_logits(placed.sample(noise))
    if arm.loss.reconstruction == "bernoulli":
        reconstruction = bernoulli(images, logits)
    else:
        reconstruction = squared_l2(images, torch.sigmoid(logits))
    to_positive = torch.linalg.vector_norm(means[0] - means[1])
    to_negative = torch.linalg.vector_norm(means[0] - means[2])
    values = {
        "reconstruction": reconstruction.mean(),
        "kl": kl_divergence(placed).sum(dim=1).mean(),
        "triplet": triplet_hinge(means[:1], means[1:2], means[2:], arm.loss.margin)[0],
    }
    toward = {"positive": _gradient(to_positive, means), "negative": _gradient(to_negative, means)}
    terms = {}
    for term in TERMS:
        weight = getattr(arm.loss, f"{term}_weight")
        downhill = -weight * _gradient(values[term], means)
        pulls = {name: float((downhill * gradient).sum()) for name, gradient in toward.items()}
        terms[term] = {"value": values[term].item(), "weight": weight, **pulls}
    return {
        "margin": arm.loss.margin,
        "positive": to_positive.item(),
        "negative": to_negative.item(),
        "hinge": values["triplet"].item(),
        "terms": terms,
    }


def _gradient(value: Float[Tensor, ""], means: Float[Tensor, "3 latent"]) -> Float[Tensor, "3 latent"]:
    return torch.autograd.grad(value, means, retain_graph=True)[0]
