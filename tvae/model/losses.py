"""Reconstruction, KL, triplet hinge and their weighted sum (Eq. 1, 2)."""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float, Int64
from torch import Tensor

from tvae.config import LossConfig
from tvae.model.vae import Posterior


def squared_l2(images: Float[Tensor, "n pixels"], reconstructions: Float[Tensor, "n pixels"]) -> Float[Tensor, " n"]:
    """Squared Euclidean distance of each image to its reconstruction, summed over pixels (section 3)."""
    return (images - reconstructions).square().sum(dim=1)


def bernoulli(images: Float[Tensor, "n pixels"], logits: Float[Tensor, "n pixels"]) -> Float[Tensor, " n"]:
    """Negative log-likelihood in nats, each pixel a Bernoulli variable, summed over pixels."""
    return F.binary_cross_entropy_with_logits(logits, images, reduction="none").sum(dim=1)


def reconstruction_errors(
    images: Float[Tensor, "n pixels"], logits: Float[Tensor, "n pixels"], loss: LossConfig
) -> Float[Tensor, " n"]:
    """The reconstruction term of each image, of the kind that the loss has, from the decoder's logits."""
    if loss.reconstruction == "bernoulli":
        return bernoulli(images, logits)
    return squared_l2(images, torch.sigmoid(logits))


def kl_divergence(posterior: Posterior) -> Float[Tensor, "n latent"]:
    """KL of each latent's posterior to the standard normal prior, in nats (Kingma & Welling 2013, appendix B)."""
    mean, log_var = posterior
    return 0.5 * (mean.square() + log_var.exp() - 1.0 - log_var)


def triplet_hinge(
    anchors: Float[Tensor, "b latent"],
    positives: Float[Tensor, "b latent"],
    negatives: Float[Tensor, "b latent"],
    margin: float | Float[Tensor, " b"],
) -> Float[Tensor, " b"]:
    """max(0, D(a,p) - D(a,n) + m) of each triplet, D Euclidean (Eq. 1).

    torch's own triplet_margin_loss refuses a margin of 0; the vector norm has gradient 0 where two points
    coincide, where a hand-written root of a sum would give NaN.
    """
    to_positive = torch.linalg.vector_norm(anchors - positives, dim=1)
    to_negative = torch.linalg.vector_norm(anchors - negatives, dim=1)
    return F.relu(to_positive - to_negative + margin)


def batch_all_hinge(
    anchors: Float[Tensor, "b latent"],
    positives: Float[Tensor, "b latent"],
    batch: Float[Tensor, "n latent"],
    negative: Bool[Tensor, "b n"],
    margin: float,
) -> Float[Tensor, ""]:
    """Mean hinge of each anchor and positive with every image of the batch that is of another class.

    The "batch all" scheme of Hermans et al. 2017 (In Defense of the Triplet Loss), restricted to the drawn pairs.

    Distances are formed from differences, with gradient 0 where two points coincide. From a matrix product, as cdist
    would form them by itself, they are wrong by more than their size where means lie close together and far from 0.
    """
    to_positive = torch.linalg.vector_norm(anchors - positives, dim=1)
    to_batch = torch.cdist(anchors, batch, compute_mode="donot_use_mm_for_euclid_dist")  # (b, n)
    hinge = F.relu(to_positive[:, None] - to_batch + margin)
    return (hinge * negative).sum() / negative.sum()


def triplet_term(
    means: Float[Tensor, "3*b latent"],
    labels: Int64[Tensor, " 3*b"],
    loss: LossConfig,
    batch_all: bool,
    places: Int64[Tensor, "3 b"] | None = None,
) -> Float[Tensor, ""]:
    """The triplet term of a batch.

    Where its weight is 0 it is measured but not trained on: no gradient reaches the means.

    Args:
        batch_all: whether all triplets of `batch_all_hinge` count; else those of `places` alone.
        places: of anchors, positives and negatives in the batch; None: its thirds, in this order.
    """
    if loss.triplet_weight == 0:
        means = means.detach()
    anchors, positives, negatives = means.chunk(3) if places is None else means[places]
    if batch_all:
        return batch_all_hinge(anchors, positives, means, negative_mask(labels, places), loss.margin)
    return triplet_hinge(anchors, positives, negatives, loss.margin).mean()


@dataclass(frozen=True)
class LossTerms:
    """The three terms of Eq. 2, each averaged over the batch, before their weights."""

    reconstruction: Float[Tensor, ""] | float
    kl: Float[Tensor, ""] | float
    triplet: Float[Tensor, ""] | float

    def total(self, config: LossConfig) -> Float[Tensor, ""] | float:
        """The weighted sum. A term of weight 0 is left out, so it has no influence even where it is not finite."""
        total = 0.0
        for weight, term in (
            (config.reconstruction_weight, self.reconstruction),
            (config.kl_weight, self.kl),
            (config.triplet_weight, self.triplet),
        ):
            if weight > 0:
                total = total + weight * term
        return total


def negative_mask(labels: Int64[Tensor, " n"], places: Int64[Tensor, "3 b"] | None = None) -> Bool[Tensor, "b n"]:
    """Whether each image of a batch is of another class than each anchor; `places` as for `triplet_term`."""
    anchors = labels[: len(labels) // 3] if places is None else labels[places[0]]
    return anchors[:, None] != labels[None, :]
