"""Batches: the batch of each step, drawn from seed and step alone."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Float32, Int64

from tvae.config import RunConfig, check_notions
from tvae.data import Split
from tvae.data.triplets import GivenTriplets
from tvae.errors import InputError
from tvae.training.arm import Batch, FormedTriplets
from tvae.training.shared_batch import SharedBatchSampler, triplets_inside
from tvae.training.triplet_sampler import (
    GivenSampler,
    ImageSampler,
    Sampler,
    TripletSampler,
    step_batch,
    step_generator,
)


class Drawn(NamedTuple):
    """Rows and noise that are drawn for one step."""

    rows: Int64[np.ndarray, "3 b"]
    noise: Float32[np.ndarray, "3*b latent"]
    places: dict[str, Int64[np.ndarray, "3 b"]]
    """Triplets inside the batch by notion; empty where the rows themselves are every arm's triplets."""


class Batches:
    """Draws the batch of each step.

    Each step's batch of images is the same for all arms. Where all arms have one notion of similarity, it is drawn as
    triplets of that notion, and these are every arm's triplets. Where their notions differ it is drawn as triplets of
    each notion in turn, and each arm forms its own triplets inside the batch (see `shared_batch`).

    Attributes:
        has_triplets: whether there are any; else images alone are drawn, for arms whose loss has none.
        left_out: number of training images that can't be anchors because their class has no other member.
        notion_of: by arm, the notion of similarity of the triplets that it forms.
        arms_without_triplets: arms whose notion has no triplets, nor their loss: those of another notion are formed for
            them and not to be counted.
    """

    def __init__(self, config: RunConfig, split: Split, triplets: GivenTriplets | None, device: torch.device) -> None:
        """
        Args:
            split: the training images.
            triplets: those that the config names, where it names any.
            device: where the arms' batches are needed.

        Raises:
            InputError: labels that allow no triplet, a notion that the data has no labels of, given triplets that can't
                be trained on.
        """
        check_notions(config, tuple(split.notions))
        split = split.by(config.data.notion)
        samplers = _samplers(config, split, triplets)
        self._config, self._device = config, device
        self._sampler: Sampler = ImageSampler(len(split))
        if samplers:
            first, *others = samplers.values()
            self._sampler = SharedBatchSampler([first, *others]) if others else first
        self.has_triplets = bool(samplers)
        self.left_out = self._sampler.left_out
        self._labels = {notion: split.notions[notion].labels for notion in samplers or [split.notion]}
        self._labels_on_device = {
            notion: torch.tensor(labels, device=device) for notion, labels in self._labels.items()
        }
        notions = {arm: loss.notion or split.notion for arm, loss in config.arms.items()}
        any_notion = next(iter(self._labels))
        self.notion_of = {arm: notion if notion in samplers else any_notion for arm, notion in notions.items()}
        self.arms_without_triplets = [arm for arm, notion in notions.items() if notion not in samplers]

    def draw(self, step: int) -> Drawn:
        """Draw rows and noise for the step that comes after this many steps."""
        train = self._config.train
        rows, noise = step_batch(self._sampler, train.seed, step, train.batch_size, self._config.model.latent_dim)
        places = {}
        if len(self._labels) > 1:
            for number, (notion, labels) in enumerate(self._labels.items()):
                generator = step_generator(train.seed, step, stream=1 + number)
                places[notion] = triplets_inside(rows, labels, train.batch_size, generator)
        return Drawn(rows, noise, places)

    def batch(self, drawn: Drawn) -> Batch:
        """Batch of the drawn rows and noise, on the device."""
        rows = torch.from_numpy(drawn.rows.reshape(-1)).to(self._device)
        by_notion = {}
        for notion, labels in self._labels_on_device.items():
            places = drawn.places.get(notion)
            on_device = None if places is None else torch.from_numpy(places).to(self._device)
            by_notion[notion] = FormedTriplets(labels[rows], on_device)
        return Batch(
            rows=drawn.rows,
            noise=torch.from_numpy(drawn.noise).to(self._device),
            triplets={arm: by_notion[notion] for arm, notion in self.notion_of.items()},
        )


def _samplers(config: RunConfig, split: Split, triplets: GivenTriplets | None) -> dict[str, Sampler]:
    """Triplet sampler of each notion of the arms; a notion without triplets is left out if no loss needs them.

    Given triplets are of the run's notion, and so are then all arms.

    Raises:
        InputError: labels that allow no triplet, and an arm whose loss has triplets; more notions than a batch has
            triplets; given triplets that can't be trained on.
    """
    if triplets is None and config.data.triplets:
        raise InputError(f"data.triplets: {config.data.triplets[:80]!r} are not at hand; hand them over as triplets")
    if triplets is not None:
        triplets.check_usable(config, len(split))
        share = config.data.triplets_share
        of_labels = None if share == 1 else TripletSampler(split.labels)
        return {split.notion: GivenSampler(triplets.training_rows, share, of_labels)}
    samplers: dict[str, Sampler] = {}
    for loss in config.arms.values():
        notion = loss.notion or split.notion
        if notion in samplers:
            continue
        try:
            samplers[notion] = TripletSampler(split.notions[notion].labels)
        except InputError as error:
            if loss.triplet_weight:
                of_notion = "" if notion == split.notion else f" by {notion}"
                advice = "a VAE alone needs none: --preset vae, or 'VAE alone' in the app"
                raise InputError(f"{error}{of_notion}; {advice}") from None
    if config.train.batch_size < len(samplers):
        raise InputError(
            f"train.batch-size: {config.train.batch_size} is fewer than the {len(samplers)} notions of the arms"
            f" ({', '.join(samplers)})"
        )
    return samplers
