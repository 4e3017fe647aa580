"""Encoder and decoder in numpy, for pages that must not load torch."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Float32, UInt8

from tvae.config import ModelConfig, NetworkKind
from tvae.errors import InputError
from tvae.model.heads import CENTRES
from tvae.model.layers import ImageShape, architecture
from tvae.model.numpy_layers import layer_outputs
from tvae.system.array_files import Weights

_BLOCK: dict[NetworkKind, int] = {"mlp": 4_096, "conv": 64}
"""Images or codes at a time: a few MB of hidden values."""


@dataclass(frozen=True, eq=False)
class EncodedImages:
    """The diagonal Gaussian q(z|x) of each of m images."""

    means: Float32[np.ndarray, "m latent"]
    log_vars: Float32[np.ndarray, "m latent"]

    def sample(self, noise: Float[np.ndarray, "m latent"]) -> Float32[np.ndarray, "m latent"]:
        """A sample of each posterior: mean + sd * noise.

        Raises:
            InputError: a standard deviation beyond what a float32 holds.
        """
        with np.errstate(over="ignore", invalid="ignore"):
            return _finite((self.means + np.exp(0.5 * self.log_vars) * noise).astype(np.float32), "samples")


@dataclass(frozen=True, eq=False)
class Network:
    """One arm's encoder and decoder: computes what `tvae.model.vae.VAE` computes.

    A second implementation, because importing torch takes seconds and a page needs a few products of small matrices.
    """

    weights: Weights
    image_shape: ImageShape
    config: ModelConfig

    @property
    def latents(self) -> int:
        """Number of latents."""
        return self.weights["decoder.0.weight"].shape[1]

    @property
    def class_centres(self) -> Float32[np.ndarray, "classes latent"] | None:
        """Centre of the prior of each class; None where the prior is the standard normal."""
        return self.weights.get(CENTRES)

    def encoded(self, images: UInt8[np.ndarray, "m height width channels"]) -> EncodedImages:
        """Encode the images: the posterior of each.

        Raises:
            InputError: images that are not uint8 of this arm's shape; weights so large that no posterior is finite.
        """
        images = np.asarray(images)
        if images.ndim != 4 or images.shape[1:] != self.image_shape or images.dtype != np.uint8:
            shape = " x ".join(map(str, self.image_shape))
            raise InputError(f"images: {images.dtype} of shape {images.shape}; this arm takes uint8 of {shape}")
        pixels = images.reshape(len(images), -1)
        with np.errstate(over="ignore", invalid="ignore"):
            statistics = _finite(self._layers("encoder", pixels, unit=255), "latent means")  # (m, 2 latent)
        return EncodedImages(statistics[:, : self.latents], statistics[:, self.latents :])

    def decoded(self, codes: Float[np.ndarray, "m latent"]) -> Float32[np.ndarray, "m height width channels"]:
        """Decode the codes: an image each, pixels in [0, 1].

        Raises:
            InputError: codes that are not finite rows of this arm's number of latents, or so large that no pixel is
                finite.
        """
        codes = np.asarray(codes)
        if codes.ndim != 2 or codes.shape[1] != self.latents or not np.isfinite(codes).all():
            raise InputError(f"codes: shape {codes.shape}; this arm takes finite codes of {self.latents} latents")
        with np.errstate(over="ignore", invalid="ignore"):
            logits = self._layers("decoder", codes)  # (m, pixels)
        logits = _finite(logits, "pixels")
        return (0.5 * (1 + np.tanh(0.5 * logits))).reshape(-1, *self.image_shape)  # sigmoid without overflow

    def _layers(self, part: str, inputs: np.ndarray, unit: float = 1.0) -> Float32[np.ndarray, "m out"]:
        """The inputs, divided by `unit`, put through the encoder or the decoder."""
        network = architecture(self.image_shape, self.config)
        layers = network.encoder if part == "encoder" else network.decoder
        size = _BLOCK[self.config.kind]
        blocks = [
            layer_outputs(
                layers, self.weights, part, inputs[start : start + size].astype(np.float32) / np.float32(unit)
            )
            for start in range(0, max(1, len(inputs)), size)
        ]
        return np.concatenate(blocks)


def _finite(values: np.ndarray, name: str) -> np.ndarray:
    """These values, none of which is NaN or infinite; InputError where one is."""
    if not np.isfinite(values).all():
        raise InputError(f"the arm's weights give {name} that are not finite; train it anew")
    return values


def to_bytes(images: Float[np.ndarray, "*shape"]) -> UInt8[np.ndarray, "*shape"]:
    """Images in [0, 1] as whole numbers from 0 to 255."""
    return np.rint(255 * np.clip(images, 0, 1)).astype(np.uint8)
