"""Suggested settings: the rule against plain code, MNIST's own preset, and the loss at a run's first steps."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from tvae.config import PRESETS
from tvae.data import Dataset, Split
from tvae.metrics.triplet_accuracy import triplet_accuracy
from tvae.training import suggested_config as module
from tvae.training.loop import Training, train
from tvae.training.suggested_config import MNIST_VARIANCE, Suggestion, suggested_config, total_variance


def split_of(images: np.ndarray, labels: np.ndarray | None = None) -> Split:
    images = images[..., None] if images.ndim == 3 else images
    labels = np.arange(len(images)) % 2 if labels is None else labels
    return Split("train", images, labels, tuple(map(str, range(int(labels.max()) + 1))))


def noise(n: int, side: int, shape: tuple[int, ...] = ()) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (n, side, side, *shape), dtype=np.uint8)


def test_the_total_variance_is_the_squared_error_of_the_mean_image(digits: Dataset):
    images = digits.train.images.astype(np.float64) / 255
    mean = images.mean(axis=0)
    errors = [((image - mean) ** 2).sum() for image in images]
    assert total_variance(digits.train) == pytest.approx(np.mean(errors), rel=1e-6)


def test_the_rows_that_are_measured_are_spread_over_the_split(monkeypatch):
    """Class folders come one after the other, so that the first rows are of one class."""
    monkeypatch.setattr(module, "_ROWS", 10)
    images = np.zeros((100, 2, 2), np.uint8)
    images[50:] = 255
    assert total_variance(split_of(images)) == pytest.approx(4 * 0.25)


def test_weights_are_the_preset_s_times_the_ratio_of_the_variances(digits: Dataset):
    suggestion = suggested_config("mine", digits.train)
    preset = PRESETS["paper"].arms["tvae"]
    ratio = total_variance(digits.train) / MNIST_VARIANCE
    assert suggestion.loss.triplet_weight == pytest.approx(ratio * preset.triplet_weight, rel=0.05)
    assert suggestion.loss.kl_weight == pytest.approx(ratio * preset.kl_weight, rel=0.05)
    assert (suggestion.loss.margin, suggestion.loss.reconstruction_weight) == (preset.margin, 1.0)
    assert suggestion.config.data.name == "mine"
    assert f"multiplied by {ratio:.2g}" in suggestion.reason
    assert f"{suggestion.variance:.3g}" in suggestion.reason


def test_images_that_vary_as_mnist_s_get_our_preset():
    side = 28
    images = np.zeros((1_000, side, side), np.uint8)
    level = round(255 * 2 * np.sqrt(MNIST_VARIANCE / side**2))
    images[::2] = level
    suggestion = suggested_config("mine", split_of(images, np.arange(1_000) // 2 % 2))
    assert suggestion.variance == pytest.approx(MNIST_VARIANCE, rel=0.01)
    assert suggestion.loss == PRESETS["paper"].arms["tvae"]


@pytest.mark.parametrize(
    ("n", "batch", "epochs"), [(5, 5, 1_000), (100, 16, 167), (240, 16, 67), (1_438, 128, 91), (60_000, 128, 20)]
)
def test_few_images_get_smaller_batches_and_more_epochs(n, batch, epochs):
    train = suggested_config("mine", split_of(noise(n, 4))).config.train
    assert (train.batch_size, train.epochs) == (batch, epochs)
    assert train.epochs * (n // train.batch_size) >= 1_000


def test_labels_without_a_triplet_get_a_vae_alone_and_say_so():
    suggestion = suggested_config("mine", split_of(noise(20, 4), np.zeros(20, np.int64)))
    assert list(suggestion.config.arms) == ["vae"]
    assert "a VAE alone" in suggestion.reason
    assert next(train(suggestion.config, split_of(noise(20, 4), np.zeros(20, np.int64)))).step == 1


def test_images_that_are_all_alike_get_weights_above_nothing():
    suggestion = suggested_config("mine", split_of(np.full((20, 4, 4), 7, np.uint8)))
    assert suggestion.variance == 0 and suggestion.loss.triplet_weight > 0 and suggestion.loss.kl_weight > 0


@pytest.mark.parametrize(
    ("side", "colour", "kind"),
    [(28, (), "mlp"), (32, (), "mlp"), (64, (), "conv"), (32, (3,), "conv"), (8, (3,), "conv"), (4, (3,), "mlp")],
)
def test_images_in_colour_and_large_ones_get_a_convolutional_network(side, colour, kind):
    suggestion = suggested_config("mine", split_of(noise(20, side, colour)))
    assert suggestion.config.model.kind == kind
    assert ("convolutions" in suggestion.network) == (kind == "conv")


def triplet_share(suggestion: Suggestion, split: Split) -> float:
    """The triplet term's share of the loss at the first step, which is before any training."""
    losses = next(Training(suggestion.config, split).reports()).arms["tvae"]
    return suggestion.loss.triplet_weight * losses.triplet / losses.total


def enlarged(digits: Dataset, times: int) -> Split:
    """The first 600 digits with each pixel enlarged to a square: sums over pixels grow with its area."""
    images = digits.train.images[:600].repeat(times, axis=1).repeat(times, axis=2)
    return Split("train", images, digits.train.labels[:600], digits.class_names)


@pytest.mark.parametrize("times", [1, 4])
def test_the_triplet_term_begins_with_the_same_share_of_the_loss_at_any_size(digits: Dataset, times):
    split = enlarged(digits, times)
    assert 0.06 < triplet_share(suggested_config("mine", split), split) < 0.12


def test_with_our_preset_it_does_not(digits: Dataset):
    shares = [triplet_share(Suggestion(PRESETS["paper"], 1.0), enlarged(digits, times)) for times in (1, 4)]
    assert shares[0] > 0.4 and shares[1] < 0.12


def test_a_suggested_run_learns_what_its_triplets_ask_for_and_does_not_collapse(digits: Dataset, monkeypatch):
    monkeypatch.setattr(module, "LEAST_STEPS", 300)
    training = Training(suggested_config("mine", enlarged(digits, 1)).config, enlarged(digits, 1))
    *_, report = training.reports()
    assert report.warnings == {}
    images = torch.from_numpy(digits.test.pixels())
    accuracy = {}
    for name, arm in training.arms.items():
        means = arm.model.encode(images).mean.detach().numpy()
        accuracy[name] = triplet_accuracy(means, digits.test.labels, margins=[0.0]).accuracy[0]
    assert accuracy["tvae"] > accuracy["vae"] + 0.03
