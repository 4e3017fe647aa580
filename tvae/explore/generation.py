"""Samples from the prior or a class Gaussian, and real images to compare with."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Float32, Float64, Int, Int64, UInt8

from tvae.errors import InputError
from tvae.explore.classifier import Classifier
from tvae.metrics.precision_recall import NEIGHBOURS, Manifold, manifold
from tvae.model.encoding import EncodedArm
from tvae.model.network import Network, to_grey

MOST_SAMPLES = 20_000
MOST_LATENTS = 1_024
HOTTEST = 10.0


def shared_noise(n: int, latents: int, seed: int) -> Float32[np.ndarray, "n latents"]:
    """Standard normal noise, the same for all arms: an arm of more latents gets the same first columns and then more.

    More samples begin with the same ones, too: each latent has a random stream of its own.

    Raises:
        InputError: n not from 1 to 20,000, latents not from 1 to 1,024, or a seed that is no whole number from 0 up.
    """
    _whole("samples", n, 1, MOST_SAMPLES)
    _whole("latents", latents, 1, MOST_LATENTS)
    _whole("seed", seed, 0, 2**63 - 1)
    columns = [np.random.default_rng((seed, latent)).standard_normal(n, np.float32) for latent in range(latents)]
    return np.stack(columns, axis=1)


def prior_codes(noise: Float[np.ndarray, "n latent"], temperature: float) -> Float32[np.ndarray, "n latent"]:
    """Codes of N(0, temperature² I): at 1 the prior, at 0 its mean alone.

    Raises:
        InputError: a temperature not from 0 to 10.
    """
    return (_heat(temperature) * np.asarray(noise)).astype(np.float32)


@dataclass(frozen=True, eq=False)
class ClassGaussian:
    """Where an arm puts the images of a class: the mean and the covariance of their posterior means."""

    mean: Float64[np.ndarray, " latent"]
    covariance: Float64[np.ndarray, "latent latent"]
    """Unbiased; zero where the class has but one image."""
    n: int
    """Images it was taken over."""

    def codes(self, noise: Float[np.ndarray, "n latent"], temperature: float) -> Float32[np.ndarray, "n latent"]:
        """mean + temperature * root * noise, with the symmetric root of the covariance, which may be singular.

        Raises:
            InputError: noise of another number of latents, or a temperature not from 0 to 10.
        """
        noise = np.asarray(noise, np.float64)
        if noise.ndim != 2 or noise.shape[1] != len(self.mean):
            raise InputError(f"generation: noise of shape {noise.shape} for an arm of {len(self.mean)} latents")
        variances, directions = np.linalg.eigh(self.covariance)
        root = (directions * np.sqrt(np.maximum(variances, 0))) @ directions.T
        return (self.mean + _heat(temperature) * noise @ root).astype(np.float32)


def class_gaussian(means: Float[np.ndarray, "n latent"], labels: Int[np.ndarray, " n"], label: int) -> ClassGaussian:
    """The Gaussian of the posterior means of one class.

    Raises:
        InputError: no image has this label.
    """
    own = np.asarray(means, np.float64)[np.asarray(labels) == label]
    if len(own) == 0:
        raise InputError(f"generation: no image has class number {label}; ask for one that the split holds")
    mean = own.mean(axis=0)
    centred = own - mean
    return ClassGaussian(mean, centred.T @ centred / max(1, len(own) - 1), len(own))


def _whole(where: str, value: int, low: int, high: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or not low <= value <= high:
        raise InputError(f"generation: {where} {value!r} is not possible; it must be a whole number {low} to {high:,}")


def _heat(temperature: float) -> float:
    if not (math.isfinite(temperature) and 0 <= temperature <= HOTTEST):
        raise InputError(f"generation: temperature {temperature!r} is not possible; it must be from 0 to {HOTTEST:g}")
    return float(temperature)


def imagined(
    network: Network,
    arm: EncodedArm,
    labels: Int[np.ndarray, " n"],
    asked: int | None,
    *,
    count: int,
    temperature: float,
    seed: int,
) -> UInt8[np.ndarray, "count height width"]:
    """What the arm draws from `count` codes: of the prior, or of the Gaussian of its means of the asked class.

    The noise behind the codes depends on count and seed alone, so that arms are compared on the same draws.

    Raises:
        InputError: a class without images, or a count, temperature or seed that is not possible.
    """
    noise = shared_noise(count, network.latents, seed)
    if asked is None:
        return to_grey(network.decoded(prior_codes(noise, temperature)))
    return to_grey(network.decoded(class_gaussian(arm.means, labels, asked).codes(noise, temperature)))


@dataclass(frozen=True, eq=False)
class RealImages:
    """Real images to hold samples against, and as many others to see how real ones fare."""

    reference: Int64[np.ndarray, " m"]
    others: Int64[np.ndarray, " m"]


def real_images(labels: Int[np.ndarray, " n"], asked: int | None, most: int, seed: int) -> RealImages:
    """Two sets of rows without a common one, each half of the class (or of all) or `most`, drawn with the seed.

    Raises:
        InputError: fewer than twice `NEIGHBOURS` + 1 images.
    """
    rows = np.arange(len(labels)) if asked is None else np.flatnonzero(np.asarray(labels) == asked)
    half = min(most, len(rows) // 2)
    if half <= NEIGHBOURS:
        raise InputError(
            f"quality: {len(rows)} real images are too few to hold samples against; there must be {2 * NEIGHBOURS + 2}"
        )
    drawn = np.random.default_rng(seed).permutation(rows)
    return RealImages(drawn[:half], drawn[half : 2 * half])


def feature_manifold(images: UInt8[np.ndarray, "m height width"], classifier: Classifier | None) -> Manifold:
    """What the images cover in the features of the classifier, or without one in grey values."""
    return manifold(pixel_features(images) if classifier is None else classifier.features(images))


def pixel_features(images: UInt8[np.ndarray, "m height width"]) -> Float64[np.ndarray, "m pixels"]:
    """Grey values from 0 to 255, whose squared distances float64 holds without rounding."""
    return images.reshape(len(images), -1).astype(np.float64)
