"""Arms of several notions of similarity in one run: one batch of images, each arm's own triplets inside it."""

from __future__ import annotations

import hashlib
import itertools
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
import torch

from tests.conftest import assert_both_end_alike
from tvae.config import DataConfig, LossConfig, ModelConfig, RunConfig, TrainConfig, vae_and_tvae
from tvae.data import Notion, Split
from tvae.errors import InputError
from tvae.model.losses import batch_all_hinge, triplet_hinge
from tvae.model.vae import weights_of
from tvae.training.arm import Batch, images_of
from tvae.training.loop import Training
from tvae.training.shared_batch import SharedBatchSampler, triplets_inside
from tvae.training.step_explained import explained_next_step
from tvae.training.steps.cpu import FastStep
from tvae.training.steps.gpu import StackedStep
from tvae.training.triplet_sampler import TripletSampler, step_generator

SMALL = ModelConfig(hidden=16, latent_dim=3)
ARMS = {**vae_and_tvae(LossConfig()), "tvae-slant": LossConfig(notion="slant")}
DIGITS = DataConfig(name="digits")


def run_of(split: Split, arms: dict[str, LossConfig] = ARMS, **settings) -> Training:
    return Training(RunConfig(data=DIGITS, model=SMALL, train=TrainConfig(batch_size=32, **settings), arms=arms), split)


def places_of(batch: Batch, arm: str) -> torch.Tensor:
    places = batch.triplets[arm].places
    assert places is not None
    return places


def of_labels(*notions: np.ndarray) -> Split:
    """Random images with labels of several notions, which are named by letters."""
    images = np.random.default_rng(1).integers(0, 255, (len(notions[0]), 4, 4, 1), np.uint8)
    by_name = {
        name: Notion(labels, tuple(map(str, range(int(labels.max()) + 1))))
        for name, labels in zip("abc", notions, strict=False)
    }
    first = by_name["a"]
    return Split("train", images, first.labels, first.class_names, "a", by_name)


def test_triplets_inside_a_batch_are_drawn_as_defined():
    """Against all triplets written out: anchor, then positive, then negative each uniform; at five deviations."""
    labels = np.array([0, 0, 0, 1, 1, 2, 0, 3])
    rows = np.array([[7, 3, 0, 0], [1, 3, 4, 2], [5, 0, 1, 7]])  # rows 0, 1, 3 and 7 twice or three times
    n = 100_000
    places = triplets_inside(rows, labels, n, step_generator(0, 0, 1))
    assert places.shape == (3, n)
    images = sorted(set(rows.flatten().tolist()))
    expected = {}
    anchors = [a for a in images if any(labels[a] == labels[p] for p in images if p != a)]
    for anchor in anchors:
        positives = [p for p in images if p != anchor and labels[p] == labels[anchor]]
        negatives = [x for x in images if labels[x] != labels[anchor]]
        for triplet in itertools.product([anchor], positives, negatives):
            expected[triplet] = n / len(anchors) / len(positives) / len(negatives)
    counts = Counter(map(tuple, rows.flatten()[places].T.tolist()))
    assert counts.keys() == expected.keys()
    for triplet, count in expected.items():
        assert abs(counts[triplet] - count) < 5 * np.sqrt(count), triplet


def test_a_batch_is_drawn_as_triplets_of_each_notion_in_turn():
    first, second = np.arange(60) % 3, np.arange(60) // 2
    rows = SharedBatchSampler([TripletSampler(first), TripletSampler(second)]).sample(7, step_generator(0, 0))
    for labels, (anchors, positives, negatives) in ((first, rows[:, :4]), (second, rows[:, 4:])):
        assert (labels[anchors] == labels[positives]).all() and (anchors != positives).all()
        assert (labels[anchors] != labels[negatives]).all()


def test_of_a_thousand_classes_of_two_every_batch_holds_triplets():
    split = of_labels(np.arange(2_000) % 7, np.random.default_rng(0).permutation(2_000) // 2)
    training = run_of(split, {"one": LossConfig(), "other": LossConfig(notion="b")})
    for _ in itertools.islice(training.reports(), 5):
        batch = training.next_batch()
        for arm, notion in (("one", "a"), ("other", "b")):
            labels = batch.triplets[arm].labels
            rows = batch.rows.flatten()[places_of(batch, arm).numpy()]
            of_rows = split.notions[notion].labels[rows]
            assert (of_rows[0] == of_rows[1]).all() and (of_rows[0] != of_rows[2]).all() and (rows[0] != rows[1]).all()
            np.testing.assert_array_equal(labels.numpy(), split.notions[notion].labels[batch.rows.flatten()])


def test_where_all_arms_have_one_notion_batches_and_losses_are_as_ever(digits):
    """The rows are those that were drawn before a run could have several notions, however the one is named."""
    named = {name: replace(loss, notion="class") for name, loss in vae_and_tvae(LossConfig()).items()}
    plain, named_too = run_of(digits.train, vae_and_tvae(LossConfig())), run_of(digits.train, named)
    elsewhere = run_of(digits.train.by("slant"), named)  # the run's own notion has no arm
    rows = hashlib.sha256()
    reports = itertools.islice(zip(plain.reports(), named_too.reports(), elsewhere.reports(), strict=True), 5)
    for one, other, third in reports:
        assert one.arms == other.arms == third.arms
        batch = plain.next_batch()
        assert all(triplets.places is None for triplets in batch.triplets.values())
        rows.update(batch.rows.astype("<i8").tobytes())
    assert rows.hexdigest()[:16] == "376d7d2c2548dfdb"


def test_arms_begin_with_the_same_weights_and_arms_of_one_notion_have_the_same_triplets(digits):
    training = run_of(digits.train, {**ARMS, "more": LossConfig(notion="slant", margin=3)})
    first, *others = [weights_of(arm.model) for arm in training.arms.values()]
    for other in others:
        assert all(np.array_equal(first[name], other[name]) for name in first)
    batch = training.next_batch()
    assert batch.triplets["vae"] is batch.triplets["tvae"] and batch.triplets["more"] is batch.triplets["tvae-slant"]
    by_slant = places_of(batch, "more")
    assert not torch.equal(places_of(batch, "vae"), by_slant)
    assert torch.equal(places_of(training.next_batch(), "more"), by_slant), "a function of seed and step"
    next(training.reports())
    assert not torch.equal(places_of(training.next_batch(), "more"), by_slant)


@pytest.mark.parametrize("triplets", ["sampled", "batch-all"])
def test_the_plain_step_s_triplet_term_is_the_hinge_of_the_arm_s_own_triplets(digits, triplets):
    training = run_of(digits.train, triplets=triplets)
    batch = training.next_batch()
    with torch.no_grad():
        means = training.arms["vae"].model.encode(images_of(training.images, batch)).mean
    report = next(training.reports())
    for name in training.arms:
        notion = "slant" if name == "tvae-slant" else "class"
        labels = digits.train.notions[notion].labels[batch.rows.flatten()]
        anchors, positives, negatives = places_of(batch, name)
        if triplets == "batch-all":
            negative = torch.from_numpy(labels[anchors][:, None] != labels[None])
            expected = batch_all_hinge(means[anchors], means[positives], means, negative, 1.0)
        else:
            expected = triplet_hinge(means[anchors], means[positives], means[negatives], 1.0).mean()
        assert report.arms[name].triplet == pytest.approx(float(expected), rel=1e-5)


@pytest.mark.parametrize("triplets", ["sampled", "batch-all"])
@pytest.mark.parametrize(("step", "tolerance"), [("fast-float32", 1e-5), ("fast-bfloat16", 0.03)])
def test_gradients_of_fast_steps_are_those_of_the_plain_step(digits, step, tolerance, triplets):
    arms = {**ARMS, "triplets-alone": LossConfig(notion="slant", reconstruction_weight=0, kl_weight=0)}
    fast, plain = (run_of(digits.train, arms, step=kind, triplets=triplets) for kind in (step, "plain"))
    ours, theirs = next(fast.reports()), next(plain.reports())
    for fast_step, (name, arm) in zip(fast.training_steps, plain.arms.items(), strict=True):
        assert isinstance(fast_step, FastStep)
        for term in ("reconstruction", "kl", "triplet", "total"):
            same = pytest.approx(getattr(theirs.arms[name], term), rel=tolerance, abs=1e-6)
            assert getattr(ours.arms[name], term) == same, (name, term)
        for weight, parameter in arm.model.named_parameters():
            expected = torch.zeros_like(parameter) if parameter.grad is None else parameter.grad
            difference = (fast_step.by_weight[weight] - expected).norm()
            assert difference <= tolerance * expected.norm() + 1e-5, (name, weight)


@pytest.mark.parametrize("triplets", ["sampled", "batch-all"])
def test_the_step_of_all_arms_at_once_has_the_losses_of_the_plain_steps(digits, triplets):
    together, alone = (run_of(digits.train, triplets=triplets, device="cpu") for _ in range(2))
    arms = list(together.arms.values())
    together.training_steps = [StackedStep(arms, torch.float32, together.images, together.next_batch())]
    for ours, theirs in itertools.islice(zip(together.reports(), alone.reports(), strict=True), 30):
        for name, losses in theirs.arms.items():
            for term in ("reconstruction", "kl", "triplet", "spread"):
                same = pytest.approx(getattr(losses, term), rel=1e-4, abs=1e-4)
                assert getattr(ours.arms[name], term) == same, (name, term)


@pytest.mark.parametrize("step", ["plain", "fast-float32"])
def test_a_resumed_run_of_two_notions_ends_as_without_a_break(digits, step):
    one, other = run_of(digits.train, epochs=1, step=step), run_of(digits.train, epochs=1, step=step)
    reports = one.reports()
    for _ in range(7):
        next(reports)
    for name, arm in other.arms.items():
        arm.restore({key: tensor.numpy().copy() for key, tensor in one.arms[name].state()})
    other.step = one.step
    assert_both_end_alike(one, reports, other)


def test_a_notion_without_triplets_is_no_hindrance_to_arms_that_need_none():
    """The VAE's class has one value, so its triplet term is 0; the other arm's triplets are the drawn ones."""
    split = of_labels(np.zeros(60, int), np.arange(60) % 4)
    training = run_of(split, {"vae": LossConfig(triplet_weight=0), "tvae": LossConfig(notion="b")})
    report = next(training.reports())
    assert report.arms["vae"].triplet == 0 and report.arms["tvae"].triplet > 0
    rows = training.next_batch().rows
    labels = split.notions["b"].labels[rows]
    assert (labels[0] == labels[1]).all() and (labels[0] != labels[2]).all()


@pytest.mark.parametrize(
    ("labels", "reason"),
    [
        (np.zeros(60, int), "labels: all 60 images are of one class; triplets need at least two classes by b;"),
        (np.arange(60), "labels: each of the 60 classes has one member; triplets need a class of two by b;"),
    ],
)
def test_an_arm_whose_notion_allows_no_triplet_is_refused(labels, reason):
    split = of_labels(np.arange(60) % 2, labels)
    with pytest.raises(InputError, match=reason):
        run_of(split, {"vae": LossConfig(triplet_weight=0), "tvae": LossConfig(notion="b")})


def test_an_unknown_notion_and_a_batch_smaller_than_the_notions_are_refused(digits):
    with pytest.raises(InputError, match=r"arms\.tvae-slant\.notion: .* no label column 'slant'; it has a, b"):
        run_of(of_labels(np.arange(60) % 2, np.arange(60) % 3))
    train = TrainConfig(batch_size=1)
    with pytest.raises(
        InputError, match=r"train\.batch-size: 1 is fewer than the 2 notions of the arms \(class, slant"
    ):
        Training(RunConfig(data=DIGITS, model=SMALL, train=train, arms=ARMS), digits.train)


@pytest.mark.parametrize("triplets", ["sampled", "batch-all"])
def test_the_explained_step_is_of_the_last_arm_s_notion(digits, triplets):
    training = run_of(digits.train, triplets=triplets)
    explained = explained_next_step(training, digits.train)
    assert list(explained["arms"]) == ["tvae-slant"] and explained["notion"] == "slant"
    by_slant = digits.train.by("slant")
    names = [by_slant.class_names[by_slant.labels[row]] for row in explained["rows"]]
    assert explained["classes"] == names and names[0] == names[1] != names[2]
    batch = training.next_batch()
    rows, places = batch.rows.flatten(), places_of(batch, "tvae-slant").numpy()
    assert any((rows[places[:, place]] == explained["rows"]).all() for place in range(32))
    with torch.no_grad():
        means = training.arms["vae"].model.encode(images_of(training.images, batch)).mean.numpy().astype(float)
    labels, wrong, counted = by_slant.labels[rows], 0, 0
    for anchor, positive, negative in places.T:
        for other in range(len(rows)) if triplets == "batch-all" else [negative]:
            if labels[other] != labels[anchor]:
                to_positive, to_other = (np.linalg.norm(means[anchor] - means[x]) for x in (positive, other))
                counted, wrong = counted + 1, wrong + int(to_positive - to_other + 1 > 0)
    assert (explained["in_loss"], explained["arms"]["tvae-slant"]["wrong"]) == (counted, wrong)


def test_where_all_arms_have_one_notion_that_is_not_the_run_s_the_explained_classes_are_of_it(digits):
    training = run_of(digits.train, {"one": LossConfig(notion="slant"), "other": LossConfig(notion="slant", margin=2)})
    explained, by_slant = explained_next_step(training, digits.train), digits.train.by("slant")
    assert explained["classes"] == [by_slant.class_names[by_slant.labels[row]] for row in explained["rows"]]
    assert list(explained["arms"]) == ["one", "other"] and explained["notion"] == ""


def test_the_explained_force_is_that_of_all_triplets_that_an_image_is_in(digits):
    training = run_of(digits.train)
    explained = explained_next_step(training, digits.train)
    batch, arm = training.next_batch(), training.arms["tvae-slant"]
    with torch.no_grad():
        means = arm.model.encode(images_of(training.images, batch)).mean
    leaf = means.clone().requires_grad_()
    anchors, positives, negatives = leaf[places_of(batch, "tvae-slant")]
    weighted = arm.loss.triplet_weight * triplet_hinge(anchors, positives, negatives, 1.0).mean() * len(means)
    (gradient,) = torch.autograd.grad(weighted, leaf)
    rows = batch.rows.flatten()
    for row, role in zip(explained["rows"], ("anchor", "positive", "negative"), strict=True):
        place = int(np.flatnonzero(rows == row)[0])
        length = explained["arms"]["tvae-slant"]["lengths"]["triplet"][role]
        assert length == pytest.approx(float(gradient[place].norm()), rel=1e-3, abs=1e-5)
