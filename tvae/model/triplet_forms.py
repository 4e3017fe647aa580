"""Forms of the triplet term and the triplets that it averages over, for automatic differentiation."""

from __future__ import annotations

from collections.abc import Iterator

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float, Int64
from torch import Tensor
from torch.utils.checkpoint import checkpoint

from tvae.config import LossConfig, Triplets

_MOST_AT_ONCE = 2**22
"""Triplets whose costs are held at once; where there are more, each part is computed again on the way back."""


def triplet_costs(
    to_positive: Float[Tensor, "*t"], to_negative: Float[Tensor, "*t"], loss: LossConfig
) -> Float[Tensor, "*t"]:
    """Cost of each triplet from its two distances, of the form that the loss has (see `LossConfig.triplet_form`)."""
    violation = to_positive - to_negative + loss.margin
    match loss.triplet_form:
        case "hinge":
            return F.relu(violation)
        case "softplus":
            return loss.temperature * F.softplus(violation / loss.temperature)
        case _:
            return torch.sigmoid(violation / loss.temperature)


def mean_triplet_cost(
    means: Float[Tensor, "n latent"],
    labels: Int64[Tensor, " n"],
    places: Int64[Tensor, "3 b"],
    loss: LossConfig,
    triplets: Triplets,
) -> Float[Tensor, ""]:
    """Mean cost of the triplets that are formed of the images of a batch; 0 where none is.

    Distances are formed from differences, as in `losses.batch_all_hinge`. An image that the batch holds twice counts as
    two images.

    Args:
        places: of the drawn anchors, positives and negatives in the batch.
        triplets: which of them count (see `TrainConfig.triplets`).
    """
    anchors, positives, negatives = places
    to_batch = torch.cdist(means[anchors], means, compute_mode="donot_use_mm_for_euclid_dist")  # (b, n)
    to_positive = to_batch.gather(1, positives[:, None])  # (b, 1)
    same = labels[anchors][:, None] == labels
    match triplets:
        case "sampled":
            return triplet_costs(to_positive, to_batch.gather(1, negatives[:, None]), loss).mean()
        case "batch-all":
            return (triplet_costs(to_positive, to_batch, loss) * ~same).sum() / (~same).sum()
        case "hardest":
            farthest = to_batch.masked_fill(~_positives(same, anchors), -torch.inf).max(dim=1).values
            nearest = to_batch.masked_fill(same, torch.inf).min(dim=1).values
            return triplet_costs(farthest, nearest, loss).mean()
        case _:
            return _mean_over_pairs(to_batch, same, anchors, loss, triplets == "semi-hard")


def _positives(same: Bool[Tensor, "b n"], anchors: Int64[Tensor, " b"]) -> Bool[Tensor, "b n"]:
    """Whether each image is of an anchor's class and not the anchor itself."""
    return same & (torch.arange(same.shape[1], device=same.device) != anchors[:, None])


def _mean_over_pairs(
    to_batch: Float[Tensor, "b n"],
    same: Bool[Tensor, "b n"],
    anchors: Int64[Tensor, " b"],
    loss: LossConfig,
    semi_hard: bool,
) -> Float[Tensor, ""]:
    """Mean cost over all positives and negatives of each anchor, or over the semi-hard ones of these triplets."""

    def cost(
        to_positives: Float[Tensor, "a p"], to_negatives: Float[Tensor, "a q"], positive: Bool[Tensor, "a p"]
    ) -> tuple[Float[Tensor, ""], Int64[Tensor, ""]]:
        """Sum of the costs, and the number of triplets."""
        near, far = to_positives[:, :, None], to_negatives[:, None, :]
        counted = positive[:, :, None].expand(-1, -1, far.shape[2])  # (a, p, q)
        if semi_hard:
            counted = counted & (far > near) & (far - near <= loss.margin)
        return (triplet_costs(near, far, loss) * counted).sum(), counted.sum()

    parts = [*_parts(same)]
    many = len(anchors) * int(same[0].sum()) * same.shape[1] > _MOST_AT_ONCE  # about
    total, count = to_batch.new_zeros(()), torch.zeros((), dtype=torch.int64, device=to_batch.device)
    for rows in parts:
        alike = same[rows[0]]
        columns = alike.nonzero()[:, 0]
        part = to_batch[rows]
        arguments = part[:, columns], part[:, ~alike], columns != anchors[rows][:, None]
        more = checkpoint(cost, *arguments, use_reentrant=False) if many else cost(*arguments)
        total, count = total + more[0], count + more[1]
    return total / count.clamp(min=1)


def _parts(same: Bool[Tensor, "b n"]) -> Iterator[Int64[Tensor, " a"]]:
    """Anchors of one class each, so many at once that memory holds their triplets."""
    _, classes = same.unique(dim=0, return_inverse=True)  # anchors of a class have the same row
    for number in range(int(classes.max()) + 1):
        rows = (classes == number).nonzero()[:, 0]
        alike = int(same[rows[0]].sum())
        yield from rows.split(max(1, _MOST_AT_ONCE // max(1, alike * (same.shape[1] - alike))))
