"""Codes to imagine images from: of the prior, and of the Gaussian that an arm's own means of a class make up."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Float32, Float64, Int

from tvae.config import InputError

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
