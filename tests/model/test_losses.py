"""Each loss term against slow plain code or torch's own."""

import math

import numpy as np
import pytest
import torch

from tvae.config import LossConfig
from tvae.model.losses import (
    LossTerms,
    batch_all_hinge,
    bernoulli,
    kl_divergence,
    negative_mask,
    squared_l2,
    triplet_hinge,
    triplet_term,
)
from tvae.model.vae import Posterior


@pytest.fixture
def numbers():
    generator = torch.Generator().manual_seed(1)
    return lambda *shape: torch.randn(*shape, generator=generator, dtype=torch.float64)


def test_squared_l2_is_the_sum_over_pixels(numbers):
    images, reconstructions = numbers(5, 7), numbers(5, 7)
    for row, error in enumerate(squared_l2(images, reconstructions)):
        plain = sum((float(images[row, i]) - float(reconstructions[row, i])) ** 2 for i in range(7))
        assert float(error) == pytest.approx(plain)


def test_bernoulli_is_the_negative_log_likelihood(numbers):
    images, logits = torch.sigmoid(numbers(4, 6)), numbers(4, 6)
    for row, nats in enumerate(bernoulli(images, logits)):
        plain = 0.0
        for x, logit in zip(images[row].tolist(), logits[row].tolist(), strict=True):
            p = 1 / (1 + math.exp(-logit))
            plain -= x * math.log(p) + (1 - x) * math.log(1 - p)
        assert float(nats) == pytest.approx(plain)


def test_bernoulli_of_a_sure_and_wrong_pixel_is_finite():
    assert float(bernoulli(torch.zeros(1, 1), torch.full((1, 1), 500.0))) == pytest.approx(500.0)


def test_kl_is_torch_distributions_kl(numbers):
    mean, log_var = numbers(6, 3), numbers(6, 3)
    posterior = torch.distributions.Normal(mean, (0.5 * log_var).exp())
    reference = torch.distributions.kl_divergence(posterior, torch.distributions.Normal(0.0, 1.0))
    torch.testing.assert_close(kl_divergence(Posterior(mean, log_var)), reference.to(torch.float64))


@pytest.mark.parametrize("margin", [0.0, 0.3, 2.0])
def test_triplet_hinge_is_eq_1(numbers, margin):
    anchors, positives, negatives = numbers(8, 3), numbers(8, 3), numbers(8, 3)
    for row, hinge in enumerate(triplet_hinge(anchors, positives, negatives, margin)):
        to_positive = math.dist(anchors[row].tolist(), positives[row].tolist())
        to_negative = math.dist(anchors[row].tolist(), negatives[row].tolist())
        assert float(hinge) == pytest.approx(max(0.0, to_positive - to_negative + margin))


def test_triplet_hinge_is_torchs_where_that_takes_the_margin(numbers):
    anchors, positives, negatives = numbers(8, 3), numbers(8, 3), numbers(8, 3)
    reference = torch.nn.functional.triplet_margin_loss(
        anchors, positives, negatives, margin=0.7, eps=0.0, reduction="none"
    )
    torch.testing.assert_close(triplet_hinge(anchors, positives, negatives, 0.7), reference)


@pytest.mark.parametrize("loss", ["pair", "batch"])
def test_gradients_at_equal_points_are_finite(loss):
    points = torch.ones(6, 4, requires_grad=True)
    anchors, positives, negatives = points.chunk(3)
    if loss == "pair":
        value = triplet_hinge(anchors, positives, negatives, 1.0).mean()
    else:
        negative = negative_mask(torch.tensor([0, 1, 0, 1, 1, 0]))
        value = batch_all_hinge(anchors, positives, points, negative, 1.0)
    value.backward()
    assert points.grad is not None
    assert torch.isfinite(points.grad).all()


def test_batch_all_is_the_mean_over_every_other_class_image(numbers):
    labels = torch.tensor([0, 1, 2, 0, 1, 2, 1, 0, 0])
    batch = numbers(9, 3)
    anchors, positives, _ = batch.chunk(3)
    hinges = []
    for a in range(3):
        for n in range(9):
            if labels[n] != labels[a]:
                to_positive = math.dist(anchors[a].tolist(), positives[a].tolist())
                to_negative = math.dist(anchors[a].tolist(), batch[n].tolist())
                hinges.append(max(0.0, to_positive - to_negative + 0.5))
    value = batch_all_hinge(anchors, positives, batch, negative_mask(labels), 0.5)
    assert float(value) == pytest.approx(np.mean(hinges))


def test_negatives_are_the_images_of_another_class_than_the_anchor():
    labels = [0, 1, 2, 0, 1, 2, 1, 0, 0]
    expected = [[labels[n] != labels[a] for n in range(9)] for a in range(3)]
    assert negative_mask(torch.tensor(labels)).tolist() == expected


@pytest.mark.parametrize("triplets", ["sampled", "batch-all"])
def test_the_triplet_term_is_the_mean_hinge_of_the_chosen_triplets(numbers, triplets):
    labels, means, loss = torch.tensor([0, 1, 2, 0, 1, 2, 1, 0, 0]), numbers(9, 3).requires_grad_(), LossConfig()
    anchors, positives, negatives = means.chunk(3)
    term = triplet_term(means, labels, loss, triplets)
    if triplets == "batch-all":
        expected = batch_all_hinge(anchors, positives, means, negative_mask(labels), loss.margin)
    else:
        expected = triplet_hinge(anchors, positives, negatives, loss.margin).mean()
    assert term.item() == expected.item()
    assert term.requires_grad
    unweighted = triplet_term(means, labels, LossConfig(triplet_weight=0), triplets)
    assert unweighted.item() == expected.item()
    assert not unweighted.requires_grad, "a term of weight 0 is measured without a gradient"


@pytest.mark.parametrize(("offset", "spread"), [(0.0, 1.0), (10.0, 1e-3), (1e4, 1.0)])
def test_batch_all_is_exact_also_near_collapse(offset, spread):
    """float32 means close together and far from 0, as after a collapse, against loops in float64."""
    generator = torch.Generator().manual_seed(3)
    means = (offset + spread * torch.randn(12, 20, generator=generator)).requires_grad_()
    labels = torch.tensor([0, 1, 2, 0] * 3)
    anchors, positives, _ = means.chunk(3)
    value = batch_all_hinge(anchors, positives, means, negative_mask(labels), spread)
    value.backward()
    points, slopes, hinges = means.detach().double().numpy(), np.zeros((12, 20)), []
    for a in range(4):
        to_positive = math.dist(points[a], points[4 + a])
        towards = (points[a] - points[4 + a]) / to_positive
        for n in range(12):
            if labels[n] == labels[a]:
                continue
            to_negative = math.dist(points[a], points[n])
            hinges.append(max(0.0, to_positive - to_negative + spread))
            if hinges[-1] > 0:
                away = (points[a] - points[n]) / to_negative
                slopes[a] += towards - away
                slopes[4 + a] -= towards
                slopes[n] += away
    assert value.item() == pytest.approx(np.mean(hinges), rel=1e-5)
    assert means.grad is not None
    np.testing.assert_allclose(means.grad.numpy(), slopes / len(hinges), atol=1e-5)


def test_a_term_of_weight_zero_has_no_influence():
    terms = LossTerms(torch.tensor(2.0), torch.tensor(3.0), torch.tensor(math.nan))
    assert float(terms.total(LossConfig(triplet_weight=0, kl_weight=0.5, reconstruction_weight=2))) == 5.5
    assert math.isnan(float(terms.total(LossConfig(triplet_weight=1))))


@pytest.mark.parametrize("value", [0.0, 0.5, 1.0, 1.5, 255.0])
@pytest.mark.parametrize("logit", [-500.0, -90.0, -3.0, 0.0, 3.0, 90.0, 500.0])
def test_bernoulli_is_the_formula_also_beyond_1_and_where_exp_would_overflow(value, logit):
    """-(x log p + (1 - x) log(1 - p)) in float64, with log p = -log(1 + exp(-logit)) written so that nothing overflows.

    No image of ours has a pixel above 1, and with one the loss is below 0 where the decoder is sure; it stays the
    formula's number, and is never NaN.
    """
    log_p, log_q = -np.logaddexp(0.0, -logit), -np.logaddexp(0.0, logit)
    plain = -(value * log_p + (1.0 - value) * log_q)
    nats = float(bernoulli(torch.full((1, 1), value), torch.full((1, 1), logit)))
    assert math.isfinite(nats)
    assert nats == pytest.approx(plain, rel=1e-5, abs=1e-5)


@pytest.mark.parametrize("log_var", [-200.0, -80.0, 0.0, 80.0, 88.0])
def test_kl_of_extreme_variances_is_the_formula_in_float64(log_var):
    plain = 0.5 * (0.3**2 + math.exp(log_var) - 1.0 - log_var)
    posterior = Posterior(torch.full((1, 1), 0.3), torch.full((1, 1), log_var))
    assert float(kl_divergence(posterior)) == pytest.approx(plain, rel=1e-4)


def test_kl_that_no_float_holds_is_infinite_and_never_a_wrong_number():
    assert float(kl_divergence(Posterior(torch.zeros(1, 1), torch.full((1, 1), 200.0)))) == math.inf
