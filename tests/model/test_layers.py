"""The networks' layers: their weights by torch, and their outputs by numpy against torch's."""

import numpy as np
import pytest
import torch

from tvae.config import ModelConfig
from tvae.errors import InputError
from tvae.model.layers import Convolution, TransposedConvolution, architecture
from tvae.model.network import Network
from tvae.model.vae import initial_model, model_with, weights_of

SHAPES = [(28, 28, 1), (32, 32, 3), (64, 64, 3), (16, 16, 1), (8, 8, 3), (9, 30, 1), (31, 17, 3)]


@pytest.mark.parametrize("kind", ["mlp", "conv"])
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_numpy_computes_what_torch_computes(shape, kind):
    config = ModelConfig(kind=kind, hidden=12, latent_dim=3)
    model = initial_model(shape, config, 0)
    weights = weights_of(model)
    assert {name: array.shape for name, array in weights.items()} == architecture(shape, config).weight_shapes()
    network = Network(weights, shape, config)
    images = np.random.default_rng(0).integers(0, 256, (5, *shape), dtype=np.uint8)
    posterior = network.encoded(images)
    with torch.no_grad():
        expected = model.encode(torch.from_numpy(images.reshape(5, -1) / np.float32(255)))
        decoded = model.decode(expected.mean).reshape(-1, *shape)
        again = model_with(weights, shape, config).encode(torch.from_numpy(images.reshape(5, -1) / np.float32(255)))
    np.testing.assert_allclose(posterior.means, expected.mean, atol=1e-5)
    np.testing.assert_allclose(posterior.log_vars, expected.log_var, atol=1e-5)
    np.testing.assert_allclose(network.decoded(posterior.means), decoded, atol=1e-5)
    np.testing.assert_array_equal(again.mean, expected.mean)


def test_more_images_than_a_block_holds_are_computed_as_a_few_are():
    shape, config = (8, 8, 1), ModelConfig(kind="conv", hidden=12, latent_dim=3)
    network = Network(weights_of(initial_model(shape, config, 0)), shape, config)
    images = np.random.default_rng(0).integers(0, 256, (3, *shape), dtype=np.uint8)
    few, many = network.encoded(images).means, network.encoded(np.tile(images, (400, 1, 1, 1))).means
    np.testing.assert_allclose(many, np.tile(few, (400, 1)), atol=1e-5)


@pytest.mark.parametrize(("side", "count"), [(8, 1), (16, 2), (28, 3), (32, 3), (64, 4)])
def test_each_convolution_halves_the_sides_down_to_four_pixels_or_fewer(side, count):
    """At 64 pixels the four convolutions of Burgess et al. 2018, of 32 channels each."""
    layers = architecture((side, side, 3), ModelConfig(kind="conv", hidden=256, latent_dim=10))
    convolutions = [layer for layer in layers.encoder if isinstance(layer, Convolution)]
    assert [(layer.inputs, layer.outputs) for layer in convolutions] == [(3, 32), *[(32, 32)] * (count - 1)]
    transposed = [layer for layer in layers.decoder if isinstance(layer, TransposedConvolution)]
    assert [(layer.inputs, layer.outputs) for layer in transposed] == [*[(32, 32)] * (count - 1), (32, 3)]


def test_convolutions_of_tiny_images_are_refused():
    line = r"model\.kind: 'conv' is not possible for images of 7 x 20 pixels; it needs 8 x 8 at least: right is mlp"
    with pytest.raises(InputError, match=f"^{line}$"):
        initial_model((7, 20, 1), ModelConfig(kind="conv"), 0)
