"""Expected time of training on a processor, from the products of a step."""

from __future__ import annotations

from tvae.config import ModelConfig, NetworkKind
from tvae.model.layers import (
    KERNEL,
    STRIDE,
    Convolution,
    ImageShape,
    Layer,
    Linear,
    ToMaps,
    TransposedConvolution,
    architecture,
)

CORES = 2
"""Processor cores that arms are trained on side by side, one arm on each."""
PRODUCTS_A_SECOND: dict[NetworkKind, float] = {"mlp": 1.0e11, "conv": 3.2e10}
"""Products of two numbers in a second of one core, in fast steps, forwards and backwards: measured on an Intel Xeon of
2023 with 128 triplets a step, on images of 28 x 28 grey to 64 x 64 colour pixels. On those, the figure that a single
measurement gives is from 0.9 to 1.4 times this one."""
PASSES = 3
"""Passes of a step: forwards, and backwards to the values and to the weights."""


def step_seconds(image_shape: ImageShape, model: ModelConfig, batch_size: int, arms: int) -> float:
    """About how long a step of this many arms and triplets takes, on a machine as that of `PRODUCTS_A_SECOND`.

    Raises:
        InputError: a network that is not possible for images of this shape.
    """
    products = PASSES * 3 * batch_size * image_products(image_shape, model)
    return -(-arms // CORES) * products / PRODUCTS_A_SECOND[model.kind]


def image_products(image_shape: ImageShape, model: ModelConfig) -> int:
    """Products of two numbers that take one image through the encoder and the decoder.

    Raises:
        InputError: as `step_seconds`.
    """
    network = architecture(image_shape, model)
    return _products(network.encoder) + _products(network.decoder)


def _products(layers: tuple[Layer, ...]) -> int:
    total, height, width = 0, 0, 0
    for layer in layers:
        match layer:
            case Linear():
                total += layer.inputs * layer.outputs
            case ToMaps():
                height, width, _ = layer.shape
            case Convolution():
                height, width = height // STRIDE, width // STRIDE
                total += height * width * KERNEL**2 * layer.inputs * layer.outputs
            case TransposedConvolution():
                total += height * width * KERNEL**2 * layer.inputs * layer.outputs
                height, width = (STRIDE * side + more for side, more in zip((height, width), layer.odd, strict=True))
            case _:
                pass
    return total
