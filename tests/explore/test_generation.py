"""Samples of the prior and of a class, and rows of real images, against plain loops."""

from __future__ import annotations

import numpy as np
import pytest

from tvae.errors import InputError
from tvae.explore.generation import class_gaussian, prior_codes, real_rows, samples_of_classes, shared_noise


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
    gaussian = class_gaussian(means, labels, 2)
    np.testing.assert_allclose(gaussian.mean, mean)
    np.testing.assert_allclose(gaussian.covariance, covariance)
    assert gaussian.n == len(own)


def test_codes_of_a_class_have_its_mean_and_covariance_at_the_temperature():
    random = np.random.default_rng(1)
    gaussian = class_gaussian(random.normal(size=(500, 3)) @ random.normal(size=(3, 3)) + 5, np.zeros(500, int), 0)
    for temperature in (1.0, 0.5):
        codes = gaussian.codes(shared_noise(20_000, 3, 0), temperature)
        np.testing.assert_allclose(codes.mean(axis=0), gaussian.mean, atol=0.1)
        scale = np.abs(gaussian.covariance).max()
        np.testing.assert_allclose(np.cov(codes.T) / temperature**2, gaussian.covariance, atol=0.05 * scale)
    assert (gaussian.codes(shared_noise(3, 3, 0), 0) == gaussian.mean.astype(np.float32)).all()


def test_one_image_and_equal_images_have_no_spread():
    for means in (np.ones((1, 2)), np.ones((4, 2))):
        codes = class_gaussian(means, np.zeros(len(means), int), 0).codes(shared_noise(5, 2, 0), 1)
        np.testing.assert_array_equal(codes, np.ones((5, 2)))


@pytest.mark.parametrize("asked", [None, 2])
def test_real_rows_are_two_sets_without_a_common_row(asked):
    labels = np.random.default_rng(0).integers(0, 4, 200)
    rows = real_rows(labels, asked, 50, 3)
    members = 200 if asked is None else int((labels == asked).sum())
    assert len(rows.reference) == len(rows.others) == min(50, members // 2)
    assert len({*rows.reference.tolist(), *rows.others.tolist()}) == 2 * len(rows.reference)
    assert asked is None or (labels[np.concatenate([rows.reference, rows.others])] == asked).all()
    assert rows.reference.tolist() != real_rows(labels, asked, 50, 4).reference.tolist()
    with pytest.raises(InputError, match="7 real images are too few"):
        real_rows(labels[:7], None, 50, 3)


@pytest.mark.parametrize(
    ("refused", "said"),
    [
        (lambda: shared_noise(0, 2, 0), "samples: 0 is"),
        (lambda: shared_noise(10**9, 2, 0), "samples: 1000000000"),
        (lambda: shared_noise(3, 0, 0), "latents: 0"),
        (lambda: shared_noise(3, 2, -1), "seed: -1"),
        (lambda: shared_noise(True, 2, 0), "samples: True"),
        (lambda: prior_codes(np.zeros((2, 2)), float("nan")), "temperature: nan"),
        (lambda: prior_codes(np.zeros((2, 2)), -1), "temperature: -1"),
        (lambda: class_gaussian(np.zeros((3, 2)), np.zeros(3, int), 5), "class number 5"),
        (lambda: class_gaussian(np.zeros((3, 2)), np.zeros(3, int), 0).codes(np.zeros((2, 3)), 1), "2 latents"),
        (lambda: class_gaussian(np.zeros((3, 2)), np.zeros(3, int), 0).codes(np.zeros((2, 2)), 11), "temperature: 11"),
    ],
)
def test_impossible_values_are_refused_in_one_line(refused, said):
    with pytest.raises(InputError, match=said) as caught:
        refused()
    assert "\n" not in str(caught.value)


def test_samples_of_classes_are_decoded_from_each_class_s_gaussian():
    class Copier:
        """A decoder whose image is its code."""

        latents = 2

        def decoded(self, codes):
            return np.clip(codes, 0, 1).reshape(len(codes), 1, 2, 1)

    random = np.random.default_rng(0)
    labels = np.repeat([0, 3], 50)
    means = 0.02 * random.normal(size=(100, 2)) + np.where(labels[:, None] == 3, 0.7, 0.2)
    images = samples_of_classes(Copier(), means, labels, np.array([3, 0]), seed=4)  # type: ignore[arg-type]
    noise = shared_noise(2, 2, 4)
    for place, label in enumerate((3, 0)):
        code = class_gaussian(means, labels, label).codes(noise[place : place + 1], 1.0)
        np.testing.assert_allclose(images[place].ravel(), 255 * code.ravel(), atol=0.51)
