"""Reconstruction, KL, triplet term, classifier and their weighted sum (Eq. 1, 2)."""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float, Int64
from torch import Tensor

from tvae.config import LossConfig, Triplets
from tvae.model.triplet_forms import mean_triplet_cost
from tvae.model.vae import VAE, Posterior


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


def kl_divergence(posterior: Posterior, centres: Float[Tensor, "n latent"] | None = None) -> Float[Tensor, "n latent"]:
    """KL of each latent's posterior to the standard normal prior, in nats (Kingma & Welling 2013, appendix B).

    Args:
        centres: of the prior of each image's class, N(centre, I); None: 0.
    """
    mean, log_var = posterior
    from_centre = mean if centres is None else mean - centres
    return 0.5 * (from_centre.square() + log_var.exp() - 1.0 - log_var)


def kl_to_prior(posterior: Posterior, model: VAE, labels: Int64[Tensor, " n"]) -> Float[Tensor, "n latent"]:
    """KL of each latent's posterior to the model's prior: where it has class centres, to that of the image's class."""
    centres = model.class_centres
    return kl_divergence(posterior, None if centres is None else centres[labels])


def classifier_error(means: Float[Tensor, "n latent"], model: VAE, labels: Int64[Tensor, " n"]) -> Float[Tensor, ""]:
    """Cross-entropy of the model's linear classifier on the means, in nats, averaged over images; 0 without one."""
    if model.classifier is None:
        return means.new_zeros(())
    return F.cross_entropy(F.linear(means, *model.classifier), labels)


def without_conflict(
    by_means: Float[Tensor, "n latent"], by_reconstruction: Float[Tensor, "n latent"], surgery: float
) -> Float[Tensor, "n latent"]:
    """The triplet term's gradient on each mean after surgery with the reconstruction's (PCGrad, Yu et al. 2020).

    Where the two point against each other, the first loses `surgery` times its part along the second.
    """
    dots = (by_means * by_reconstruction).sum(dim=1, keepdim=True)
    squares = by_reconstruction.square().sum(dim=1, keepdim=True)
    against = (dots < 0) & (squares > 0)
    share = torch.where(against, surgery * dots / torch.where(against, squares, 1.0), 0.0)
    return by_means - share * by_reconstruction


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
    triplets: Triplets,
    places: Int64[Tensor, "3 b"] | None = None,
) -> Float[Tensor, ""]:
    """The triplet term of a batch.

    Where its weight is 0 it is measured but not trained on: no gradient reaches the means.

    Args:
        triplets: which triplets count (see `TrainConfig.triplets`).
        places: of anchors, positives and negatives in the batch; None: its thirds, in this order.
    """
    if loss.triplet_weight == 0:
        means = means.detach()
    if loss.triplet_form != "hinge" or triplets not in ("sampled", "batch-all"):
        if places is None:
            places = torch.arange(len(means), device=means.device).view(3, -1)
        return mean_triplet_cost(means, labels, places, loss, triplets)
    anchors, positives, negatives = means.chunk(3) if places is None else means[places]
    if triplets == "batch-all":
        return batch_all_hinge(anchors, positives, means, negative_mask(labels, places), loss.margin)
    return triplet_hinge(anchors, positives, negatives, loss.margin).mean()


@dataclass(frozen=True)
class LossTerms:
    """The three terms of Eq. 2 and the classifier's, each averaged over the batch, before their weights."""

    reconstruction: Float[Tensor, ""] | float
    kl: Float[Tensor, ""] | float
    triplet: Float[Tensor, ""] | float
    classifier: Float[Tensor, ""] | float = 0.0

    def total(self, config: LossConfig) -> Float[Tensor, ""] | float:
        """The weighted sum. A term of weight 0 is left out, so it has no influence even where it is not finite."""
        total = 0.0
        for weight, term in (
            (config.reconstruction_weight, self.reconstruction),
            (config.kl_weight, self.kl),
            (config.triplet_weight, self.triplet),
            (config.classifier_weight, self.classifier),
        ):
            if weight > 0:
                total = total + weight * term
        return total


def negative_mask(labels: Int64[Tensor, " n"], places: Int64[Tensor, "3 b"] | None = None) -> Bool[Tensor, "b n"]:
    """Whether each image of a batch is of another class than each anchor; `places` as for `triplet_term`."""
    anchors = labels[: len(labels) // 3] if places is None else labels[places[0]]
    return anchors[:, None] != labels[None, :]
