"""Samples from the prior or a class Gaussian, and real images to compare with."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Float32, Float64, Int, Int64, UInt8

from tvae.data import Split
from tvae.errors import InputError, require_int, require_real
from tvae.explore.classifier.classifier import Classifier
from tvae.metrics.precision_recall import NEIGHBOURS, Manifold, manifold
from tvae.model.network import Network, to_bytes

MOST_SAMPLES = 20_000
MOST_LATENTS = 1_024
HIGHEST_TEMPERATURE = 10.0


def shared_noise(n: int, latents: int, seed: int) -> Float32[np.ndarray, "n latents"]:
    """Standard normal noise, the same for all arms: each latent has a random stream of its own.

    So an arm of more latents gets the same first columns and then more, and more samples begin with the same rows.

    Raises:
        InputError: n not from 1 to 20,000, latents not from 1 to 1,024, or a seed that is no whole number from 0 up.
    """
    require_int("samples", n, 1, MOST_SAMPLES)
    require_int("latents", latents, 1, MOST_LATENTS)
    require_int("seed", seed, 0, 2**63 - 1)
    columns = [np.random.default_rng((seed, latent)).standard_normal(n, np.float32) for latent in range(latents)]
    return np.stack(columns, axis=1)


def prior_codes(noise: Float[np.ndarray, "n latent"], temperature: float) -> Float32[np.ndarray, "n latent"]:
    """Codes from N(0, temperature² I): the prior at 1, its mean at 0.

    Raises:
        InputError: a temperature not from 0 to 10.
    """
    require_real("temperature", temperature, 0.0, HIGHEST_TEMPERATURE)
    return (temperature * np.asarray(noise)).astype(np.float32)


@dataclass(frozen=True, eq=False)
class ClassGaussian:
    """Mean and covariance of an arm's posterior means of one class."""

    mean: Float64[np.ndarray, " latent"]
    covariance: Float64[np.ndarray, "latent latent"]
    """Unbiased; zero where the class has but one image."""
    n: int
    """Images of the class."""

    def codes(self, noise: Float[np.ndarray, "n latent"], temperature: float) -> Float32[np.ndarray, "n latent"]:
        """mean + temperature * root * noise, with the symmetric root of the covariance, which may be singular.

        Raises:
            InputError: noise of another number of latents, or a temperature not from 0 to 10.
        """
        noise = np.asarray(noise, np.float64)
        if noise.ndim != 2 or noise.shape[1] != len(self.mean):
            raise InputError(f"noise: shape {noise.shape}; this arm takes rows of {len(self.mean)} latents")
        require_real("temperature", temperature, 0.0, HIGHEST_TEMPERATURE)
        variances, directions = np.linalg.eigh(self.covariance)
        root = (directions * np.sqrt(np.maximum(variances, 0))) @ directions.T
        return (self.mean + temperature * noise @ root).astype(np.float32)


def class_gaussian(means: Float[np.ndarray, "n latent"], labels: Int[np.ndarray, " n"], label: int) -> ClassGaussian:
    """The Gaussian of the posterior means of one class.

    Raises:
        InputError: no image has this label.
    """
    members = np.asarray(means, np.float64)[np.asarray(labels) == label]
    if len(members) == 0:
        raise InputError(f"class: no image has class number {label}; ask for one that the split holds")
    mean = members.mean(axis=0)
    centred = members - mean
    return ClassGaussian(mean, centred.T @ centred / max(1, len(members) - 1), len(members))


def training_gaussian(network: Network, train: Split, label: int) -> ClassGaussian:
    """The Gaussian of an arm's posterior means of the training images of one class.

    Raises:
        InputError: no training image has this label, or images of another size than the arm's.
    """
    rows = np.flatnonzero(train.labels == label)
    return class_gaussian(network.encoded(train.images[rows]).means, train.labels[rows], label)


def generated_images(
    network: Network,
    gaussian: ClassGaussian | None,
    *,
    count: int,
    temperature: float,
    seed: int,
) -> UInt8[np.ndarray, "count height width channels"]:
    """Images that an arm decodes from `count` random codes.

    The noise behind the codes depends on count and seed alone, so that arms are compared on the same noise. Where the
    arm's prior is by class, each code is drawn around the centre of a random class, every class as likely.

    Args:
        gaussian: of the arm's means of a class, from which the codes are drawn; None draws from the prior.

    Raises:
        InputError: a Gaussian of another number of latents, or an impossible count, temperature or seed.
    """
    noise = shared_noise(count, network.latents, seed)
    codes = prior_codes(noise, temperature) if gaussian is None else gaussian.codes(noise, temperature)
    if gaussian is None and network.class_centres is not None:
        classes = np.random.default_rng((seed, network.latents)).integers(0, len(network.class_centres), count)
        codes += network.class_centres[classes]
    return to_bytes(network.decoded(codes))


def samples_of_classes(
    network: Network,
    means: Float[np.ndarray, "n latent"],
    labels: Int[np.ndarray, " n"],
    classes: Int[np.ndarray, " c"],
    *,
    seed: int,
) -> UInt8[np.ndarray, "c height width channels"]:
    """One image of each of these classes, decoded from a random code of the class's Gaussian.

    The noise depends on the seed and the number of classes alone, so that arms are compared on the same noise.

    Args:
        means: an arm's posterior means, whose Gaussians by class the codes are drawn from.

    Raises:
        InputError: a class without an image, or no class.
    """
    noise = shared_noise(len(classes), network.latents, seed)
    codes = [
        class_gaussian(means, labels, int(label)).codes(noise[place : place + 1], 1.0)
        for place, label in enumerate(classes)
    ]
    return to_bytes(network.decoded(np.concatenate(codes)))


@dataclass(frozen=True, eq=False)
class RealRows:
    """Two sets of rows of real images without a common one."""

    reference: Int64[np.ndarray, " m"]
    """Images that samples are compared with."""
    others: Int64[np.ndarray, " m"]
    """Equally many other images, whose own score against the reference is measured."""


def real_rows(labels: Int[np.ndarray, " n"], label: int | None, most: int, seed: int) -> RealRows:
    """Random rows of a class, or of all images where `label` is None; each set has half of them, `most` at most.

    Raises:
        InputError: fewer than twice `NEIGHBOURS` + 1 images.
    """
    rows = np.arange(len(labels)) if label is None else np.flatnonzero(np.asarray(labels) == label)
    half = min(most, len(rows) // 2)
    if half <= NEIGHBOURS:
        raise InputError(
            f"quality: {len(rows)} real images are too few to compare samples with; there must be {2 * NEIGHBOURS + 2}"
        )
    shuffled = np.random.default_rng(seed).permutation(rows)
    return RealRows(shuffled[:half], shuffled[half : 2 * half])


def feature_manifold(images: UInt8[np.ndarray, "m height width channels"], classifier: Classifier | None) -> Manifold:
    """The manifold of the images in the features of the classifier, or without one in the values of their pixels.

    Raises:
        InputError: too few images for `NEIGHBOURS` neighbours.
    """
    if classifier is not None:
        return manifold(classifier.features(images))
    # From 0 to 255 as whole numbers, whose squared distances float64 holds without rounding.
    return manifold(images.reshape(len(images), -1).astype(np.float64))
