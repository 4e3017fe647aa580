"""Fast GPU step: all arms stacked, captured as CUDA graphs."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int64, UInt8
from torch import Tensor

from tvae.model.losses import kl_divergence, triplet_hinge, triplet_term
from tvae.model.vae import Posterior
from tvae.training.arm import MOMENTS, Arm, ArmLosses, Batch, FormedTriplets, images_of


class StackedStep:
    """Takes the steps of all arms at once, with automatic differentiation.

    With a network this small a GPU mostly waits for the next kernel launch. So each layer's weights of all arms are one
    tensor, of which the models' own are views; and on a GPU a step's launches are captured once and replayed as one.
    """

    def __init__(
        self,
        arms: Sequence[Arm],
        products: torch.dtype,
        split: UInt8[Tensor, "n pixels"],
        batch: Batch,
    ) -> None:
        """
        Args:
            products: type of the matrix products, float32 or bfloat16.
            split: images of the training split.
            batch: a batch with the shapes and the device of all later ones.
        """
        self._arms, self._products, self._split = arms, products, split
        self._device = split.device
        self._images, self._noise = images_of(split, batch), batch.noise.clone()
        arm_of = {id(triplets): name for name, triplets in batch.triplets.items()}  # an arm of each notion
        own = {id(batch.triplets[name]): _own_copy(batch.triplets[name]) for name in arm_of.values()}
        self._formed = {name: own[id(triplets)] for name, triplets in batch.triplets.items()}
        self._an_arm_of_each_notion = list(arm_of.values())
        self._in_thirds = all(triplets.places is None for triplets in self._formed.values())
        losses = [arm.loss for arm in arms]
        self._term_weights = self._by_arm(
            [[loss.reconstruction_weight, loss.kl_weight, loss.triplet_weight] for loss in losses]
        )
        self._margins = self._by_arm([loss.margin for loss in losses])
        self._figures = self._by_arm([[0.0] * 6 for _ in arms])

        names = [name for name, _ in arms[0].model.named_parameters()]
        self._weights = [_stack_weights(arms, name) for name in names]
        self._rate = self._by_arm(0.0)
        self._taken = self._by_arm([0.0] * len(names))
        on_gpu = self._device.type == "cuda"
        self._optimiser = torch.optim.Adam(self._weights, lr=self._rate, fused=True, capturable=on_gpu)
        for name, weight, taken in zip(names, self._weights, self._taken, strict=True):
            moments = {moment: _stack_moments(arms, name, moment) for moment in MOMENTS}
            self._optimiser.state[weight] = {"step": taken, **moments}

        self._fill, self._step = self._fill_gradients, self._optimiser.step
        if on_gpu:
            self._fill = _captured(self._fill_gradients)
            for weight in self._weights:  # capturing takes the step a few times: with gradients of 0 it changes nothing
                assert weight.grad is not None
                weight.grad.zero_()
            self._step = _captured(self._optimiser.step)

    def gradients(self, number: int, batch: Batch) -> dict[str, ArmLosses]:
        """Fill the `grad` of the stacked weights; see `TrainingStep`."""
        images_of(self._split, batch, out=self._images)
        self._noise.copy_(batch.noise)
        for name in self._an_arm_of_each_notion:
            (own_labels, own_places), (labels, places) = self._formed[name], batch.triplets[name]
            own_labels.copy_(labels)
            if own_places is not None and places is not None:
                own_places.copy_(places)
        self._fill()
        losses = {}
        for arm, (*terms, gradient_norm) in zip(self._arms, self._figures.tolist(), strict=True):
            losses[arm.name] = ArmLosses(*terms)
            losses[arm.name].require_finite(gradient_norm, arm.name, number)
        return losses

    def descend(self, number: int, rate: float) -> None:
        """Take a step of Adam."""
        self._taken.fill_(number - 1)
        self._rate.fill_(rate)
        self._step()

    def _fill_gradients(self) -> None:
        """Compute gradients and losses of the batch in `_images`, `_noise` and `_formed`."""
        self._optimiser.zero_grad()
        w1, b1, w2, b2, w3, b3, w4, b4 = self._weights
        images = self._images.expand(len(self._arms), -1, -1)  # (arms, n, pixels)
        autocast = torch.autocast(
            self._device.type, torch.bfloat16, enabled=self._products == torch.bfloat16, cache_enabled=False
        )
        with autocast:
            statistics = _layer(_layer(images, w1, b1).relu(), w2, b2).float()
        posterior = Posterior(*statistics.chunk(2, dim=2))
        latents = posterior.sample(self._noise)
        with autocast:
            logits = _layer(_layer(latents, w3, b3).relu(), w4, b4).float()
        count = len(self._images)
        reconstruction = self._reconstruction(logits, images) / count
        kl = kl_divergence(posterior).sum(dim=(1, 2)) / count
        triplet = self._triplets(posterior.mean)
        terms = torch.stack([reconstruction, kl, triplet], dim=1)
        totals = (self._term_weights * terms).sum(dim=1)
        totals.sum().backward()  # no weight belongs to two arms
        with torch.no_grad():
            means = posterior.mean
            spread = (means - means.mean(dim=1, keepdim=True)).square().sum(dim=2).mean(dim=1).sqrt()
            gradients = [weight.grad.flatten(1) for weight in self._weights if weight.grad is not None]
            norm = torch.linalg.vector_norm(torch.cat(gradients, dim=1), dim=1)
            self._figures.copy_(torch.cat([terms, torch.stack([totals, spread, norm], dim=1)], dim=1))

    def _reconstruction(
        self, logits: Float[Tensor, "arms n pixels"], images: Float[Tensor, "arms n pixels"]
    ) -> Float[Tensor, " arms"]:
        """The reconstruction term of each arm, summed over images."""
        kinds = [arm.loss.reconstruction for arm in self._arms]
        by_kind = {}
        if "squared-l2" in kinds:
            by_kind["squared-l2"] = (images - torch.sigmoid(logits)).square().sum(dim=(1, 2))
        if "bernoulli" in kinds:
            cross_entropy = F.binary_cross_entropy_with_logits(logits, images, reduction="none")
            by_kind["bernoulli"] = cross_entropy.sum(dim=(1, 2))
        return torch.stack([by_kind[kind][arm] for arm, kind in enumerate(kinds)])

    def _triplets(self, means: Float[Tensor, "arms 3*b latent"]) -> Float[Tensor, " arms"]:
        """The triplet term of each arm."""
        if any(arm.triplets != "sampled" for arm in self._arms):
            terms = []
            for arm, arm_means in zip(self._arms, means, strict=True):
                labels, places = self._formed[arm.name]
                terms.append(triplet_term(arm_means, labels, arm.loss, arm.triplets, places))
            return torch.stack(terms)
        if not self._in_thirds:
            places = torch.stack([self._places(arm.name, means.shape[1]) for arm in self._arms])  # (arms, 3*b)
            means = means[torch.arange(len(means), device=self._device)[:, None], places]
        anchors, positives, negatives = [part.flatten(0, 1) for part in means.chunk(3, dim=1)]
        margins = self._margins.repeat_interleave(means.shape[1] // 3, output_size=len(anchors))
        return triplet_hinge(anchors, positives, negatives, margins).view(len(means), -1).mean(dim=1)

    def _places(self, arm: str, count: int) -> Int64[Tensor, " 3*b"]:
        """Places of an arm's anchors, positives and negatives in the batch, one after the other."""
        places = self._formed[arm].places
        return torch.arange(count, device=self._device) if places is None else places.flatten()

    def _by_arm(self, values: object) -> Tensor:
        return torch.tensor(values, dtype=torch.float32, device=self._device)


def _own_copy(triplets: FormedTriplets) -> FormedTriplets:
    return FormedTriplets(triplets.labels.clone(), None if triplets.places is None else triplets.places.clone())


def _layer(
    inputs: Float[Tensor, "arms n in"], weight: Float[Tensor, "arms out in"], bias: Float[Tensor, "arms out"]
) -> Float[Tensor, "arms n out"]:
    return torch.baddbmm(bias[:, None, :], inputs, weight.transpose(1, 2))


def _stack_weights(arms: Sequence[Arm], name: str) -> Tensor:
    """Stack all arms' weights of this name in one tensor, of which each arm's is a view from now on."""
    parameters = [arm.model.get_parameter(name) for arm in arms]
    stacked = torch.stack([parameter.detach() for parameter in parameters])
    for parameter, part in zip(parameters, stacked, strict=True):
        parameter.data = part
    return stacked.requires_grad_()


def _stack_moments(arms: Sequence[Arm], name: str, moment: str) -> Tensor:
    """Stack all arms' moments of Adam of this weight; each arm's is a view from now on."""
    stacked = torch.stack([arm.moments[name][moment] for arm in arms])
    for arm, part in zip(arms, stacked, strict=True):
        arm.moments[name][moment] = part
    return stacked


def _captured(work: Callable[[], object]) -> Callable[[], None]:
    """Capture the kernel launches of `work` as a CUDA graph; calling the result replays them as one launch.

    All memory that `work` reads and writes must stay in its place. It runs three times before the capture, on a stream
    of its own, so that nothing is set up while it is captured.
    """
    stream = torch.cuda.Stream()
    stream.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(stream), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "This instance was constructed with capturable=True")  # these runs come first
        for _ in range(3):
            work()
    torch.cuda.current_stream().wait_stream(stream)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        work()
    return graph.replay
