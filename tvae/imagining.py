"""An arm's imagination measured: images of its samples, and these against real images that no arm was trained on."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64, Int, Int64, UInt8

from tvae.checkpoints import EncodedArm
from tvae.config import InputError
from tvae.decoding import Network, to_grey
from tvae.generation import class_gaussian, prior_codes, shared_noise
from tvae.judges import Judge
from tvae.sample_quality import NEIGHBOURS, Manifold, manifold


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


def feature_manifold(images: UInt8[np.ndarray, "m height width"], judge: Judge | None) -> Manifold:
    """What the images cover in the judge's features, or without one in grey values as they are."""
    return manifold(pixel_features(images) if judge is None else judge.features(images))


def pixel_features(images: UInt8[np.ndarray, "m height width"]) -> Float64[np.ndarray, "m pixels"]:
    """Grey values from 0 to 255, whose squared distances float64 holds without rounding."""
    return images.reshape(len(images), -1).astype(np.float64)


def beyond_noise(first: tuple[float, float], second: tuple[float, float]) -> bool:
    """Whether two (share, standard error) differ by more than two standard errors of their difference."""
    return abs(first[0] - second[0]) > 2 * math.hypot(first[1], second[1])
