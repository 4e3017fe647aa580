"""The numpy network against torch's model, and against the run's own numbers."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from tvae.errors import InputError
from tvae.model.network import to_bytes
from tvae.runs.encodings import read_encoding
from tvae.runs.evaluation import load_model
from tvae.runs.run import read_run
from tvae.runs.weights import network

RUN = read_run(Path(__file__).parents[2] / "checkpoints" / "digits")


@pytest.mark.parametrize("arm", ["vae", "tvae"])
def test_posteriors_and_images_are_those_of_the_torch_model(arm, digits):
    plain, model = network(RUN, arm), load_model(RUN, arm)
    assert plain.latents == RUN.config.model.latent_dim
    posterior = plain.encoded(digits.test.images)
    with torch.no_grad():
        expected = model.encode(torch.from_numpy(digits.test.pixels()))
        images = model.decode(expected.mean).reshape(-1, 8, 8, 1)
    np.testing.assert_allclose(posterior.means, expected.mean, atol=1e-5)
    np.testing.assert_allclose(posterior.log_vars, expected.log_var, atol=1e-5)
    np.testing.assert_allclose(plain.decoded(posterior.means), images, atol=1e-5)


def test_errors_are_those_in_the_run_folder(digits):
    encoding = read_encoding(RUN, "test")
    assert encoding is not None
    back = network(RUN, "tvae").decoded(encoding.arms["tvae"].means)
    errors = ((digits.test.images / 255 - back) ** 2).sum(axis=(1, 2, 3))
    np.testing.assert_allclose(errors, encoding.arms["tvae"].errors, rtol=1e-4)


def test_a_sample_is_the_mean_plus_the_noise_times_the_sd(digits):
    posterior = network(RUN, "vae").encoded(digits.test.images[:3])
    noise = np.random.default_rng(0).normal(size=posterior.means.shape)
    codes = posterior.sample(noise)
    for i in range(3):
        for latent in range(codes.shape[1]):
            sd = np.sqrt(np.exp(posterior.log_vars[i, latent]))
            assert codes[i, latent] == pytest.approx(posterior.means[i, latent] + sd * noise[i, latent], rel=1e-5)


def test_many_images_are_encoded_as_a_few_are(digits):
    plain = network(RUN, "vae")
    images = np.tile(digits.test.images, (12, 1, 1, 1))  # more than one block holds
    assert len(images) > 4_096
    few = plain.encoded(digits.test.images).means
    np.testing.assert_allclose(plain.encoded(images).means, np.tile(few, (12, 1)), atol=1e-5)


def test_codes_far_from_the_origin_give_finite_images():
    plain = network(RUN, "vae")
    images = plain.decoded(np.full((2, plain.latents), 1e6))
    assert np.isfinite(images).all() and images.min() >= 0 and images.max() <= 1


@pytest.mark.parametrize("codes", [np.zeros((1, 3)), np.zeros(20), np.full((1, RUN.config.model.latent_dim), np.nan)])
def test_codes_of_a_wrong_shape_are_refused(codes):
    with pytest.raises(InputError, match="finite codes of"):
        network(RUN, "vae").decoded(codes)


def test_images_of_a_wrong_shape_and_unknown_arms_are_refused():
    with pytest.raises(InputError, match="uint8 of 8 x 8 x 1"):
        network(RUN, "vae").encoded(np.zeros((2, 28, 28, 1), np.uint8))
    with pytest.raises(InputError, match="no arm 'gan'"):
        network(RUN, "gan")


def test_grey_values_are_rounded():
    assert to_bytes(np.array([[[0.0, 1.0, 0.5, 2.0, -1.0]]])).tolist() == [[[0, 255, 128, 255, 0]]]


def with_bias(arm: str, name: str, value: float):
    """The arm's network with this value in place of a part's last bias."""
    plain = network(RUN, arm)
    bias = plain.weights[name].copy()
    bias[-1] = value
    return replace(plain, weights={**plain.weights, name: bias})


@pytest.mark.filterwarnings("error")
def test_a_log_variance_of_200_gives_no_sample_and_an_error_in_place_of_infinity(digits):
    posterior = with_bias("tvae", "encoder.2.bias", 200.0).encoded(digits.test.images[:3])
    with pytest.raises(InputError, match="samples that are not finite; train it anew"):
        posterior.sample(np.ones(posterior.means.shape))
    posterior = with_bias("tvae", "encoder.2.bias", 80.0).encoded(digits.test.images[:3])
    samples = posterior.sample(np.ones(posterior.means.shape))
    exact = posterior.means + np.exp(0.5 * posterior.log_vars.astype(np.float64))
    np.testing.assert_allclose(samples, exact, rtol=1e-4)


@pytest.mark.filterwarnings("error")
def test_weights_beyond_every_float_give_an_error_and_no_silent_infinity(digits):
    wild = with_bias("vae", "encoder.2.bias", float("inf"))
    with pytest.raises(InputError, match="latent means that are not finite; train it anew"):
        wild.encoded(digits.test.images[:3])
    large = {name: tensor * np.float32(1e30) for name, tensor in network(RUN, "vae").weights.items()}
    with pytest.raises(InputError, match="not finite; train it anew"):
        replace(network(RUN, "vae"), weights=large).encoded(digits.test.images[:3])
    with pytest.raises(InputError, match="pixels that are not finite; train it anew"):
        replace(network(RUN, "vae"), weights=large).decoded(np.full((1, RUN.config.model.latent_dim), 1e30))
