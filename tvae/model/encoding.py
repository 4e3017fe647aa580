"""Encoding: a split as the arms of a run encode it; LatentSpaces: rows in spaces of any origin."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Float32, Int64, UInt8

from tvae.system.array_files import content_key


@dataclass(frozen=True)
class LatentSpace:
    """A vector for each of some rows, whatever model made it."""

    means: Float32[np.ndarray, "n latent"]
    """Posterior means of a VAE, or the vectors of another model."""

    @cached_property
    def key(self) -> str:
        """SHA-256 in hex over its content: caches tell spaces apart by it."""
        return content_key(self.means)


@dataclass(frozen=True)
class EncodedArm(LatentSpace):
    """A split as one arm encodes it."""

    errors: Float32[np.ndarray, " n"]
    """Squared L2 distance of each image to the reconstruction from its mean."""
    kl: Float32[np.ndarray, " latent"]
    """KL of the posterior to the prior by latent, in nats, averaged over the images; a prior by class is that of the
    image's class."""

    @cached_property
    def key(self) -> str:
        """SHA-256 in hex over its arrays: caches tell arms apart by it, so another arm never shows this one's numbers.

        It is made from the content and once, so there is no caller that could write a wrong one.
        """
        return content_key(self.means, self.errors, self.kl)


@dataclass(frozen=True)
class LatentSpaces:
    """The same rows in several latent spaces."""

    split: str
    """The split whose images the rows are; "test" where there is only one."""
    labels: Int64[np.ndarray, " n"]
    arms: Mapping[str, LatentSpace]

    @property
    def means(self) -> dict[str, Float32[np.ndarray, "n latent"]]:
        """The vectors by arm."""
        return {name: arm.means for name, arm in self.arms.items()}


@dataclass(frozen=True)
class Encoding(LatentSpaces):
    """A split as all arms of a run encode it, with a few images and reconstructions to show at once."""

    arms: dict[str, EncodedArm]
    sample_rows: Int64[np.ndarray, " k"]
    """Rows of the first two images of each class, at most 40."""
    sample_images: UInt8[np.ndarray, "k height width channels"]
    sample_reconstructions: dict[str, UInt8[np.ndarray, "k height width channels"]]
    """Reconstructions of the sample rows from their means, by arm."""
