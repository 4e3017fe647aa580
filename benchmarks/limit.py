"""The limit of a training step: its eleven matrix products alone, same shapes, same threads."""

from __future__ import annotations

import time

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
    """Of one step: forward, by the weights, and by the inputs but those of the first layer."""
    sizes = [inputs * outputs for inputs, outputs in layer_shapes(pixels, model)]
    return 2 * rows * (3 * sum(sizes) - sizes[0])


class Products:
    """The products of one step on random numbers, ready to be taken."""

    def __init__(self, rows: int, pixels: int, model: ModelConfig, products: torch.dtype) -> None:
        self._layers = [
            [torch.randn(shape).to(products) for shape in ((rows, inputs), (outputs, inputs), (rows, outputs))]
            for inputs, outputs in layer_shapes(pixels, model)
        ]

    def __call__(self, count: int) -> float:
        """Seconds of so many steps' products."""
        started = time.perf_counter()
        for _ in range(count):
            for layer, (inputs, weights, by_outputs) in enumerate(self._layers):
                inputs @ weights.T
                by_outputs.T @ inputs
                if layer:
                    by_outputs @ weights
        return time.perf_counter() - started
