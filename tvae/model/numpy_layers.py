"""Layers of the encoder and the decoder computed by numpy."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float32

from tvae.model.layers import (
    KERNEL,
    PADDING,
    STRIDE,
    Convolution,
    Layer,
    Linear,
    Rectifier,
    ToMaps,
    ToRows,
    TransposedConvolution,
)
from tvae.system.array_files import Weights


def layer_outputs(
    layers: Sequence[Layer], weights: Weights, part: str, rows: Float32[np.ndarray, "n in"]
) -> Float32[np.ndarray, "n out"]:
    """The rows put through all layers of a part, whose weights are named `part`, the layer's number and the kind."""
    values = rows
    for number, layer in enumerate(layers):
        weight, bias = (weights.get(f"{part}.{number}.{kind}") for kind in ("weight", "bias"))
        match layer:
            case Rectifier():
                values = np.maximum(values, 0)
            case ToMaps():
                values = values.reshape(-1, *layer.shape)
            case ToRows():
                values = values.reshape(len(values), -1)
            case _:
                assert weight is not None
                assert bias is not None
                values = _product(layer, values, weight) + bias
    return values


def _product(layer: Layer, values: np.ndarray, weight: np.ndarray) -> np.ndarray:
    match layer:
        case Linear():
            return values @ weight.T
        case Convolution():
            return _convolution(values, weight)
        case TransposedConvolution():
            return _transposed_convolution(values, weight, layer.odd)
    raise TypeError(f"{layer} has no weights")


def _convolution(
    maps: Float32[np.ndarray, "n height width in"], weight: Float32[np.ndarray, "out in 4 4"]
) -> Float32[np.ndarray, "n height/2 width/2 out"]:
    """Each window of the padded maps, flat, times the weights."""
    padded = np.pad(maps, ((0, 0), (PADDING, PADDING), (PADDING, PADDING), (0, 0)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, (KERNEL, KERNEL), axis=(1, 2))
    windows = windows[:, ::STRIDE, ::STRIDE].transpose(0, 1, 2, 4, 5, 3)  # (n, height/2, width/2, 4, 4, in)
    flat = windows.reshape(*windows.shape[:3], -1)  # a row of a window is copied at once, as it lies in memory
    return flat @ weight.transpose(2, 3, 1, 0).reshape(-1, len(weight))


def _transposed_convolution(
    maps: Float32[np.ndarray, "n height width in"], weight: Float32[np.ndarray, "in out 4 4"], odd: tuple[int, int]
) -> Float32[np.ndarray, "n 2*height 2*width out"]:
    """Each place's values times the weights are a window of the output; windows that overlap are added."""
    count, height, width, _ = maps.shape
    rows, columns = (STRIDE * side + more for side, more in zip((height, width), odd, strict=True))
    by_place = np.ascontiguousarray(weight.transpose(2, 3, 0, 1))  # (4, 4, in, out)
    padded = np.zeros((count, rows + 2 * PADDING, columns + 2 * PADDING, weight.shape[1]), np.float32)
    for row in range(KERNEL):
        for column in range(KERNEL):
            last_row, last_column = row + STRIDE * height, column + STRIDE * width
            padded[:, row:last_row:STRIDE, column:last_column:STRIDE] += maps @ by_place[row, column]
    return padded[:, PADDING : PADDING + rows, PADDING : PADDING + columns]
