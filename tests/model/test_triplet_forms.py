"""Forms of the triplet term and choices of triplets, against loops, compiled kernels and another library's miners."""

import itertools
import math
from typing import get_args

import numpy as np
import pytest
import torch
from pytorch_metric_learning.distances import LpDistance
from pytorch_metric_learning.miners import BatchHardMiner, TripletMarginMiner

from tvae.config import LossConfig, TripletForm, Triplets
from tvae.model import triplet_forms
from tvae.model.losses import triplet_term
from tvae.training.steps.triplet_kernels import FORMED, FORMS, triplet_cost_gradients

LABELS = np.array([0, 1, 2, 0, 0, 1, 2, 0, 1, 2, 0, 2])
"""Of a batch of four triplets: anchors, positives and negatives."""
PLACES = np.array([[3, 1, 0, 9], [7, 8, 10, 11], [5, 2, 6, 10]])
"""Of triplets inside the batch, as arms of several notions form them."""
LOSSES = {form: LossConfig(triplet_form=form, margin=0.8, temperature=0.4) for form in get_args(TripletForm)}


@pytest.fixture
def means() -> np.ndarray:
    """Twelve means, two of them at one place."""
    points = np.random.default_rng(5).normal(size=(12, 3))
    points[7] = points[3]
    return points


def cost(violation: float, loss: LossConfig) -> float:
    if loss.triplet_form == "hinge":
        return max(0.0, violation)
    scaled = violation / loss.temperature
    if loss.triplet_form == "softplus":
        return loss.temperature * math.log(1 + math.exp(scaled))
    return 1 / (1 + math.exp(-scaled))


def formed(means: np.ndarray, places: np.ndarray, triplets: Triplets, margin: float) -> list[tuple[int, int, int]]:
    """The triplets of a batch as loops find them."""

    def between(i: int, j: int) -> float:
        return math.dist(means[i], means[j])

    found = []
    for anchor, positive, negative in places.T.tolist():
        alike = [i for i in range(12) if LABELS[i] == LABELS[anchor] and i != anchor]
        others = [i for i in range(12) if LABELS[i] != LABELS[anchor]]
        if triplets == "sampled":
            found.append((anchor, positive, negative))
        elif triplets == "batch-all":
            found += [(anchor, positive, other) for other in others]
        elif triplets == "hardest":
            farthest = max(alike, key=lambda i: between(anchor, i))
            found.append((anchor, farthest, min(others, key=lambda i: between(anchor, i))))
        else:
            found += [
                (anchor, p, n)
                for p, n in itertools.product(alike, others)
                if triplets == "all" or 0 < between(anchor, n) - between(anchor, p) <= margin
            ]
    return found


def by_loops(means: np.ndarray, triplets: list[tuple[int, int, int]], loss: LossConfig) -> tuple[float, np.ndarray]:
    """Mean cost of these triplets, and its gradient by the means, from difference quotients of each cost."""
    total, by_means, h = 0.0, np.zeros_like(means), 1e-6
    for anchor, positive, negative in triplets:
        to_positive, to_negative = means[anchor] - means[positive], means[anchor] - means[negative]
        near, far = np.linalg.norm(to_positive), np.linalg.norm(to_negative)
        violation = float(near - far + loss.margin)
        total += cost(violation, loss)
        slope = (cost(violation + h, loss) - cost(violation - h, loss)) / (2 * h)
        pull = to_positive / near if near else 0 * to_positive
        push = to_negative / far
        by_means[anchor] += slope * (pull - push)
        by_means[positive] -= slope * pull
        by_means[negative] += slope * push
    return total / len(triplets), by_means / len(triplets)


@pytest.mark.parametrize("triplets", get_args(Triplets))
@pytest.mark.parametrize("form", LOSSES)
def test_every_form_of_every_choice_of_triplets_is_what_loops_give(means, form, triplets):
    loss, thirds = LOSSES[form], np.arange(12).reshape(3, 4)
    for places in (thirds, PLACES):
        chosen = formed(means, places, triplets, loss.margin)
        assert chosen
        expected, slopes = by_loops(means, chosen, loss)

        leaf = torch.tensor(means, requires_grad=True)
        inside = None if places is thirds else torch.tensor(places)
        term = triplet_term(leaf, torch.tensor(LABELS), loss, triplets, inside)
        term.backward()
        assert leaf.grad is not None
        assert term.item() == pytest.approx(expected, rel=1e-12)
        np.testing.assert_allclose(leaf.grad.numpy(), slopes, atol=1e-8)

        kernel_slopes = np.full((12, 3), np.nan, np.float32)
        numbers = FORMED[triplets], FORMS[loss.triplet_form], np.float32(loss.margin), np.float32(loss.temperature)
        value = triplet_cost_gradients(means.astype(np.float32), LABELS, places, *numbers, np.float32(3), kernel_slopes)
        assert value == pytest.approx(expected, rel=2e-6)
        np.testing.assert_allclose(kernel_slopes, 3 * slopes, atol=5e-6)


def test_parts_that_are_computed_again_on_the_way_back_give_the_same(means, monkeypatch):
    labels, losses = torch.tensor(LABELS), list(LOSSES.values())

    def gradients() -> list[torch.Tensor]:
        leaf = torch.tensor(means, requires_grad=True)
        chosen: tuple[Triplets, ...] = ("all", "semi-hard")
        terms = [triplet_term(leaf, labels, loss, triplets) for triplets in chosen for loss in losses]
        return list(torch.autograd.grad(torch.stack(terms).sum(), leaf)) + terms

    at_once = gradients()
    monkeypatch.setattr(triplet_forms, "_MOST_AT_ONCE", 30)  # of some 24 triplets an anchor
    for whole, in_parts in zip(at_once, gradients(), strict=True):
        torch.testing.assert_close(whole, in_parts)


def test_where_no_triplet_is_semi_hard_the_term_is_0_and_pulls_at_nothing(means):
    loss = LossConfig(margin=1e-9, triplets="semi-hard")
    leaf = torch.tensor(means, requires_grad=True)
    term = triplet_term(leaf, torch.tensor(LABELS), loss, "semi-hard")
    assert term.item() == 0
    assert (torch.autograd.grad(term, leaf)[0] == 0).all()
    slopes = np.full((12, 3), np.nan, np.float32)
    numbers = FORMED["semi-hard"], FORMS["hinge"], np.float32(1e-9), np.float32(1)
    thirds = np.arange(12).reshape(3, 4)
    assert triplet_cost_gradients(means.astype(np.float32), LABELS, thirds, *numbers, np.float32(3), slopes) == 0
    assert (slopes == 0).all()


def test_semi_hard_and_hardest_triplets_are_those_of_pytorch_metric_learning():
    """All images are anchors there: so the batch is given with each as a drawn anchor, and its drawn positive and
    negative any that fit."""
    generator, euclidean = torch.Generator().manual_seed(2), LpDistance(normalize_embeddings=False)
    labels, points = torch.arange(30) % 5, torch.randn(30, 4, generator=generator, dtype=torch.float64)
    anchors = torch.arange(30)
    places = torch.stack([anchors, (anchors + 5) % 30, (anchors + 1) % 30])
    miners: dict[Triplets, object] = {
        "semi-hard": TripletMarginMiner(margin=0.5, type_of_triplets="semihard", distance=euclidean),
        "hardest": BatchHardMiner(distance=euclidean),
    }
    for triplets, miner in miners.items():
        a, p, n = miner(points, labels)  # type: ignore[operator]
        assert len(a) >= 30
        loss = LossConfig(margin=0.5)
        violations = (points[a] - points[p]).norm(dim=1) - (points[a] - points[n]).norm(dim=1) + 0.5
        assert float(triplet_term(points, labels, loss, triplets, places)) == pytest.approx(
            float(violations.relu().mean()), rel=1e-12
        )
