"""Squared error by class, and paired differences between arms."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Float64, Int, Int64, UInt8

from tvae.errors import InputError
from tvae.model.network import Network


@dataclass(frozen=True, eq=False)
class ClassErrors:
    """Mean squared error of each class."""

    counts: Int64[np.ndarray, " classes"]
    means: Float64[np.ndarray, " classes"]
    """NaN for a class without images."""


def class_errors(errors: Float[np.ndarray, " n"], labels: Int[np.ndarray, " n"], class_count: int) -> ClassErrors:
    """Errors averaged over the images of each class.

    Raises:
        InputError: not one error a label, or a label outside the classes.
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
    """How much more one arm's error is than another's on the very same images, averaged over them."""

    mean: float
    standard_error: float
    """Of the mean, over images: the spread of the differences / sqrt(n); NaN for a single image. It knows nothing of
    what another training would give."""
    n: int

    @property
    def beyond_noise(self) -> bool:
        """Whether the mean is more than two standard errors from 0."""
        return abs(self.mean) > 2 * self.standard_error


def paired_difference(first: Float[np.ndarray, " n"], second: Float[np.ndarray, " n"]) -> PairedDifference:
    """The second arm's errors less the first's, image by image.

    Raises:
        InputError: the arms have errors of other images, or of none.
    """
    difference = np.asarray(second, np.float64) - _same_images(first, second)
    n = len(difference)
    spread = float(difference.std(ddof=1)) if n > 1 else float("nan")
    return PairedDifference(mean=float(difference.mean()), standard_error=spread / n**0.5, n=n)


def lowest_beyond_noise(errors: Mapping[str, Float[np.ndarray, " n"]]) -> str | None:
    """The arm whose mean error is below every other arm's by more than the noise; None where no arm's is.

    Raises:
        InputError: the arms have errors of other images, or of none.
    """
    lowest = min(errors, key=lambda arm: float(np.mean(errors[arm], dtype=np.float64)))
    others = [paired_difference(errors[lowest], found) for arm, found in errors.items() if arm != lowest]
    return lowest if others and all(found.beyond_noise for found in others) else None


def _same_images(first: Float[np.ndarray, " n"], second: Float[np.ndarray, " n"]) -> Float64[np.ndarray, " n"]:
    if np.shape(first) != np.shape(second) or np.size(first) == 0:
        raise InputError(
            f"errors: {np.size(first)} of one arm, {np.size(second)} of the other; they must be of the same"
        )
    return np.asarray(first, np.float64)


def posterior_noise(n: int, latents: int, seed: int) -> Float64[np.ndarray, "n latent"]:
    """Standard normal noise for each of n images, the same for every arm of so many latents.

    Raises:
        InputError: a seed below 0.
    """
    if seed < 0:
        raise InputError(f"seed: {seed} is not possible; it must be a whole number of at least 0")
    return np.random.default_rng(seed).standard_normal((n, latents))


def sampled_errors(
    network: Network,
    images: UInt8[np.ndarray, "n height width"],
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
    images: UInt8[np.ndarray, "m height width"], reconstructions: Float[np.ndarray, "m height width"]
) -> Float64[np.ndarray, " m"]:
    """Squared L2 distance of each image, taken to [0, 1], to its reconstruction: the paper's reconstruction term."""
    difference = (np.asarray(images, np.float32) / np.float32(255) - reconstructions).reshape(len(images), -1)
    return np.einsum("mp,mp->m", difference, difference, dtype=np.float64)
