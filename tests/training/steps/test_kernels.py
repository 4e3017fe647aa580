"""The compiled passes of the CPU steps, each against torch."""

import math

import numpy as np
import pytest
import torch

from tvae.model.losses import batch_all_hinge, negative_mask, triplet_hinge
from tvae.training.steps.cpu import as_array
from tvae.training.steps.kernels import (
    adam,
    batch_all_gradients,
    convert,
    gather_images,
    pixel_errors,
    rectifier_gradients,
    sigmoid,
    spread,
    sum_of_squares,
    triplet_gradients,
)


@pytest.fixture
def generator():
    return np.random.default_rng(7)


def test_bfloat16_is_rounded_to_the_nearest_and_ties_to_even_as_torch_does(generator):
    values = (generator.standard_normal(20_000) * 10.0 ** generator.integers(-30, 30, 20_000)).astype(np.float32)
    ties = np.array([1 + 2**-8, 1 + 3 * 2**-8, -1 - 2**-8, 1 + 5 * 2**-8, 0.0, -0.0, np.inf, -np.inf], np.float32)
    values = np.concatenate([values, ties]).reshape(8, -1)
    ours, back = torch.empty(values.shape, dtype=torch.bfloat16), torch.empty(values.shape)
    convert(values, as_array(ours))
    convert(as_array(ours), back.numpy())
    assert torch.equal(ours, torch.from_numpy(values).to(torch.bfloat16))
    assert torch.equal(back, ours.float())


def test_sigmoid_is_torchs_and_keeps_nan():
    x = np.linspace(-100, 100, 40_001, dtype=np.float32)
    ours = np.array([sigmoid(value) for value in x])
    np.testing.assert_allclose(ours, torch.from_numpy(x).double().sigmoid().numpy(), rtol=1e-6, atol=1e-37)
    assert sigmoid(np.float32(np.inf)) == 1
    assert sigmoid(np.float32(-np.inf)) < 1e-37
    assert math.isnan(sigmoid(np.float32(np.nan)))


def test_images_are_divided_as_torch_divides_them(generator):
    images, rows = generator.integers(0, 256, (50, 49), np.uint8), generator.integers(0, 50, 30)
    exact, rounded = torch.empty(30, 49), torch.empty(30, 49, dtype=torch.bfloat16)
    for shares in (exact, rounded):
        gather_images(images, rows, as_array(shares))
    expected = torch.from_numpy(images)[torch.from_numpy(rows)] / 255.0
    assert torch.equal(exact, expected)
    assert torch.equal(rounded, expected.to(torch.bfloat16))


def test_a_rectifier_passes_the_gradient_where_its_output_is_above_0(generator):
    by_outputs, outputs = generator.standard_normal((2, 20, 33), np.float32)
    outputs = outputs.clip(0)
    expected = np.where(outputs > 0, by_outputs, 0)
    by_bias = np.empty(33, np.float32)
    rectifier_gradients(by_outputs, outputs, by_bias)
    np.testing.assert_array_equal(by_outputs, expected)
    np.testing.assert_allclose(by_bias, expected.sum(axis=0), rtol=1e-5, atol=1e-6)


def test_a_triplets_gradient_is_that_of_automatic_differentiation_also_where_points_coincide(generator):
    means = generator.standard_normal((30, 4), np.float32)
    means[10] = means[0]  # the first anchor's positive
    means[21] = means[1]  # the second one's negative
    by_means = np.empty_like(means)
    hinge = triplet_gradients(means, np.float32(0.5), np.float32(3.0), by_means)
    leaf = torch.from_numpy(means).requires_grad_()
    anchors, positives, negatives = leaf.chunk(3)
    expected = triplet_hinge(anchors, positives, negatives, 0.5).mean()
    (3.0 * expected).backward()
    assert hinge == pytest.approx(expected.item(), rel=1e-6)
    assert leaf.grad is not None
    np.testing.assert_allclose(by_means, leaf.grad.numpy(), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("margin", [0.5, 0.0])
@pytest.mark.parametrize("offset", [0.0, 1e4])
def test_batch_all_has_the_gradient_of_automatic_differentiation_also_where_points_coincide(generator, margin, offset):
    means, labels = generator.standard_normal((30, 4), np.float32), generator.integers(0, 3, 30)
    labels[10:20] = labels[:10]
    labels[20:] = (labels[:10] + 1) % 3
    means[:] = offset + means
    means[10] = means[0]  # the first anchor's positive
    means[25] = means[3]  # an anchor and one of another class
    labels[25] = (labels[3] + 1) % 3
    by_means, places = np.empty_like(means), np.arange(30).reshape(3, 10)
    hinge = batch_all_gradients(means, labels, places, np.float32(margin), np.float32(3.0), by_means)
    leaf = torch.from_numpy(means).requires_grad_()
    anchors, positives, _ = leaf.chunk(3)
    expected = batch_all_hinge(anchors, positives, leaf, negative_mask(torch.from_numpy(labels)), margin)
    (3.0 * expected).backward()
    assert hinge == pytest.approx(expected.item(), rel=1e-5)
    assert leaf.grad is not None
    np.testing.assert_allclose(by_means, leaf.grad.numpy(), rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("margin", [0.0, 1.0])
def test_a_hinge_of_exactly_0_has_no_gradient(margin):
    """As torch's ReLU at 0: the anchor's positive is 5 away, its negative 5 and the margin."""
    means = np.array([[0, 0], [3, 4], [0, 5 + margin]], np.float32)
    labels, places = np.array([0, 0, 1]), np.arange(3).reshape(3, 1)
    for gradients in (triplet_gradients, lambda means, *rest: batch_all_gradients(means, labels, places, *rest)):
        by_means = np.full_like(means, np.nan)
        assert gradients(means, np.float32(margin), np.float32(3), by_means) == 0
        assert not by_means.any()


def test_sum_of_squares_is_that_over_all_arrays(generator):
    values = [generator.integers(-8, 9, size) for size in (10_000, 4096, 1, 0, 5)]  # whole, so every sum is exact
    total = sum(int((array**2).sum()) for array in values)
    for products in (torch.float32, torch.bfloat16):
        assert sum_of_squares(tuple(as_array(torch.from_numpy(array).to(products)) for array in values)) == total


def test_adam_takes_torchs_steps(generator):
    weights = tuple(generator.standard_normal(size, np.float32) for size in (500, 7))
    parameters = [torch.from_numpy(weight.copy()).requires_grad_() for weight in weights]
    optimiser = torch.optim.Adam(parameters, lr=0.01)
    first, second = [tuple(np.zeros_like(weight) for weight in weights) for _ in range(2)]
    for t in range(1, 30):
        gradients = tuple(generator.standard_normal(weight.size, np.float32) for weight in weights)
        for parameter, gradient in zip(parameters, gradients, strict=True):
            parameter.grad = torch.from_numpy(gradient)
        optimiser.step()
        step_size, second_scale = 0.01 / (1 - 0.9**t), 1 / math.sqrt(1 - 0.999**t)
        adam(weights, gradients, first, second, np.float32(step_size), np.float32(second_scale))
        for weight, parameter in zip(weights, parameters, strict=True):
            np.testing.assert_allclose(weight, parameter.detach().numpy(), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("products", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("poison", [math.nan, math.inf])
def test_every_sum_of_values_that_are_not_finite_is_not_finite(products, poison):
    values = torch.ones(3 * 5000).to(products)
    values[7000] = poison
    assert not math.isfinite(sum_of_squares((as_array(torch.ones_like(values)), as_array(values))))
    means = np.ones((6, 2), np.float32)
    means[3, 1] = poison
    assert not math.isfinite(spread(means))
    one = np.float32(1)
    assert not math.isfinite(triplet_gradients(means, one, one, np.empty_like(means)))
    labels, places = np.array([0, 1, 0, 1, 1, 0]), np.arange(6).reshape(3, 2)
    assert not math.isfinite(batch_all_gradients(means, labels, places, one, one, np.empty_like(means)))
    logits, images = torch.ones(3, 40).to(products), np.zeros((5, 40), np.uint8)
    bias, by_bias, by_logits = np.zeros(40, np.float32), np.empty(40, np.float32), as_array(torch.empty_like(logits))
    logits[1, 5] = math.nan
    assert math.isnan(pixel_errors(as_array(logits), bias, images, np.array([4, 0, 2]), True, one, by_logits, by_bias))
