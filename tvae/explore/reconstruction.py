"""Reconstructions and their squared errors: by class, and paired differences between arms."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Float64, Int, Int64, UInt8

from tvae.errors import InputError, require_int
from tvae.model.network import Network, to_bytes


@dataclass(frozen=True, eq=False)
class ClassErrors:
    """Mean squared error of each class."""

    counts: Int64[np.ndarray, " classes"]
    means: Float64[np.ndarray, " classes"]
    """NaN for a class without images."""


def class_errors(errors: Float[np.ndarray, " n"], labels: Int[np.ndarray, " n"], class_count: int) -> ClassErrors:
    """Mean error of the images of each class.

    Raises:
        InputError: another number of errors than of labels, or a label outside the classes.
    """
    errors, labels = np.asarray(errors, np.float64), np.asarray(labels)
    if errors.shape != labels.shape or errors.ndim != 1:
        raise InputError(f"errors {errors.shape} and labels {labels.shape}: there must be one of each for every image")
    if len(labels) and not 0 <= labels.min() <= labels.max() < class_count:
        raise InputError(f"labels: from {labels.min()} to {labels.max()}; there are {class_count} classes")
    counts = np.bincount(labels, minlength=class_count)
    totals = np.bincount(labels, errors, minlength=class_count)
    return ClassErrors(counts, np.divide(totals, counts, out=np.full(class_count, np.nan), where=counts > 0))


@dataclass(frozen=True, kw_only=True)
class PairedDifference:
    """Mean difference between two arms' errors on the same images."""

    mean: float
    standard_error: float
    """Standard error of the mean over images: sd of the differences / sqrt(n); NaN for a single image. It does not
    include how the arms would differ after another training."""
    n: int

    @property
    def beyond_noise(self) -> bool:
        """Whether the mean is more than two standard errors from 0."""
        return abs(self.mean) > 2 * self.standard_error


def paired_difference(first: Float[np.ndarray, " n"], second: Float[np.ndarray, " n"]) -> PairedDifference:
    """The second arm's errors minus the first's, image by image.

    Raises:
        InputError: the arms have errors of other images, or of none.
    """
    if np.shape(first) != np.shape(second) or np.size(first) == 0:
        raise InputError(
            f"errors: {np.size(first)} of one arm, {np.size(second)} of the other; they must be of the same images"
        )
    difference = np.asarray(second, np.float64) - np.asarray(first, np.float64)
    n = len(difference)
    spread = float(difference.std(ddof=1)) if n > 1 else float("nan")
    return PairedDifference(mean=float(difference.mean()), standard_error=spread / n**0.5, n=n)


def lowest_beyond_noise(errors: Mapping[str, Float[np.ndarray, " n"]]) -> str | None:
    """The arm whose mean error is below every other arm's by more than the noise; None where there is none.

    Raises:
        InputError: the arms have errors of other images, or of none.
    """
    lowest = min(errors, key=lambda arm: float(np.mean(errors[arm], dtype=np.float64)))
    differences = [paired_difference(errors[lowest], other) for arm, other in errors.items() if arm != lowest]
    return lowest if differences and all(difference.beyond_noise for difference in differences) else None


def posterior_noise(n: int, latents: int, seed: int) -> Float64[np.ndarray, "n latent"]:
    """Standard normal noise for each of n images, the same for every arm of so many latents.

    Raises:
        InputError: a seed below 0.
    """
    require_int("seed", seed, 0, 2**63 - 1)
    return np.random.default_rng(seed).standard_normal((n, latents))


@dataclass(frozen=True, eq=False)
class Reconstructions:
    """Reconstructions of some images by one arm, and their errors."""

    images: UInt8[np.ndarray, "m height width channels"]
    errors: Float64[np.ndarray, " m"]
    """Squared L2 distance of each image to its reconstruction before rounding to grey values, pixels in [0, 1]."""


def reconstructions(
    network: Network,
    images: UInt8[np.ndarray, "m height width channels"],
    means: Float[np.ndarray, "m latent"],
    noise: Float[np.ndarray, "m latent"] | None = None,
) -> Reconstructions:
    """Reconstructions of the images from their posterior means, or from one sample of each posterior with this noise.

    Args:
        means: the images' posterior means; they are given because they are kept with a run.

    Raises:
        InputError: images of another size, or means of another number of latents.
    """
    codes = means if noise is None else network.encoded(images).sample(noise)
    decoded = network.decoded(codes)
    return Reconstructions(to_bytes(decoded), squared_errors(images, decoded))


def sampled_errors(
    network: Network,
    images: UInt8[np.ndarray, "n height width channels"],
    noise: Float[np.ndarray, "n latent"],
    block: int = 2_000,
) -> Float64[np.ndarray, " n"]:
    """Squared error of each image to the reconstruction from one sample of its posterior, `block` images at a time."""
    errors = np.empty(len(images))
    for start in range(0, len(images), block):
        part = slice(start, start + block)
        codes = network.encoded(images[part]).sample(noise[part])
        errors[part] = squared_errors(images[part], network.decoded(codes))
    return errors


def squared_errors(
    images: UInt8[np.ndarray, "m height width channels"], decoded: Float[np.ndarray, "m height width channels"]
) -> Float64[np.ndarray, " m"]:
    """Squared L2 distance of each image to its reconstruction, pixels in [0, 1]: the paper's reconstruction term."""
    difference = (np.asarray(images, np.float32) / np.float32(255) - decoded).reshape(len(images), -1)
    return np.einsum("mp,mp->m", difference, difference, dtype=np.float64)
