"""Training: the one training loop, one report per step."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np
import torch
import torch.distributed as dist
from jaxtyping import Float32
from threadpoolctl import threadpool_limits

from tvae.config import LossConfig, RunConfig
from tvae.data import Split
from tvae.data.triplets import GivenTriplets
from tvae.errors import InputError
from tvae.model.heads import head_shapes
from tvae.model.vae import initial_model
from tvae.training.arm import Arm, ArmLosses, Batch, TrainingStep
from tvae.training.arm_choices import beyond_hinges, check_arm_choices
from tvae.training.batches import Batches
from tvae.training.steps.cpu import Float32Step
from tvae.training.steps.cpu_bfloat16 import Bfloat16Step
from tvae.training.steps.data_parallel import DataParallelStep, check_data_parallel
from tvae.training.steps.gpu import StackedStep
from tvae.training.steps.plain import PlainStep
from tvae.training.steps.products_type import products_type

COLLAPSED_KL = 0.05
"""Nats of KL, summed over latents, below which the latents carry no information about the image."""
COLLAPSED_SPREAD = 0.1
"""Root mean square distance of the means from their centre, in units of the prior's sd, below which all are equal."""
COLLAPSE_GRACE = 300
"""Steps before collapse is reported: an untrained encoder puts all images in one place too."""

WARMUP = 100
"""Steps over which the schedule warmup-cosine raises the step size."""


@dataclass(frozen=True)
class Report:
    """Losses and progress after one training step."""

    step: int
    """Steps taken so far."""
    steps: int
    epoch: float
    arms: dict[str, ArmLosses]
    images_per_second: float
    """Images that each arm encodes and decodes per second, smoothed over about 50 steps."""
    warnings: dict[str, str]
    """Warnings about an arm, such as collapse, by arm."""


def resolve_device(wanted: str) -> torch.device:
    """The device of a run.

    Raises:
        InputError: cuda is asked for and there is none.
    """
    if wanted == "cuda" and not torch.cuda.is_available():
        raise InputError("train.device: no CUDA device is at hand; use cpu or auto")
    return torch.device("cuda" if wanted != "cpu" and torch.cuda.is_available() else "cpu")


def learning_rate(config: RunConfig, step: int, steps: int) -> float:
    """Adam's step size at this step, counted from 0."""
    if config.train.schedule == "constant":
        return config.train.learning_rate
    if config.train.schedule == "warmup-cosine":
        rising = min(1.0, (step + 1) / WARMUP)
        return config.train.learning_rate * rising * 0.5 * (1.0 + math.cos(math.pi * step / steps))
    falling = max(0.0, 2.0 * step / steps - 1.0)  # 0 for the first half, then up to 1
    return config.train.learning_rate * 0.5 * (1.0 + math.cos(math.pi * falling))


class Training:
    """A run in progress.

    Attributes:
        arms: the arms by name, in their present state.
        step: steps taken so far.
        steps: steps of the whole run.
        processes: number of processes that train the run by data-parallel steps (see `ranks.joined`); 0 where this one
            takes steps of its own.
        products: type of the large matrix products, float32 or bfloat16.
        images: images of the training split, flat, on the run's device.
        batches: draws the batch of each step.
        training_steps: what takes the arms' steps: on the CPU one for each arm; one for all on a GPU, and where several
            processes train the run.
    """

    def __init__(self, config: RunConfig, split: Split, triplets: GivenTriplets | None = None) -> None:
        """
        Args:
            triplets: those that the config names, where it names any.

        Raises:
            InputError: a batch larger than the data, labels that allow no triplet, a notion that the data has no labels
                of, given triplets that can't be trained on, no such device, a run that several processes can't train
                together, or a loss that this kind of step can't train.
        """
        if config.train.batch_size > len(split):
            raise InputError(
                f"train.batch-size: {config.train.batch_size} is more than the {len(split)} images of the"
                f" {split.name} split; it must be 1 to {len(split)}"
            )
        self.config = config
        self.device = resolve_device(config.train.device)
        self.processes = dist.get_world_size() if dist.is_available() and dist.is_initialized() else 0
        self.products = products_type(config.train.step, self.device)
        self.batches = Batches(config, split, triplets, self.device)
        self.images = torch.tensor(split.images.reshape(len(split), -1), device=self.device)
        self.steps_per_epoch = len(split) // config.train.batch_size
        self.steps = config.train.steps(len(split))
        self.step = 0
        check_arm_choices(config, self.processes, self.batches.arms_without_triplets)
        self.arms = {name: self._new_arm(name, loss, split) for name, loss in config.arms.items()}
        self.training_steps: Sequence[TrainingStep] = self._new_training_steps()

    def reports(self) -> Generator[Report, None, None]:
        """Train to the end, with a report after each step; the iterator may be left after any of them.

        On the CPU each arm's step runs in one thread: so the arms do not wait for each other's small products, and
        another busy process slows them by its own share only. The next batch is drawn meanwhile.

        Raises:
            NonFiniteLoss: training can't go on; `arms` holds the last finite weights.
        """
        threads = torch.get_num_threads()
        smoothed = None
        with (
            ThreadPoolExecutor(
                min(len(self.training_steps), os.cpu_count() or 1),
                initializer=torch.set_num_threads,  # each thread has a number of its own
                initargs=(1,),
            ) as pool,
            threadpool_limits(1, user_api="blas"),
        ):
            torch.set_num_threads(1)
            drawn = pool.submit(self.batches.draw, self.step)
            try:
                while self.step < self.steps:
                    started = time.perf_counter()
                    batch = self.batches.batch(drawn.result())
                    drawn = pool.submit(self.batches.draw, self.step + 1)  # after the last step it is not used
                    losses = self._step(pool, batch)
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
        """The batch of the next step: a function of the seed and the number of the step alone."""
        return self.batches.batch(self.batches.draw(self.step))

    @torch.inference_mode()
    def means_of(self, pixels: Float32[np.ndarray, "n pixels"]) -> dict[str, Float32[np.ndarray, "n d"]]:
        """The arms' means of images, in their present state."""
        images = torch.from_numpy(pixels).to(self.device)
        return {name: arm.model.encode(images).mean.float().cpu().numpy() for name, arm in self.arms.items()}

    def _new_arm(self, name: str, loss: LossConfig, split: Split) -> Arm:
        config = self.config
        classes = len(split.notions[self.batches.notion_of[name]].class_names)
        heads = head_shapes(loss, config.model.latent_dim, classes)
        model = initial_model(split.image_shape, config.model, config.train.seed, heads).to(self.device)
        # Labels without triplets: the term is only measured, on images that are drawn one by one.
        triplets = loss.triplets or config.train.triplets
        return Arm(name, loss, model, triplets if self.batches.has_triplets else "sampled")

    def _new_training_steps(self) -> Sequence[TrainingStep]:
        """Training steps of the configured kind: one an arm on the CPU, each in a thread; one for all arms on a GPU.

        Raises:
            InputError: several processes can't take such steps together.
        """
        train = self.config.train
        arms, rows = list(self.arms.values()), 3 * train.batch_size
        if self.processes:
            check_data_parallel(self.config, self.processes)
            return [DataParallelStep(arms, self.images, rows)]
        plain = train.step == "plain" or self.config.model.kind == "conv"  # torch's own convolutions are fast
        if plain or (self.device.type != "cpu" and beyond_hinges(self.config)):
            return [PlainStep(arm, self.images, self.products) for arm in arms]
        if self.device.type != "cpu":
            return [StackedStep(arms, self.products, self.images, self.next_batch())]
        from tvae.training.steps.sparse_kernels import worthwhile_ink

        images = self.images.numpy()
        ink = worthwhile_ink(images)
        kind = Bfloat16Step if self.products == torch.bfloat16 else Float32Step
        return [kind(arm, rows, images, ink) for arm in arms]

    def _step(self, pool: ThreadPoolExecutor, batch: Batch) -> dict[str, ArmLosses]:
        rate = learning_rate(self.config, self.step, self.steps)
        number = self.step + 1

        @torch.enable_grad()  # whatever the caller's thread has set
        def take(training_step: TrainingStep) -> dict[str, ArmLosses]:
            losses = training_step.gradients(number, batch)
            training_step.descend(number, rate)
            return losses

        # The last runs on this thread, so that one thread fewer must wake up, unless there are more than processors.
        pooled = len(self.training_steps) - (len(self.training_steps) <= (os.cpu_count() or 1))
        futures = [pool.submit(take, training_step) for training_step in self.training_steps[:pooled]]
        losses: dict[str, ArmLosses] = {}
        last_losses: dict[str, ArmLosses] = {}
        try:
            for training_step in self.training_steps[pooled:]:
                last_losses = take(training_step)
        finally:  # where several arms fail, the first arm's error is raised
            for future in futures:
                losses |= future.result()
        losses |= last_losses
        # Their term was measured on images that are no triplets of theirs.
        for name in self.batches.arms_without_triplets:
            losses[name] = replace(losses[name], triplet=0.0)
        self.step = number
        return losses

    def _warnings(self, losses: dict[str, ArmLosses]) -> dict[str, str]:
        if self.step < min(COLLAPSE_GRACE, self.steps):
            return {}
        warnings = {}
        for name, arm in losses.items():
            if arm.kl < COLLAPSED_KL:
                warnings[name] = f"KL is {arm.kl:.3f} nats, its latents carry nothing of an image (collapse)"
            elif arm.spread < COLLAPSED_SPREAD:
                warnings[name] = f"all means are nearly equal, {arm.spread:.3f} apart (collapse)"
        return warnings


def train(config: RunConfig, split: Split, triplets: GivenTriplets | None = None) -> Iterator[Report]:
    """Train a run from scratch, with a report after each step. `Training` also gives the models."""
    return Training(config, split, triplets).reports()
