"""Reconstructions, errors by class and between arms, against plain loops and a run's own numbers."""

import statistics
from pathlib import Path

import numpy as np
import pytest

from tvae.errors import InputError
from tvae.explore.reconstruction import (
    class_errors,
    lowest_beyond_noise,
    paired_difference,
    posterior_noise,
    reconstructions,
    sampled_errors,
    squared_errors,
)
from tvae.runs.run import read_run
from tvae.runs.weights import network

RUN = read_run(Path(__file__).parents[2] / "checkpoints" / "digits")


def test_errors_by_class_are_those_of_a_plain_loop():
    rng = np.random.default_rng(0)
    errors, labels = rng.random(40), rng.integers(0, 3, 40)
    by_class = class_errors(errors, labels, 5)
    for label in range(3):
        own = [float(error) for error, other in zip(errors, labels, strict=True) if other == label]
        assert by_class.counts[label] == len(own)
        assert by_class.means[label] == pytest.approx(statistics.mean(own))
    assert by_class.counts[3] == 0 and np.isnan(by_class.means[3])
    with pytest.raises(InputError, match="3 classes"):
        class_errors(errors, labels + 1, 3)
    with pytest.raises(InputError, match="for every image"):
        class_errors(errors[1:], labels, 3)


def test_the_difference_is_paired():
    first = np.array([1.0, 4.0, 9.0, 2.0])
    second = first + np.array([0.5, 0.7, 0.6, 0.6])
    difference = paired_difference(first, second)
    steps = [0.5, 0.7, 0.6, 0.6]
    assert difference.mean == pytest.approx(0.6) and difference.n == 4
    assert difference.standard_error == pytest.approx(statistics.stdev(steps) / 2)
    assert difference.beyond_noise
    assert not paired_difference(np.zeros(4), np.array([1.0, -1.0, 1.0, -0.9])).beyond_noise
    assert not paired_difference(first, first).beyond_noise
    alone = paired_difference(np.array([1.0]), np.array([3.0]))
    assert alone.mean == 2 and np.isnan(alone.standard_error) and not alone.beyond_noise
    with pytest.raises(InputError, match="4 of one arm, 3 of the other"):
        paired_difference(first, second[:3])


def test_an_arm_is_lowest_only_beyond_the_noise():
    base, wiggle = np.array([3.0, 4.0, 5.0, 6.0]), np.array([0.5, -0.5, 0.4, -0.3])
    assert lowest_beyond_noise({"a": base + 1, "b": base, "c": base + 2}) == "b"
    assert lowest_beyond_noise({"a": base + 1, "b": base, "c": base + wiggle}) is None
    assert lowest_beyond_noise({"a": base, "b": base}) is None
    assert lowest_beyond_noise({"a": base}) is None
    assert lowest_beyond_noise({"a": base[:1], "b": base[:1] + 1}) is None


def test_squared_errors_are_sums_over_pixels():
    rng = np.random.default_rng(1)
    images, back = rng.integers(0, 256, (3, 4, 5), dtype=np.uint8), rng.random((3, 4, 5))
    for i, error in enumerate(squared_errors(images, back)):
        total = sum((images[i, y, x] / 255 - back[i, y, x]) ** 2 for y in range(4) for x in range(5))
        assert error == pytest.approx(total, rel=1e-5)


def test_errors_of_samples_are_those_one_by_one_and_above_those_of_the_means(digits):
    arm = network(RUN, "vae")
    images = digits.test.images
    noise = posterior_noise(len(images), arm.latents, 5)
    errors = sampled_errors(arm, images, noise, block=100)
    for row in (0, 99, 100, 358):
        posterior = arm.encoded(images[row][None])
        code = posterior.means[0] + np.exp(0.5 * posterior.log_vars[0]) * noise[row]
        back = arm.decoded(code[None])[0]
        assert errors[row] == pytest.approx(((images[row] / 255 - back) ** 2).sum(), rel=1e-4)
    of_means = squared_errors(images, arm.decoded(arm.encoded(images).means))
    assert errors.mean() > of_means.mean()
    with pytest.raises(InputError, match="seed: -3"):
        posterior_noise(2, 3, -3)


def test_reconstructions_are_decoded_from_the_means_or_from_samples(digits):
    arm, images = network(RUN, "tvae"), digits.test.images[:6]
    posterior = arm.encoded(images)
    from_means = reconstructions(arm, images, posterior.means)
    np.testing.assert_array_equal(from_means.images, np.rint(255 * arm.decoded(posterior.means)))
    for row in range(6):
        decoded = arm.decoded(posterior.means[row][None])[0]
        assert from_means.errors[row] == pytest.approx(((images[row] / 255 - decoded) ** 2).sum(), rel=1e-4)
    noise = posterior_noise(6, arm.latents, 1)
    from_samples = reconstructions(arm, images, posterior.means, noise)
    np.testing.assert_allclose(from_samples.errors, sampled_errors(arm, images, noise), rtol=1e-5)
    assert (from_samples.images != from_means.images).any()
