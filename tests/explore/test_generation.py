"""Samples of the prior and of a class against plain loops, and noise that arms and sizes share."""

from __future__ import annotations

import numpy as np
import pytest

from tvae.errors import InputError
from tvae.explore.generation import class_gaussian, prior_codes, shared_noise


def test_noise_is_shared_between_numbers_of_latents_and_of_samples():
    noise = shared_noise(50, 6, 3)
    np.testing.assert_array_equal(shared_noise(50, 4, 3), noise[:, :4])
    np.testing.assert_array_equal(shared_noise(20, 6, 3), noise[:20])
    assert (shared_noise(50, 6, 4) != noise).all()


def test_noise_is_standard_normal():
    noise = shared_noise(20_000, 3, 0)
    np.testing.assert_allclose(noise.mean(axis=0), 0, atol=0.03)
    np.testing.assert_allclose(np.cov(noise.T), np.eye(3), atol=0.04)


def test_prior_codes_are_the_noise_at_the_temperature():
    noise = shared_noise(5, 2, 0)
    np.testing.assert_allclose(prior_codes(noise, 0.5), 0.5 * noise)
    assert (prior_codes(noise, 0) == 0).all()


def test_the_gaussian_of_a_class_is_that_of_plain_loops():
    random = np.random.default_rng(0)
    means = random.normal(size=(40, 3)) @ random.normal(size=(3, 3))
    labels = random.integers(0, 3, 40)
    own = [row for row, label in zip(means.tolist(), labels, strict=True) if label == 2]
    mean = [sum(row[i] for row in own) / len(own) for i in range(3)]
    covariance = [
        [sum((row[i] - mean[i]) * (row[j] - mean[j]) for row in own) / (len(own) - 1) for j in range(3)]
        for i in range(3)
    ]
    found = class_gaussian(means, labels, 2)
    np.testing.assert_allclose(found.mean, mean)
    np.testing.assert_allclose(found.covariance, covariance)
    assert found.n == len(own)


def test_codes_of_a_class_have_its_mean_and_covariance_at_the_temperature():
    random = np.random.default_rng(1)
    found = class_gaussian(random.normal(size=(500, 3)) @ random.normal(size=(3, 3)) + 5, np.zeros(500, int), 0)
    for temperature in (1.0, 0.5):
        codes = found.codes(shared_noise(20_000, 3, 0), temperature)
        np.testing.assert_allclose(codes.mean(axis=0), found.mean, atol=0.1)
        scale = np.abs(found.covariance).max()
        np.testing.assert_allclose(np.cov(codes.T) / temperature**2, found.covariance, atol=0.05 * scale)
    assert (found.codes(shared_noise(3, 3, 0), 0) == found.mean.astype(np.float32)).all()


def test_one_image_and_equal_images_have_no_spread():
    for means in (np.ones((1, 2)), np.ones((4, 2))):
        codes = class_gaussian(means, np.zeros(len(means), int), 0).codes(shared_noise(5, 2, 0), 1)
        np.testing.assert_array_equal(codes, np.ones((5, 2)))


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: shared_noise(0, 2, 0),
        lambda: shared_noise(10**9, 2, 0),
        lambda: shared_noise(3, 0, 0),
        lambda: shared_noise(3, 2, -1),
        lambda: shared_noise(True, 2, 0),
        lambda: prior_codes(np.zeros((2, 2)), float("nan")),
        lambda: prior_codes(np.zeros((2, 2)), -1),
        lambda: class_gaussian(np.zeros((3, 2)), np.zeros(3, int), 5),
        lambda: class_gaussian(np.zeros((3, 2)), np.zeros(3, int), 0).codes(np.zeros((2, 3)), 1),
    ],
)
def test_impossible_values_are_one_line(wrong):
    with pytest.raises(InputError, match="generation: ") as caught:
        wrong()
    assert "\n" not in str(caught.value)
