"""Training of a convolutional network: repeatable, resumed to the bit, in bfloat16 too, and it learns."""

from dataclasses import replace

import numpy as np
import pytest

from tests.training.test_loop import assert_bit_identical
from tvae.config import LossConfig, ModelConfig, RunConfig, TrainConfig
from tvae.data import Split
from tvae.metrics.triplet_accuracy import triplet_accuracy
from tvae.model.vae import weights_of
from tvae.runs.evaluation import encode_arm
from tvae.runs.resume_file import Standing, read_resume_file, write_resume_file
from tvae.training.loop import Training

CONFIG = RunConfig(
    model=ModelConfig(kind="conv", hidden=32, latent_dim=4), train=TrainConfig(epochs=2, batch_size=16, step="plain")
)


@pytest.fixture(scope="module")
def tinted() -> Split:
    """Random images of 12 x 10 pixels in three classes, each with a colour of its own."""
    random = np.random.default_rng(0)
    labels = np.arange(96) % 3
    images = random.integers(0, 128, (96, 12, 10, 3), dtype=np.uint8)
    images[np.arange(96), :, :, labels] += 100
    return Split("train", images, labels, ("red", "green", "blue"))


def trained(config: RunConfig, split: Split, steps: int | None = None) -> Training:
    training = Training(config, split)
    for report in training.reports():
        if report.step == steps:
            break
    return training


def test_arms_with_equal_losses_and_runs_with_equal_seeds_end_bit_identical(tinted):
    arms = {"one": LossConfig(), "other": LossConfig(), "third": LossConfig(triplet_weight=0)}
    first, again = (trained(replace(CONFIG, arms=arms), tinted).arms for _ in range(2))
    assert_bit_identical(weights_of(first["one"].model), weights_of(first["other"].model))
    assert_bit_identical(weights_of(first["one"].model), weights_of(again["one"].model))
    one, third = (weights_of(first[arm].model)["encoder.1.weight"] for arm in ("one", "third"))
    assert (one != third).any()


@pytest.mark.parametrize("step", ["plain", "fast-bfloat16"])
def test_resumed_from_a_file_it_ends_with_the_same_weights_to_the_bit(tinted, tmp_path, step):
    config = replace(CONFIG, train=replace(CONFIG.train, step=step))
    whole, first = trained(config, tinted), trained(config, tinted, steps=5)
    standing = Standing(step=5, steps=first.steps, seconds=1.0, waiting={"count": 0, "arms": {}})
    write_resume_file(tmp_path / "resume", first, standing)
    _, tensors = read_resume_file(tmp_path / "resume", config, tinted.image_shape)
    resumed = Training(config, tinted)
    for name, arm in resumed.arms.items():
        arm.restore(tensors[name])
    resumed.step = standing.step
    for _ in resumed.reports():
        pass
    for name, arm in whole.arms.items():
        assert_bit_identical(weights_of(arm.model), weights_of(resumed.arms[name].model))


def test_in_bfloat16_the_losses_follow_those_in_float32(tinted):
    longer = replace(CONFIG.train, epochs=10)
    plain, fast = (
        [report.arms for report in Training(replace(CONFIG, train=replace(longer, step=step)), tinted).reports()]
        for step in ("plain", "fast-bfloat16")
    )
    assert len(plain) == 60
    for arm in ("vae", "tvae"):
        totals = np.array([[reports[arm].total for reports in steps] for steps in (plain, fast)])
        in_float32, in_bfloat16 = totals.reshape(2, 6, 10).mean(axis=2)  # of ten steps each
        assert (in_float32 != in_bfloat16).all(), "another arithmetic"
        np.testing.assert_allclose(in_bfloat16, in_float32, rtol=0.05)


def test_it_learns_the_order_of_triplets(digits):
    """On the 8 x 8 digits: about chance before, above the paper's VAE after, and the triplet loss puts more right."""

    def accuracy(training: Training, arm: str) -> float:
        means = encode_arm(training.arms[arm].model, digits.test).means
        return float(triplet_accuracy(means, digits.test.labels, [0.0]).accuracy[0])

    config = replace(CONFIG, train=TrainConfig(epochs=5, batch_size=64, learning_rate=3e-3, step="plain"))
    before, after = Training(config, digits.train), trained(config, digits.train)
    assert accuracy(before, "tvae") < 0.75
    assert accuracy(after, "tvae") > 0.9
    assert accuracy(after, "tvae") > accuracy(after, "vae") + 0.05
