"""The explained step, against the means, the batch and the gradients written out."""

import numpy as np
import pytest
import torch

from tvae.config import DataConfig, LossConfig, RunConfig, TrainConfig, vae_and_tvae
from tvae.data import load_dataset
from tvae.model.losses import LossTerms, kl_divergence, squared_l2, triplet_hinge
from tvae.training.arm import images_of
from tvae.training.loop import Training
from tvae.training.step_explained import ROLES, explained_next_step, explained_steps

LOSS = LossConfig(margin=1.5, kl_weight=0.3, triplet_weight=2.0)


@pytest.fixture(scope="module")
def split():
    return load_dataset("digits").train


@pytest.fixture(scope="module")
def training(split):
    config = RunConfig(
        data=DataConfig(name="digits"), train=TrainConfig(epochs=2, batch_size=64), arms=vae_and_tvae(LOSS)
    )
    training = Training(config, split)
    reports = training.reports()
    for _ in range(5):
        next(reports)
    yield training
    reports.close()


def means_of(training, split, arm, rows):
    with torch.no_grad():
        images = torch.from_numpy(split.pixels(np.array(rows)).reshape(len(rows), -1))
        return training.arms[arm].model.encode(images).mean.numpy()


def test_the_explained_step_is_the_one_that_is_taken_next(training, split):
    step = explained_next_step(training, split)
    assert step["step"] == training.step + 1 == 6
    rows = training.next_batch().rows
    assert any((rows[:, place] == step["rows"]).all() for place in range(rows.shape[1]))
    assert np.array_equal(step["images"], split.images[step["rows"]])
    assert step["classes"] == [split.class_names[split.labels[row]] for row in step["rows"]]


def test_explaining_a_step_changes_nothing(training, split):
    before = {name: [p.clone() for p in arm.model.parameters()] for name, arm in training.arms.items()}
    assert explained_next_step(training, split) == explained_next_step(training, split)
    for name, arm in training.arms.items():
        assert all(torch.equal(*pair) for pair in zip(before[name], arm.model.parameters(), strict=True))


def test_distances_and_hinge_are_those_of_the_means(training, split):
    step = explained_next_step(training, split)
    for arm, explained in step["arms"].items():
        a, p, n = means_of(training, split, arm, step["rows"])
        assert explained["to_positive"] == pytest.approx(np.linalg.norm(a - p), rel=1e-4)
        assert explained["to_negative"] == pytest.approx(np.linalg.norm(a - n), rel=1e-4)
        assert explained["hinge"] == pytest.approx(
            max(0.0, explained["to_positive"] - explained["to_negative"] + 1.5), abs=1e-5
        )


def test_the_plane_keeps_the_three_distances(training, split):
    step = explained_next_step(training, split)
    for arm, explained in step["arms"].items():
        a, p, n = (np.array(explained["points"][role]) for role in ROLES)
        means = means_of(training, split, arm, step["rows"])
        assert np.allclose(a, 0) and p[0] > 0 and p[1] == pytest.approx(0, abs=1e-5)
        for one, other, i, j in ((a, p, 0, 1), (a, n, 0, 2), (p, n, 1, 2)):
            assert np.linalg.norm(one - other) == pytest.approx(np.linalg.norm(means[i] - means[j]), rel=1e-4)


def test_the_triplet_term_pulls_the_positive_nearer_and_pushes_the_negative_away(training, split):
    arms = explained_next_step(training, split)["arms"]
    assert arms["tvae"]["hinge"] > 0
    pulls, points = arms["tvae"]["pulls"]["triplet"], arms["tvae"]["points"]
    assert pulls["positive"][0] < 0  # to the anchor, which lies to its left
    assert np.dot(pulls["negative"], points["negative"]) > 0  # away from the anchor, which lies at 0
    assert set(arms["vae"]["lengths"]["triplet"].values()) == {0.0}


def test_forces_are_those_that_the_loss_gives(training, split):
    """The summed forces of a role's mean against the gradient of the step's total loss, written out anew."""
    step = explained_next_step(training, split)
    batch, arm = training.next_batch(), training.arms["tvae"]
    with torch.no_grad():
        posterior = arm.model.encode(images_of(training.images, batch))
    means = posterior.mean.clone().requires_grad_()
    anchors, positives, negatives = means.chunk(3)
    placed = posterior._replace(mean=means)
    terms = LossTerms(
        squared_l2(images_of(training.images, batch), arm.model.decode(placed.sample(batch.noise))).mean(),
        kl_divergence(placed).sum(dim=1).mean(),
        triplet_hinge(anchors, positives, negatives, LOSS.margin).mean(),
    )
    place = int(np.flatnonzero((batch.rows == np.array(step["rows"])[:, None]).all(axis=0))[0])
    for term in ("reconstruction", "kl", "triplet"):
        weighted = getattr(LOSS, f"{term}_weight") * getattr(terms, term)
        gradient = torch.autograd.grad(weighted, means, retain_graph=True)[0] * len(means)
        lengths = step["arms"]["tvae"]["lengths"][term]
        for i, role in enumerate(ROLES):
            wanted = float(gradient[i * batch.rows.shape[1] + place].norm())
            assert lengths[role] == pytest.approx(wanted, rel=1e-3, abs=1e-5)


def test_the_triplet_force_is_three_times_that_of_the_triplets_own_hinge_and_lies_in_the_plane(training, split):
    step = explained_next_step(training, split)
    tvae = step["arms"]["tvae"]
    means = means_of(training, split, "tvae", step["rows"])
    leaf = torch.from_numpy(means.copy()).requires_grad_()
    hinge = triplet_hinge(leaf[:1], leaf[1:2], leaf[2:], LOSS.margin).sum() * LOSS.triplet_weight
    (gradient,) = torch.autograd.grad(hinge, leaf)
    for place, role in enumerate(ROLES):
        assert tvae["lengths"]["triplet"][role] == pytest.approx(3 * float(gradient[place].norm()), rel=1e-3)
        assert np.hypot(*tvae["pulls"]["triplet"][role]) == pytest.approx(tvae["lengths"]["triplet"][role], rel=1e-4)
        assert np.hypot(*tvae["pulls"]["reconstruction"][role]) < 0.9 * tvae["lengths"]["reconstruction"][role]


@pytest.mark.parametrize("triplets", ["sampled", "batch-all"])
def test_the_triplets_of_the_loss_are_counted_and_not_the_drawn_ones_alone(split, triplets):
    config = RunConfig(
        data=DataConfig(name="digits"),
        train=TrainConfig(epochs=1, batch_size=8, triplets=triplets, step="plain"),
        arms=vae_and_tvae(LOSS),
    )
    training = Training(config, split)
    step = explained_next_step(training, split)
    rows = training.next_batch().rows
    assert (step["triplets"], step["batch_all"]) == (8, triplets == "batch-all")
    means = means_of(training, split, "tvae", rows.reshape(-1).tolist()).astype(float)
    labels = split.labels[rows.reshape(-1)]
    hinges = [
        np.linalg.norm(means[a] - means[8 + a]) - np.linalg.norm(means[a] - means[n]) + LOSS.margin
        for a in range(8)
        for n in (range(24) if triplets == "batch-all" else [16 + a])
        if labels[n] != labels[a]
    ]
    assert step["in_loss"] == len(hinges)
    assert step["arms"]["tvae"]["wrong"] == sum(hinge > 0 for hinge in hinges)


def test_several_steps_of_one_training_are_each_explained_as_it_takes_them():
    digits = load_dataset("digits").train
    config = RunConfig(
        data=DataConfig(name="digits"),
        train=TrainConfig(step="plain", batch_size=8, epochs=1),
        arms=vae_and_tvae(LossConfig()),
    )
    training = Training(config, digits)
    first = explained_next_step(training, digits)
    reports = training.reports()
    for _ in range(2):
        next(reports)
    third = explained_next_step(training, digits)
    reports.close()
    assert explained_steps(config, digits, (1, 3)) == [first, third]
