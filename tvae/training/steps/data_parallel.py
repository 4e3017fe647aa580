"""Step of several processes: each takes a share of the batch, and torch averages their gradients."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
import torch.distributed as dist
import torch.nn.functional as F
from jaxtyping import Float, Int64, UInt8
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel

from tvae.config import RunConfig
from tvae.errors import InputError
from tvae.model.losses import LossTerms, kl_divergence, negative_mask, reconstruction_errors, triplet_term
from tvae.training.arm import Arm, ArmLosses, Batch, images_of
from tvae.training.rank_lost import loss_is_said
from tvae.training.steps.adam import Adam


def check_data_parallel(config: RunConfig, count: int) -> None:
    """Check that this many processes can train such a run together.

    Raises:
        InputError: it asks for a step that runs in one process, or its batches have fewer triplets than processes.
    """
    train = config.train
    if train.step != "plain":
        raise InputError(f"train.step: {train.step!r} runs in one process; under torchrun right is plain")
    if train.batch_size < count:
        raise InputError(
            f"train.batch-size: {train.batch_size} is fewer than the {count} processes, and each takes a share of the"
            f" batch; right is {count} at least, or --nproc-per-node {train.batch_size}"
        )


class DataParallelStep:
    """Takes the steps of all arms, with any network, together with the other processes of torch's default group.

    Each process encodes and decodes its share of the batch's images, with its rows of the noise that one process would
    draw. The means are gathered, so that each process can measure its share of the triplets, whichever images these
    are formed of; their gradients go back to the processes that encoded them. Torch's DistributedDataParallel averages
    the gradients, and each process takes the same step of Adam. The mean over a batch stays that of one process, also
    where the shares are unequal. So the run is that of the plain step up to rounding.

    A step costs an exchange of all weights' gradients. That pays where computing them takes longer by far: for the
    convolutional network and large batches. It does not for the paper's network on the cores of one machine, which a
    thread an arm keeps busy already (docs/torchrun.md).
    """

    def __init__(self, arms: Sequence[Arm], split: UInt8[Tensor, "n pixels"], rows: int) -> None:
        """
        Args:
            split: images of the training split.
            rows: number of images in a batch: anchors, positives and negatives.
        """
        self._arms, self._split = arms, split
        self._images = torch.empty(0, device=split.device)  # used again in each step, as the plain one does
        share = _Share(rows, dist.get_rank(), dist.get_world_size())
        self._own = share.of(rows)
        # Weights of layers that no loss reaches have no gradient, and must not be waited for.
        unused = any(arm.loss.reconstruction_weight == 0 for arm in arms)
        self._trains = any(
            arm.loss.reconstruction_weight or arm.loss.kl_weight or arm.loss.triplet_weight for arm in arms
        )
        losses = _SharedLosses(arms, share)
        # All processes begin with equal weights: they come from the seed, or rank 0 has sent them.
        self._losses = DistributedDataParallel(losses, init_sync=False, find_unused_parameters=unused)
        self._adam = Adam(arms)

    @loss_is_said()
    def gradients(self, number: int, batch: Batch) -> dict[str, ArmLosses]:
        """Fill the parameters' `grad`, equal in all processes; see `TrainingStep`.

        Raises:
            RankLost: another process has ended; no weight has changed.
        """
        images = images_of(self._split, batch._replace(rows=batch.rows.reshape(-1)[self._own]), out=self._images)
        self._adam.zero_grad()
        with torch.set_grad_enabled(self._trains):
            objective, terms, spreads = self._losses(images, batch)
        if self._trains:
            objective.backward()
        dist.all_reduce(terms)
        norms = [self._gradient_norm(arm) for arm in self._arms]
        figures = torch.cat([terms, torch.stack([spreads, torch.stack(norms)])]).T.tolist()
        losses = {}
        for arm, (reconstruction, kl, triplet, spread, norm) in zip(self._arms, figures, strict=True):
            total = float(LossTerms(reconstruction, kl, triplet).total(arm.loss))
            losses[arm.name] = ArmLosses(reconstruction, kl, triplet, total, spread)
            losses[arm.name].require_finite(norm, arm.name, number)
        return losses

    def descend(self, number: int, rate: float) -> None:
        """Take a step of Adam."""
        self._adam.descend(number, rate)

    def _gradient_norm(self, arm: Arm) -> Float[Tensor, ""]:
        gradients = [weight.grad for weight in arm.model.parameters() if weight.grad is not None]
        return torch.nn.utils.get_total_norm(gradients).to(self._split.device)


@dataclass(frozen=True)
class _Share:
    """The share that one of several processes takes of a batch."""

    rows: int
    """Number of images in the batch."""
    rank: int
    ranks: int
    """Number of processes."""

    def of(self, count: int) -> slice:
        """Its part of this many images or triplets; the parts differ by one at most."""
        places = np.array_split(np.arange(count), self.ranks)[self.rank]
        return slice(int(places[0]), int(places[-1]) + 1)


class _SharedLosses(nn.Module):
    """The losses of all arms on one process's share of a batch."""

    def __init__(self, arms: Sequence[Arm], share: _Share) -> None:
        super().__init__()
        self._arms, self._share = arms, share
        self._models = nn.ModuleList([arm.model for arm in arms])  # whose gradients are averaged
        self._thirds = torch.arange(share.rows).reshape(3, -1)

    def forward(
        self, images: Float[Tensor, "own pixels"], batch: Batch
    ) -> tuple[Tensor, Float[Tensor, "3 arms"], Float[Tensor, " arms"]]:
        """The quantity whose gradients' average over the processes is that of the batch's loss, summed over arms.

        Returns:
            That; this share's part of each term of each arm's loss; and the spread of each arm's means over the batch.
        """
        share, own = self._share, self._share.of(self._share.rows)
        posteriors = [arm.model.encode(images) for arm in self._arms]
        own_means = torch.cat([posterior.mean for posterior in posteriors], dim=1)  # (own, arms * latent)
        around = (0, 0, own.start, share.rows - own.stop)
        means = _SummedOverProcesses.apply(F.pad(own_means, around)).chunk(len(self._arms), dim=1)
        objective, terms = torch.zeros((), device=images.device), []
        for arm, posterior, all_means in zip(self._arms, posteriors, means, strict=True):
            logits = arm.model.decode_logits(posterior.sample(batch.noise[own]))
            reconstruction = reconstruction_errors(images, logits, arm.loss).sum() / share.rows
            kl = kl_divergence(posterior).sum() / share.rows
            triplet = self._triplet_part(all_means, arm, batch)
            objective = objective + share.ranks * LossTerms(reconstruction, kl, triplet).total(arm.loss)
            terms.append(torch.stack([reconstruction, kl, triplet]).detach())
        detached = [all_means.detach() for all_means in means]
        spreads = [(points - points.mean(dim=0)).square().sum(dim=1).mean().sqrt() for points in detached]
        return objective, torch.stack(terms, dim=1), torch.stack(spreads)

    def _triplet_part(self, means: Float[Tensor, "3*b latent"], arm: Arm, batch: Batch) -> Float[Tensor, ""]:
        """This share's part of the triplet term, whose sum over the processes is the term of the batch."""
        labels, places = batch.triplets[arm.name]
        if places is None:
            places = self._thirds.to(means.device)
        own_places: Int64[Tensor, "3 own"] = places[:, self._share.of(places.shape[1])]
        term = triplet_term(means, labels, arm.loss, arm.triplets, own_places)
        if arm.triplets == "batch-all":  # an average over pairs of an anchor and an image of another class
            return term * (negative_mask(labels, own_places).sum() / negative_mask(labels, places).sum())
        return term * (own_places.shape[1] / places.shape[1])


class _SummedOverProcesses(torch.autograd.Function):
    """The sum of a tensor over all processes; its gradient is the sum of theirs."""

    @staticmethod
    def forward(ctx: Any, tensor: Tensor) -> Tensor:
        summed = tensor.clone(memory_format=torch.contiguous_format)
        dist.all_reduce(summed)
        return summed

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> Tensor:
        summed = gradients[0].clone(memory_format=torch.contiguous_format)
        dist.all_reduce(summed)
        return summed
