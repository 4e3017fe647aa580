"""The fast CPU steps against the plain one: gradients, loss curve, losses that are not finite."""

import itertools
import math

import numpy as np
import pytest
import torch

from tests.coloured import coloured_digits
from tests.conftest import assert_both_end_alike
from tvae.config import LossConfig, ModelConfig, RunConfig, Step, TrainConfig, vae_and_tvae
from tvae.data import Split
from tvae.model.vae import weights_of
from tvae.training.arm import NonFiniteLoss
from tvae.training.loop import Training
from tvae.training.steps.cpu import FastStep, Float32Step
from tvae.training.steps.cpu_bfloat16 import Bfloat16Step
from tvae.training.steps.plain import PlainStep
from tvae.training.steps.sparse_kernels import worthwhile_ink

LOSSES = {
    "paper": LossConfig(),
    "bernoulli": LossConfig(reconstruction="bernoulli", kl_weight=0.3),
    "no triplets": LossConfig(triplet_weight=0),
    "no pixels": LossConfig(reconstruction_weight=0),
    "no KL": LossConfig(kl_weight=0, margin=0.2),
    "triplets alone": LossConfig(reconstruction_weight=0, kl_weight=0),
    "nothing": LossConfig(reconstruction_weight=0, kl_weight=0, triplet_weight=0),
}
TOLERANCE = {"fast-float32": 1e-5, "fast-bfloat16": 0.03}
"""Difference of a layer's gradient, as a share of its norm: rounding of float32 sums, and to 8 bits of mantissa."""


STEPS = [*((step, images) for step in TOLERANCE for images in ("dense", "drawn")), ("fast-float32", "coloured")]
"""Kinds of steps, and of images: a step multiplies all pixels of dense ones, only the ink of drawn ones.

The coloured ones of a class are so alike that rounding to bfloat16 turns a hidden unit on or off for all of them.
"""


@pytest.fixture
def split(digits, request):
    """Digits; 'drawn' ones have little ink, and pixels without any, so that only the ink is multiplied."""
    images = digits.train.images.copy()
    if request.param == "coloured":
        return coloured_digits(n_train=len(images)).train
    if request.param == "drawn":
        images[images < 170] = 0
        images[:, :, :2] = 0
        images[5] = 0
    assert (len(worthwhile_ink(images.reshape(len(images), -1)).values) > 0) == (request.param == "drawn")
    return Split("train", images, digits.train.labels, digits.train.class_names)


def first_gradients(step, loss, split, triplets):
    train = TrainConfig(epochs=1, batch_size=16, step=step, triplets=triplets)
    config = RunConfig(model=ModelConfig(hidden=24, latent_dim=5), train=train, arms={"one": loss})
    training = Training(config, split)
    report = next(training.reports())
    (training_step,) = training.training_steps
    assert isinstance(training_step, FastStep) == (step != "plain")
    if isinstance(training_step, FastStep):
        return report, training_step.by_weight
    named = training.arms["one"].model.named_parameters()
    # With all weights 0 the plain step leaves gradients out, which is the same as 0.
    return report, {name: torch.zeros_like(p) if p.grad is None else p.grad for name, p in named}


def test_each_arm_has_a_step_of_the_kind_and_the_products_that_are_asked_for(blobs):
    kinds: tuple[tuple[Step, type, torch.dtype], ...] = (
        ("plain", PlainStep, torch.float32),
        ("fast-float32", Float32Step, torch.float32),
        ("fast-bfloat16", Bfloat16Step, torch.bfloat16),
    )
    for step, kind, products in kinds:
        config = RunConfig(model=ModelConfig(hidden=8, latent_dim=3), train=TrainConfig(batch_size=10, step=step))
        training = Training(config, blobs)
        assert training.products == products
        assert [type(training_step) for training_step in training.training_steps] == [kind, kind]


@pytest.mark.parametrize("triplets", ["sampled", "batch-all"])
@pytest.mark.parametrize("loss", LOSSES.values(), ids=LOSSES)
@pytest.mark.parametrize(("step", "split"), STEPS, indirect=["split"])
def test_gradients_are_those_of_automatic_differentiation(split, step, loss, triplets):
    report, gradients = first_gradients(step, loss, split, triplets)
    plain_report, plain = first_gradients("plain", loss, split, triplets)
    ours, theirs = report.arms["one"], plain_report.arms["one"]
    for term in ("reconstruction", "kl", "triplet", "total", "spread"):
        assert getattr(ours, term) == pytest.approx(getattr(theirs, term), rel=TOLERANCE[step], abs=1e-6), term
    for name, gradient in plain.items():
        assert (gradients[name] - gradient).norm() <= TOLERANCE[step] * gradient.norm() + 1e-5, name


@pytest.mark.parametrize(("step", "split"), STEPS, indirect=["split"])
def test_the_loss_curve_follows_the_plain_one_over_200_steps(split, step):
    def curve(step):
        train = TrainConfig(epochs=5, batch_size=32, step=step)
        config = RunConfig(model=ModelConfig(hidden=64, latent_dim=8), train=train, arms=vae_and_tvae(LossConfig()))
        reports = Training(config, split).reports()
        losses = [[arm.total for arm in report.arms.values()] for report in itertools.islice(reports, 200)]
        return np.array(losses)

    np.testing.assert_allclose(curve(step), curve("plain"), rtol={"fast-float32": 1e-4, "fast-bfloat16": 0.03}[step])


@pytest.mark.parametrize(("step", "split"), STEPS, indirect=["split"])
def test_a_fast_step_repeats_to_the_bit_and_keeps_nothing_but_weights_and_moments(split, step):
    """A second training that takes over weights and Adam's moments halfway ends with the same weights."""

    def training():
        train = TrainConfig(epochs=1, batch_size=64, step=step)
        return Training(RunConfig(model=ModelConfig(hidden=8, latent_dim=3), train=train), split)

    one, other = training(), training()
    reports = one.reports()
    for _ in range(9):
        next(reports)
    for name, arm in other.arms.items():
        arm.restore({key: tensor.numpy().copy() for key, tensor in one.arms[name].state()})
    other.step = one.step
    assert_both_end_alike(one, reports, other)


@pytest.mark.parametrize("poison", [math.nan, math.inf])
@pytest.mark.parametrize("step", ["fast-float32", "fast-bfloat16"])
def test_a_loss_that_is_not_finite_stops_before_the_weights_are_touched(blobs, step, poison):
    train = TrainConfig(epochs=3, batch_size=10, step=step)
    training = Training(RunConfig(model=ModelConfig(hidden=8, latent_dim=3), train=train), blobs)
    reports = training.reports()
    next(reports)
    model = training.arms["tvae"].model
    with torch.no_grad():
        model.get_parameter("encoder.2.bias")[4] = poison
    before = weights_of(model)
    with pytest.raises(NonFiniteLoss, match=r"arm tvae: .* is not finite at step 2"):
        next(reports)
    for name, array in weights_of(model).items():
        np.testing.assert_array_equal(array, before[name])


@pytest.mark.parametrize("step", ["plain", "fast-float32", "fast-bfloat16"])
def test_a_term_of_weight_0_is_measured_and_stops_the_run_too_where_it_is_not_finite(blobs, step):
    loss = LossConfig(reconstruction_weight=0)
    train = TrainConfig(epochs=3, batch_size=10, step=step)
    training = Training(RunConfig(model=ModelConfig(hidden=8, latent_dim=3), train=train, arms={"one": loss}), blobs)
    with torch.no_grad():
        training.arms["one"].model.get_parameter("decoder.2.bias")[4] = math.nan
    with pytest.raises(NonFiniteLoss, match="arm one: reconstruction is not finite at step 1"):
        next(training.reports())
