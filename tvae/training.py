"""The one training loop: arms side by side on the same batches, a report a step."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Generator, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Bool, Float, Int64
from torch import Tensor

from tvae.config import InputError, LossConfig, RunConfig
from tvae.data import Split
from tvae.fast_step import WrittenGradients, products_type
from tvae.losses import (
    LossTerms,
    bernoulli,
    kl_divergence,
    negative_mask,
    squared_l2,
    triplet_term,
)
from tvae.models import VAE, initial_model
from tvae.triplets import TripletSampler, step_batch

COLLAPSED_KL = 0.05
"""Nats of KL, summed over latents, under which the latents carry nothing of the image."""
COLLAPSED_SPREAD = 0.1
"""Root mean square distance of the means from their centre, in units of the prior's sd, under which all are one."""
COLLAPSE_GRACE = 300
"""Steps before collapse is told: a fresh encoder puts all images at one place too."""


class NonFiniteLoss(ArithmeticError):
    """A term of the loss, or its gradient, was NaN or infinite; the weights are those before that step."""

    def __init__(self, arm: str, term: str, step: int) -> None:
        super().__init__(f"arm {arm}: {term} is not finite at step {step}; the last finite weights are kept")
        self.arm, self.term, self.step = arm, term, step


@dataclass(frozen=True)
class ArmLosses:
    """One arm's loss on the batch of one step, each term averaged over the batch, before its weight."""

    reconstruction: float
    kl: float
    triplet: float
    total: float
    """The weighted sum that was descended (Eq. 2)."""
    spread: float
    """Root mean square distance of the batch's means from their centre."""


@dataclass(frozen=True)
class Report:
    """What one training step gave."""

    step: int
    """Steps taken so far."""
    steps: int
    epoch: float
    arms: dict[str, ArmLosses]
    images_per_second: float
    """Images that each arm encoded and decoded a second, smoothed over about 50 steps."""
    warnings: tuple[str, ...]


def resolve_device(wanted: str) -> torch.device:
    """The device of a run.

    Raises:
        InputError: cuda is asked for and there is none.
    """
    if wanted == "cuda" and not torch.cuda.is_available():
        raise InputError("train.device: no CUDA device is at hand; use cpu or auto")
    return torch.device("cuda" if wanted != "cpu" and torch.cuda.is_available() else "cpu")


def learning_rate(config: RunConfig, step: int, steps: int) -> float:
    """Adam's step size at this step."""
    if config.train.schedule == "constant":
        return config.train.learning_rate
    falling = max(0.0, 2.0 * step / steps - 1.0)  # 0 for the first half, then up to 1
    return config.train.learning_rate * 0.5 * (1.0 + math.cos(math.pi * falling))


class Batch(NamedTuple):
    """What all arms see in one step: anchors, positives, negatives, in this order."""

    rows: Int64[np.ndarray, "3 b"]
    """In the training split."""
    images: Float[Tensor, "3*b pixels"]
    rounded_images: Float[Tensor, "3*b pixels"]
    """The same in the type of the matrix products."""
    noise: Float[Tensor, "3*b latent"]
    negative: Bool[Tensor, "b 3*b"]
    """Which images are of another class than each anchor."""


class Arm:
    """One model, its loss and its optimiser."""

    def __init__(self, name: str, loss: LossConfig, model: VAE, config: RunConfig, products: torch.dtype) -> None:
        self.name = name
        self.loss = loss
        self.model = model
        self._batch_all = config.train.triplets == "batch-all"
        self._parameters = list(model.parameters())
        self._optimiser = torch.optim.Adam(self._parameters, lr=config.train.learning_rate, fused=True)
        self._written = None
        if config.train.step != "plain":
            self._written = WrittenGradients(model, loss, self._batch_all, 3 * config.train.batch_size, products)

    def step(self, number: int, rate: float, batch: Batch) -> ArmLosses:
        """Descend once.

        Raises:
            NonFiniteLoss: before the weights are touched.
        """
        terms, means = self._plain_gradients(batch) if self._written is None else self._written.fill(*batch[1:])
        total = terms.total(self.loss)
        spread = (means - means.mean(dim=0)).square().sum(dim=1).mean().sqrt()
        gradients = [p.grad.view(-1) for p in self._parameters if p.grad is not None]
        norm = sum((torch.dot(gradient, gradient) for gradient in gradients), torch.zeros_like(total)).sqrt()
        figures = torch.stack([terms.reconstruction, terms.kl, terms.triplet, total, spread, norm]).tolist()
        told = ("reconstruction", "kl", "triplet", "total loss", "spread of the means", "gradient")
        for term, figure in zip(told, figures, strict=True):
            if not math.isfinite(figure):
                raise NonFiniteLoss(self.name, term, number)
        for group in self._optimiser.param_groups:
            group["lr"] = rate
        self._optimiser.step()
        return ArmLosses(*figures[:-1])

    def _plain_gradients(self, batch: Batch) -> tuple[LossTerms, Float[Tensor, "3*b latent"]]:
        """Fill the parameters' `grad` by automatic differentiation; the loss terms of the batch, and its means.

        This says what a step is; the fast one is tested against it.
        """
        posterior = self.model.encode(batch.images)
        logits = self.model.decode_logits(posterior.sample(batch.noise))
        if self.loss.reconstruction == "bernoulli":
            reconstruction = bernoulli(batch.images, logits)
        else:
            reconstruction = squared_l2(batch.images, torch.sigmoid(logits))
        triplet = triplet_term(posterior.mean, batch.negative, self.loss, self._batch_all)
        kl = kl_divergence(posterior).sum(dim=1)
        terms = LossTerms(reconstruction.mean(), kl.mean(), triplet)
        total = terms.total(self.loss)
        self._optimiser.zero_grad()
        if total.requires_grad:  # with all weights 0 there is nothing to descend
            total.backward()
        return LossTerms(terms.reconstruction.detach(), terms.kl.detach(), triplet.detach()), posterior.mean.detach()

    def state(self) -> Iterator[tuple[str, Tensor]]:
        """The weights and Adam's two moments of each, by name: with the step, all that the next step depends on."""
        moments = self._optimiser.state
        for name, weight in self.model.named_parameters():
            yield f"weight/{name}", weight.detach()
            for moment in ("exp_avg", "exp_avg_sq"):
                # What has had no gradient yet has no moments yet: that is the same as zeros.
                yield f"{moment}/{name}", moments[weight].get(moment, torch.zeros_like(weight))

    def begin_with(self, weights: Mapping[str, np.ndarray]) -> None:
        """Take these (checked) weights for the first."""
        self.model.load_state_dict({name: torch.from_numpy(array) for name, array in weights.items()})

    def restore(self, state: Mapping[str, np.ndarray], step: int) -> None:
        """Stand where `state` was told, after this many steps."""
        with torch.no_grad():
            for name, weight in self.model.named_parameters():
                weight.copy_(torch.from_numpy(state[f"weight/{name}"]))
                self._optimiser.state[weight] = {
                    "step": torch.tensor(float(step), device=weight.device),
                    **{
                        moment: torch.from_numpy(state[f"{moment}/{name}"]).to(weight.device, copy=True)
                        for moment in ("exp_avg", "exp_avg_sq")
                    },
                }


class Training:
    """A run in progress.

    Attributes:
        arms: the models as they stand, by name.
        step: steps taken.
        steps: steps of the whole run.
        products: type of the matrix products, float32 or bfloat16.
        left_out: training images that can't be anchors, their class having no other member.
    """

    def __init__(self, config: RunConfig, split: Split) -> None:
        """
        Raises:
            InputError: a batch larger than the data, labels that allow no triplet, no such device.
        """
        if config.train.batch_size > len(split):
            raise InputError(
                f"train.batch-size: {config.train.batch_size} is more than the {len(split)} images of the"
                f" {split.name} split; it must be 1 to {len(split)}"
            )
        self.config = config
        self.device = resolve_device(config.train.device)
        self.products = products_type(config.train.step, self.device)
        self._sampler = TripletSampler(split.labels)
        self.left_out = self._sampler.left_out
        self._images = torch.tensor(split.images.reshape(len(split), -1), device=self.device)
        self._labels = torch.tensor(split.labels, device=self.device)
        self.steps_per_epoch = len(split) // config.train.batch_size
        self.steps = config.train.epochs * self.steps_per_epoch
        self.step = 0
        pixels = self._images.shape[1]
        # Written anew in each step: memory fresh from the system would cost more than the sums.
        self._batch_images = torch.empty(3 * config.train.batch_size, pixels, device=self.device)
        self._rounded_images = self._batch_images.to(self.products)
        seed = config.train.seed
        self.arms = {
            name: Arm(name, loss, initial_model(pixels, config.model, seed).to(self.device), config, self.products)
            for name, loss in config.arms.items()
        }

    def reports(self) -> Generator[Report, None, None]:
        """Train to the end, a report a step; may be left between any two.

        On the CPU each arm has one thread of its own: the arms do not wait for each other's small products, and
        another busy process costs its share and no more.

        Raises:
            NonFiniteLoss: training can't go on; `arms` holds the last finite weights.
        """
        threads = torch.get_num_threads()
        smoothed = None
        with ThreadPoolExecutor(min(len(self.arms), os.cpu_count() or 1)) as pool:
            torch.set_num_threads(1)
            try:
                while self.step < self.steps:
                    started = time.perf_counter()
                    losses = self._step(pool)
                    seconds = time.perf_counter() - started
                    smoothed = seconds if smoothed is None else 0.96 * smoothed + 0.04 * seconds
                    yield Report(
                        step=self.step,
                        steps=self.steps,
                        epoch=self.step / self.steps_per_epoch,
                        arms=losses,
                        images_per_second=3 * self.config.train.batch_size / smoothed,
                        warnings=self._warnings(losses),
                    )
            finally:
                torch.set_num_threads(threads)

    def next_batch(self) -> Batch:
        """What the next step is taken on: a function of the seed and the step alone."""
        train = self.config.train
        rows, noise = step_batch(self._sampler, train.seed, self.step, train.batch_size, self.config.model.latent_dim)
        flat = torch.from_numpy(np.ascontiguousarray(rows).reshape(-1)).to(self.device)  # anchors, positives, negatives
        torch.div(self._images.index_select(0, flat), 255.0, out=self._batch_images)
        if self._rounded_images is not self._batch_images:
            self._rounded_images.copy_(self._batch_images)
        return Batch(
            rows=rows,
            images=self._batch_images,
            rounded_images=self._rounded_images,
            noise=torch.from_numpy(noise).to(self.device),
            negative=negative_mask(self._labels[flat]),
        )

    def _step(self, pool: ThreadPoolExecutor) -> dict[str, ArmLosses]:
        batch = self.next_batch()
        rate = learning_rate(self.config, self.step, self.steps)
        number = self.step + 1
        waiting = {name: pool.submit(arm.step, number, rate, batch) for name, arm in self.arms.items()}
        losses = {name: future.result() for name, future in waiting.items()}
        self.step = number
        return losses

    def _warnings(self, losses: dict[str, ArmLosses]) -> tuple[str, ...]:
        if self.step < min(COLLAPSE_GRACE, self.steps):
            return ()
        warnings = []
        for name, arm in losses.items():
            if arm.kl < COLLAPSED_KL:
                warnings.append(
                    f"arm {name}: KL is {arm.kl:.3f} nats, its latents carry nothing of an image (collapse)"
                )
            elif arm.spread < COLLAPSED_SPREAD:
                warnings.append(f"arm {name}: all means are nearly equal, {arm.spread:.3f} apart (collapse)")
        return tuple(warnings)


def train(config: RunConfig, split: Split) -> Iterator[Report]:
    """Train a run from scratch, a report a step. `Training` also gives the models."""
    return Training(config, split).reports()
