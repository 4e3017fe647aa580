"""The torch model against its layers written out."""

import numpy as np
import pytest
import torch

from tvae.config import ModelConfig
from tvae.model.layers import architecture
from tvae.model.vae import Posterior, initial_model, model_with, weights_of

SHAPE, CONFIG = (2, 2, 1), ModelConfig(hidden=5, latent_dim=3)


def test_encoder_and_decoder_are_the_two_layers_written_out():
    model = initial_model(SHAPE, CONFIG, 0)
    w = {name: tensor.numpy().astype(np.float64) for name, tensor in model.state_dict().items()}
    x = np.random.default_rng(0).random((2, 4))
    hidden = np.maximum(x @ w["encoder.0.weight"].T + w["encoder.0.bias"], 0)
    heads = hidden @ w["encoder.2.weight"].T + w["encoder.2.bias"]
    z = np.random.default_rng(1).random((2, 3))
    back = np.maximum(z @ w["decoder.0.weight"].T + w["decoder.0.bias"], 0)
    pixels = 1 / (1 + np.exp(-(back @ w["decoder.2.weight"].T + w["decoder.2.bias"])))
    with torch.no_grad():
        posterior = model.encode(torch.tensor(x, dtype=torch.float32))
        np.testing.assert_allclose(posterior.mean, heads[:, :3], atol=1e-6)
        np.testing.assert_allclose(posterior.log_var, heads[:, 3:], atol=1e-6)
        np.testing.assert_allclose(model.decode(torch.tensor(z, dtype=torch.float32)), pixels, atol=1e-6)


def test_a_sample_is_the_mean_plus_the_noise_times_the_sd():
    posterior = Posterior(torch.tensor([[2.0]]), torch.tensor([[np.log(9.0)]]))
    assert posterior.sample(torch.zeros(1, 1)).item() == 2.0
    assert posterior.sample(torch.ones(1, 1)).item() == pytest.approx(5.0)


def test_first_weights_depend_on_the_seed_alone():
    torch.manual_seed(123)
    before = torch.random.get_rng_state()
    one = weights_of(initial_model(SHAPE, CONFIG, 7))
    assert torch.equal(torch.random.get_rng_state(), before)  # the caller's random numbers are left alone
    torch.manual_seed(999)
    again, other = weights_of(initial_model(SHAPE, CONFIG, 7)), weights_of(initial_model(SHAPE, CONFIG, 8))
    for name in one:
        np.testing.assert_array_equal(one[name], again[name])
        assert (one[name] != other[name]).any()


def test_a_model_made_with_weights_has_these_weights():
    weights = weights_of(initial_model(SHAPE, CONFIG, 7))
    assert {name: array.shape for name, array in weights.items()} == architecture(SHAPE, CONFIG).weight_shapes()
    again = weights_of(model_with(weights, SHAPE, CONFIG))
    for name, array in weights.items():
        np.testing.assert_array_equal(array, again[name])
