"""Settings suggested for a data set, from how much its images vary."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from tvae.config import (
    PRESETS,
    DataConfig,
    LossConfig,
    ModelConfig,
    NetworkKind,
    RunConfig,
    TrainConfig,
    vae_and_tvae,
)
from tvae.data import Split
from tvae.metrics.measurable import has_triplet
from tvae.model.layers import SMALLEST_SIDE, ImageShape

MNIST_VARIANCE = 52.725
"""`total_variance` of MNIST's training split, which our preset's weights were found on."""
LEAST_VARIANCE = 1e-3
"""Least total variance that is used: images that are all alike would get weights of 0."""
LEAST_STEPS = 1_000
"""Steps of a suggested run at least: an epoch of few images has few. On the digits twice as many gain 0.6 points."""
LEAST_STEPS_AN_EPOCH = 8
"""Least number of steps in an epoch; a small data set gets smaller batches for it, down to `SMALLEST_BATCH`."""
SMALLEST_BATCH = 16
LARGEST_GREY_SIDE = 32
"""Pixels of the longer side of grey images for which the paper's two fully connected layers are suggested."""
BURGESS_HIDDEN = 256
"""Hidden units of each fully connected layer in Burgess et al. 2018 (see `tvae.model.layers`)."""
_ROWS = 4_096
"""Images that the variance is measured on, spread over the split."""


@dataclass(frozen=True)
class Suggestion:
    """Settings to train a data set with, and the variance that they follow from."""

    config: RunConfig
    variance: float
    """Total variance of the data set's images."""

    @property
    def loss(self) -> LossConfig:
        """Loss of the last arm."""
        return next(reversed(self.config.arms.values()))

    @property
    def reason(self) -> str:
        """Sentences on the origin of the weights, or on why there is no triplet weight."""
        if len(self.config.arms) == 1:
            return "The training labels allow no triplet (two classes, and two images of one): a VAE alone is trained."
        preset = PRESETS["paper"].arms["tvae"]
        return (
            f"An image of this data set differs from the mean image by {self.variance:.3g} (squared error), one of"
            f" MNIST by {MNIST_VARIANCE:.3g}. So the triplet and the KL weight of our MNIST preset,"
            f" {preset.triplet_weight:g} and {preset.kl_weight:g}, are multiplied by {two_digits(self.scale):g}: they"
            " weigh as much against the reconstruction as there. The margin is a distance in latent space and stays."
        )

    @property
    def network(self) -> str:
        """Sentence on the suggested network and the reason for it."""
        if self.config.model.kind == "mlp":
            return "The network is the paper's: two fully connected layers each way."
        side = LARGEST_GREY_SIDE
        return f"The network has convolutions: the images are in colour, or larger than {side} x {side} pixels."

    @property
    def scale(self) -> float:
        """Ratio of the total variance to MNIST's."""
        return max(self.variance, LEAST_VARIANCE) / MNIST_VARIANCE


def suggested_config(name: str, train: Split) -> Suggestion:
    """Settings for a data set, from its training split.

    The reconstruction term is a sum over pixels, so it grows with their number and contrast; the hinge and the KL
    divergence do not. What the reconstruction begins at, once the decoder draws the mean image, is the images' total
    variance. Both other weights of our MNIST preset are multiplied by its ratio to MNIST's, so that the three terms
    are to each other as they are there. The margin is a distance between means: it stays.

    Where the labels allow no triplet there is one arm, a VAE. Images in colour and large ones get a convolutional
    network, of the size of Burgess et al. 2018 (see `tvae.model.layers`).
    """
    variance, preset = total_variance(train), PRESETS["paper"]
    scale = max(variance, LEAST_VARIANCE) / MNIST_VARIANCE
    of_preset = preset.arms["tvae"]
    loss = LossConfig(
        margin=of_preset.margin,
        triplet_weight=two_digits(scale * of_preset.triplet_weight),
        kl_weight=two_digits(scale * of_preset.kl_weight),
    )
    batch = _batch_size(len(train), preset.train.batch_size)
    epochs = max(preset.train.epochs, math.ceil(LEAST_STEPS / (len(train) // batch)))
    config = RunConfig(
        data=DataConfig(name=name),
        model=network_of(suggested_kind(train.image_shape)),
        train=TrainConfig(epochs=epochs, batch_size=batch),
        arms=vae_and_tvae(loss) if has_triplet(train.labels) else {"vae": vae_and_tvae(loss)["vae"]},
    )
    return Suggestion(config, variance)


def suggested_kind(image_shape: ImageShape) -> NetworkKind:
    """The kind of network that is suggested for images of this shape."""
    height, width, channels = image_shape
    is_large = channels == 3 or max(height, width) > LARGEST_GREY_SIDE
    return "conv" if is_large and allows_convolutions(image_shape) else "mlp"


def allows_convolutions(image_shape: ImageShape) -> bool:
    """Whether a convolutional network is possible for images of this shape."""
    return min(image_shape[:2]) >= SMALLEST_SIDE


def network_of(kind: NetworkKind, latent_dim: int = ModelConfig.latent_dim) -> ModelConfig:
    """A network of this kind with as many hidden units as it has in its source."""
    return ModelConfig(kind=kind, latent_dim=latent_dim, **({"hidden": BURGESS_HIDDEN} if kind == "conv" else {}))


def _batch_size(n: int, most: int) -> int:
    """Triplets a step: a power of two, or all images where they are few."""
    batch = most
    while batch > SMALLEST_BATCH and n // batch < LEAST_STEPS_AN_EPOCH:
        batch //= 2
    return min(batch, n)


def total_variance(train: Split) -> float:
    """Squared error of the mean image: the variance of each pixel, in units of full brightness, summed over pixels.

    Of 4,096 images spread over the split where it has more.
    """
    rows = np.linspace(0, len(train) - 1, min(len(train), _ROWS)).astype(np.int64)
    return float(train.pixels(rows).var(axis=0, dtype=np.float64).sum())


def two_digits(value: float) -> float:
    """A number rounded to two significant digits."""
    return float(f"{value:.2g}")
