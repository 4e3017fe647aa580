"""The GPU step of all arms at once against each arm's plain step: captured on a GPU, on the CPU as it is."""

import itertools
from typing import Any

import numpy as np
import pytest
import torch
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.autograd.graph import get_gradient_edge

from tests.coloured import coloured_digits
from tests.conftest import assert_both_end_alike
from tvae.config import Device, LossConfig, ModelConfig, RunConfig, TrainConfig, Triplets
from tvae.model.losses import LossTerms
from tvae.training.arm import NonFiniteLoss
from tvae.training.loop import Training
from tvae.training.steps.gpu import StackedStep

ARMS = {
    "paper": LossConfig(),
    "no-triplets": LossConfig(triplet_weight=0),
    "bernoulli": LossConfig(reconstruction="bernoulli", kl_weight=0.3),
    "no-pixels": LossConfig(reconstruction_weight=0, margin=0.2),
}


ON_A_GPU = pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no CUDA device")


def training(split, triplets: Triplets = "sampled", device: Device = "cpu"):
    train = TrainConfig(epochs=2, batch_size=16, triplets=triplets, step="plain", device=device)
    return Training(RunConfig(model=ModelConfig(hidden=24, latent_dim=5), train=train, arms=ARMS), split)


def stacked(split, products, triplets: Triplets = "sampled", device: Device = "cpu"):
    """A training of all arms in one step."""
    together = training(split, triplets, device)
    arms = list(together.arms.values())
    step = StackedStep(arms, products, together.images, together.next_batch())
    together.training_steps = [step]
    return together


@pytest.mark.parametrize("device", ["cpu", pytest.param("cuda", marks=ON_A_GPU)])
@pytest.mark.parametrize("triplets", ["sampled", "batch-all"])
@pytest.mark.parametrize(("products", "tolerance"), [(torch.float32, 1e-4), (torch.bfloat16, 0.03)])
def test_every_arm_has_the_losses_of_its_plain_step(digits, products, tolerance, triplets, device):
    """On a GPU that is a graph, captured once and replayed at every step."""
    together, alone = stacked(digits.train, products, triplets, device), training(digits.train, triplets, device)
    for ours, theirs in itertools.islice(zip(together.reports(), alone.reports(), strict=True), 60):
        for name, losses in theirs.arms.items():
            own = ours.arms[name]
            for term in ("reconstruction", "kl", "triplet", "spread"):
                same = pytest.approx(getattr(losses, term), rel=tolerance, abs=tolerance)
                assert getattr(own, term) == same, (name, term)
            weighted = LossTerms(own.reconstruction, own.kl, own.triplet).total(ARMS[name])
            assert own.total == pytest.approx(float(weighted), rel=1e-5), name


@pytest.mark.parametrize("device", ["cpu", pytest.param("cuda", marks=ON_A_GPU)])
def test_images_in_colour_have_the_losses_of_their_plain_step(device):
    split = coloured_digits().train
    together, alone = stacked(split, torch.float32, device=device), training(split, device=device)
    for ours, theirs in itertools.islice(zip(together.reports(), alone.reports(), strict=True), 10):
        for name, losses in theirs.arms.items():
            for term in ("reconstruction", "kl", "triplet"):
                same = pytest.approx(getattr(losses, term), rel=1e-4, abs=1e-4)
                assert getattr(ours.arms[name], term) == same, (name, term)


def test_a_restored_arm_ends_with_the_weights_of_an_uninterrupted_one(digits):
    one, other = stacked(digits.train, torch.float32), stacked(digits.train, torch.float32)
    reports = one.reports()
    for _ in range(5):
        next(reports)
    for name, arm in other.arms.items():
        arm.restore({key: tensor.numpy().copy() for key, tensor in one.arms[name].state()})
    other.step = one.step
    assert_both_end_alike(one, reports, other)


def test_one_arm_that_is_not_finite_stops_all_before_any_weight_is_touched(digits):
    whole = stacked(digits.train, torch.float32)
    reports = whole.reports()
    next(reports)
    with torch.no_grad():
        whole.arms["bernoulli"].model.get_parameter("encoder.2.bias")[4] = float("nan")
    before = {name: [tensor.clone() for _, tensor in arm.state()] for name, arm in whole.arms.items()}
    with pytest.raises(NonFiniteLoss, match=r"arm bernoulli: .* is not finite at step 2"):
        next(reports)
    for name, arm in whole.arms.items():
        for (_, tensor), same in zip(arm.state(), before[name], strict=True):
            np.testing.assert_array_equal(tensor.numpy(), same.numpy())


@pytest.mark.parametrize("triplets", ["sampled", "batch-all"])
@pytest.mark.parametrize("products", [torch.float32, torch.bfloat16])
def test_nothing_that_is_captured_depends_on_a_value(digits, products, triplets):
    """A capture allows no value to be read back and no shape that depends on values; tensors without values show it."""
    (step,) = stacked(digits.train, products, triplets).training_steps
    assert isinstance(step, StackedStep)
    with FakeTensorMode(allow_non_fake_inputs=True):
        step._fill_gradients()


def test_no_part_of_the_gradient_graph_outlives_a_step(digits, monkeypatch):
    """A node that is alive from the runs before the capture names their stream, which the capture does not know."""
    (step,) = stacked(digits.train, torch.float32).training_steps
    assert isinstance(step, StackedStep)
    triplets_of = step._triplets

    def marks(weight) -> dict:
        node: Any = get_gradient_edge(weight).node
        return node.metadata

    def marked(means):
        for weight in step._weights:
            marks(weight)["seen"] = True
            assert "seen" in marks(weight)  # it is alive now
        return triplets_of(means)

    monkeypatch.setattr(step, "_triplets", marked)
    step._fill_gradients()
    assert not any("seen" in marks(weight) for weight in step._weights)
