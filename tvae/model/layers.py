"""Layers of the encoder and the decoder, described for torch and numpy alike."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass

from tvae.config import ModelConfig
from tvae.errors import InputError

KERNEL, STRIDE, PADDING = 4, 2, 1
"""Kernel, stride and padding of every convolution: it halves the height and the width."""
CHANNELS = 32
"""Channels of every convolution but the outermost, which has the image's."""
SMALLEST_MAP = 4
"""Convolutions follow each other until the shorter side has at most so many pixels."""
SMALLEST_SIDE = 8
"""Pixels of the shorter side that a convolutional network needs."""

ImageShape = tuple[int, int, int]
"""Height, width, channels."""


@dataclass(frozen=True)
class Linear:
    """A matrix product and a bias."""

    inputs: int
    outputs: int


@dataclass(frozen=True)
class Rectifier:
    """max(0, x)."""


@dataclass(frozen=True)
class Convolution:
    """A strided convolution: maps of half the height and width, rounded down."""

    inputs: int
    outputs: int


@dataclass(frozen=True)
class TransposedConvolution:
    """The transpose of a strided convolution: maps of twice the height and width, and `odd` pixels more."""

    inputs: int
    outputs: int
    odd: tuple[int, int]
    """0 or 1 pixel more of height and of width: what halving has rounded down."""


@dataclass(frozen=True)
class ToMaps:
    """Flat rows as images or maps of this shape, the channel last."""

    shape: ImageShape


@dataclass(frozen=True)
class ToRows:
    """Images or maps as flat rows, the channel last."""


Layer = Linear | Rectifier | Convolution | TransposedConvolution | ToMaps | ToRows


@dataclass(frozen=True)
class Architecture:
    """Layers of the encoder and of the decoder."""

    encoder: tuple[Layer, ...]
    """Layers from flat images to mean and log-variance of each latent, side by side in one matrix product."""
    decoder: tuple[Layer, ...]
    """Layers from latents to flat images before the last sigmoid."""

    def weight_shapes(self) -> dict[str, tuple[int, ...]]:
        """Shape of each weight tensor by its name, such as `encoder.0.weight`."""
        shapes: dict[str, tuple[int, ...]] = {}
        for part, layers in (("encoder", self.encoder), ("decoder", self.decoder)):
            for number, layer in enumerate(layers):
                for kind, shape in _shapes(layer).items():
                    shapes[f"{part}.{number}.{kind}"] = shape
        return shapes


def architecture(image_shape: ImageShape, model: ModelConfig) -> Architecture:
    """The network that the config asks for, for images of this shape.

    Raises:
        InputError: a convolutional network for images that are too small.
    """
    return (_mlp if model.kind == "mlp" else _conv)(image_shape, model)


def _mlp(image_shape: ImageShape, model: ModelConfig) -> Architecture:
    """Two fully connected layers each way (section 3 of the paper)."""
    pixels = math.prod(image_shape)
    return Architecture(
        encoder=(Linear(pixels, model.hidden), Rectifier(), Linear(model.hidden, 2 * model.latent_dim)),
        decoder=(Linear(model.latent_dim, model.hidden), Rectifier(), Linear(model.hidden, pixels)),
    )


def _conv(image_shape: ImageShape, model: ModelConfig) -> Architecture:
    """Convolutions, then two fully connected layers, and the same backwards.

    As Burgess et al. 2018 (Understanding disentangling in beta-VAE, appendix A) for 64 x 64 pixels: convolutions of 32
    channels, 4 x 4 pixels wide, at a stride of 2, then two layers of `model.hidden` units (theirs: 256). Smaller images
    take fewer convolutions: 3 at 28 or 32 pixels.
    """
    height, width, channels = image_shape
    if min(height, width) < SMALLEST_SIDE:
        raise InputError(
            f"model.kind: 'conv' is not possible for images of {height} x {width} pixels;"
            f" it needs {SMALLEST_SIDE} x {SMALLEST_SIDE} at least: right is mlp"
        )
    sides = [(height, width)]
    while min(sides[-1]) > SMALLEST_MAP:
        sides.append((sides[-1][0] // STRIDE, sides[-1][1] // STRIDE))
    *larger, (least_height, least_width) = sides
    widths = [channels] + [CHANNELS] * len(larger)
    flat = least_height * least_width * CHANNELS

    encoder: list[Layer] = [ToMaps(image_shape)]
    for inputs, outputs in itertools.pairwise(widths):
        encoder += [Convolution(inputs, outputs), Rectifier()]
    encoder += [ToRows(), Linear(flat, model.hidden), Rectifier(), Linear(model.hidden, model.hidden), Rectifier()]
    encoder += [Linear(model.hidden, 2 * model.latent_dim)]

    decoder: list[Layer] = [Linear(model.latent_dim, model.hidden), Rectifier(), Linear(model.hidden, model.hidden)]
    decoder += [Rectifier(), Linear(model.hidden, flat), ToMaps((least_height, least_width, CHANNELS))]
    for (rows, columns), outputs in zip(reversed(larger), reversed(widths[:-1]), strict=True):
        decoder += [Rectifier(), TransposedConvolution(CHANNELS, outputs, (rows % STRIDE, columns % STRIDE))]
    return Architecture(tuple(encoder), (*decoder, ToRows()))


def _shapes(layer: Layer) -> dict[str, tuple[int, ...]]:
    """Shapes of a layer's weights, as torch has them."""
    match layer:
        case Linear():
            return {"weight": (layer.outputs, layer.inputs), "bias": (layer.outputs,)}
        case Convolution():
            return {"weight": (layer.outputs, layer.inputs, KERNEL, KERNEL), "bias": (layer.outputs,)}
        case TransposedConvolution():
            return {"weight": (layer.inputs, layer.outputs, KERNEL, KERNEL), "bias": (layer.outputs,)}
        case _:
            return {}
