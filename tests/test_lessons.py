import numpy as np
import pytest
import torch

from tvae.config import DataConfig, LossConfig, RunConfig, TrainConfig, vae_and_tvae
from tvae.data import load_dataset
from tvae.lessons import lesson
from tvae.training import Training


@pytest.fixture(scope="module")
def training():
    loss = LossConfig(margin=1.5, kl_weight=0.3, triplet_weight=2.0)
    config = RunConfig(
        data=DataConfig(name="digits"), train=TrainConfig(epochs=2, batch_size=64), arms=vae_and_tvae(loss)
    )
    training = Training(config, load_dataset("digits").train)
    reports = training.reports()
    for _ in range(5):
        next(reports)
    yield training
    reports.close()


def test_the_lesson_tells_of_the_step_that_is_taken_next(training):
    told = lesson(training)
    assert told["step"] == training.step + 1 == 6
    rows = training.next_batch().rows
    assert any((rows[:, place] == told["rows"]).all() for place in range(rows.shape[1]))


def test_telling_a_step_changes_nothing(training):
    before = {name: [p.clone() for p in arm.model.parameters()] for name, arm in training.arms.items()}
    assert lesson(training) == lesson(training)
    for name, arm in training.arms.items():
        assert all(torch.equal(*pair) for pair in zip(before[name], arm.model.parameters(), strict=True))


def test_distances_and_hinge_are_those_of_the_means(training):
    told = lesson(training)
    images = torch.from_numpy(load_dataset("digits").train.pixels(np.array(told["rows"])))
    for name, arm in training.arms.items():
        with torch.no_grad():
            a, p, n = arm.model.encode(images.reshape(3, -1)).mean.numpy()
        found = told["arms"][name]
        assert found["positive"] == pytest.approx(np.linalg.norm(a - p), rel=1e-4)
        assert found["negative"] == pytest.approx(np.linalg.norm(a - n), rel=1e-4)
        assert found["hinge"] == pytest.approx(max(0.0, found["positive"] - found["negative"] + 1.5), abs=1e-5)


def test_the_triplet_term_pulls_the_positive_near_and_the_negative_away(training):
    told = lesson(training)["arms"]
    assert told["tvae"]["hinge"] > 0
    pull = told["tvae"]["terms"]["triplet"]
    assert pull["positive"] < 0 < pull["negative"]
    assert told["vae"]["terms"]["triplet"]["positive"] == 0 == told["vae"]["terms"]["triplet"]["negative"]


def test_a_pull_is_the_change_of_the_distance_along_the_term_s_own_descent(training):
    """The KL term pulls each mean to 0 by its weight times the mean, over three images: moved so, measured anew."""
    told = lesson(training)
    images = torch.from_numpy(load_dataset("digits").train.pixels(np.array(told["rows"])))
    with torch.no_grad():
        means = training.arms["tvae"].model.encode(images.reshape(3, -1)).mean.numpy().astype(np.float64)
    moved = means - 1e-4 * 0.3 * means / 3
    for name, other in (("positive", 1), ("negative", 2)):
        rate = (np.linalg.norm(moved[0] - moved[other]) - np.linalg.norm(means[0] - means[other])) / 1e-4
        assert told["arms"]["tvae"]["terms"]["kl"][name] == pytest.approx(rate, rel=1e-3)
