"""Expected training time: its products against those that torch's own layers make."""

from __future__ import annotations

import math

import pytest
import torch
from torch import nn

from tvae.config import ModelConfig
from tvae.model.layers import ImageShape
from tvae.model.vae import initial_model
from tvae.training.expected_time import image_products, step_seconds


def products_of_torch(image_shape: ImageShape, config: ModelConfig) -> int:
    """Counted at each layer from the shapes that pass it."""
    model, total = initial_model(image_shape, config, seed=0), 0

    def count(layer: nn.Module, inputs: tuple[torch.Tensor], output: torch.Tensor) -> None:
        nonlocal total
        weight = layer.weight
        assert isinstance(weight, torch.Tensor)
        # A weight of a layer meets each place of its output; of a transposed convolution each place of its input.
        maps = inputs[0] if isinstance(layer, nn.ConvTranspose2d) else output
        total += weight.numel() * math.prod(maps.shape[2:])

    for layer in model.modules():
        if isinstance(layer, nn.Linear | nn.Conv2d | nn.ConvTranspose2d):
            layer.register_forward_hook(count)
    model.decode(model.encode(torch.zeros(1, math.prod(image_shape))).mean)
    return total


@pytest.mark.parametrize("kind", ["mlp", "conv"])
@pytest.mark.parametrize("image_shape", [(28, 28, 1), (30, 22, 3), (64, 64, 3)])
def test_products_are_those_of_torch_s_layers(kind, image_shape):
    config = ModelConfig(kind=kind, hidden=50, latent_dim=7)
    assert image_products(image_shape, config) == products_of_torch(image_shape, config)


def test_time_grows_with_triplets_and_with_arms_beyond_the_cores():
    shape, model = (28, 28, 1), ModelConfig()
    assert step_seconds(shape, model, 256, 2) == 2 * step_seconds(shape, model, 128, 1)
    assert step_seconds(shape, model, 128, 3) == 2 * step_seconds(shape, model, 128, 2)
