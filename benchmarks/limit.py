"""The limit of a training step: its eleven matrix products alone, same shapes, same threads."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from tvae.config import ModelConfig


def layer_shapes(pixels: int, model: ModelConfig) -> list[tuple[int, int]]:
    """Inputs and outputs of each layer."""
    return [
        (pixels, model.hidden),
        (model.hidden, 2 * model.latent_dim),
        (model.latent_dim, model.hidden),
        (model.hidden, pixels),
    ]


def floating_point_operations(rows: int, pixels: int, model: ModelConfig) -> int:
    """Operations of one step: forward, by the weights, and by the inputs of all layers but the first."""
    sizes = [inputs * outputs for inputs, outputs in layer_shapes(pixels, model)]
    return 2 * rows * (3 * sum(sizes) - sizes[0])


def share_of_operations(ink: float, rows: int, pixels: int, model: ModelConfig) -> float:
    """Share of these operations that our float32 step takes, which multiplies only pixels with ink in the first layer.

    Args:
        ink: share of all pixels that are above 0.
    """
    dense = floating_point_operations(rows, pixels, model)
    return 1 - 4 * rows * pixels * model.hidden * (1 - ink) / dense


class Products:
    """Products of one step, on random numbers."""

    def __init__(self, rows: int, pixels: int, model: ModelConfig, products: torch.dtype, by_numpy: bool) -> None:
        """
        Args:
            by_numpy: in numpy's library, of float32 alone; else in torch's.
        """
        self._multiply: Callable[..., Any] = np.dot if by_numpy else torch.mm
        self._products = []
        for layer, (inputs, outputs) in enumerate(layer_shapes(pixels, model)):
            shapes = (rows, inputs), (outputs, inputs), (rows, outputs)
            by_inputs, by_weights, values = [torch.empty(shape, dtype=products) for shape in shapes]
            batch, weights, by_values = [torch.randn(shape).to(products) for shape in shapes]
            taken = [(batch, weights.T, values), (by_values.T, batch, by_weights)]
            if layer:
                taken.append((by_values, weights, by_inputs))
            self._products += [[part.numpy() for part in product] if by_numpy else product for product in taken]

    def __call__(self, count: int) -> float:
        """Seconds that the products of so many steps take."""
        started = time.perf_counter()
        for _ in range(count):
            for left, right, out in self._products:
                self._multiply(left, right, out=out)
        return time.perf_counter() - started
