"""Spread between and within classes: against loops, the KL's parts, and what a planted structure has."""

from pathlib import Path

import numpy as np
import pytest

from tvae.errors import InputError
from tvae.metrics.class_spread import class_spread
from tvae.runs.encodings import read_encoding
from tvae.runs.run import read_run

CHECKPOINTS = Path(__file__).parents[2] / "checkpoints"


def test_it_equals_loops_over_images() -> None:
    rng = np.random.default_rng(0)
    labels = rng.choice([3, 7, 8], size=40, p=[0.6, 0.3, 0.1])
    means = rng.normal(size=(40, 4)) + 0.3 * labels[:, None]
    centres = {c: means[labels == c].mean(axis=0) for c in np.unique(labels)}
    spread = class_spread(means, labels)
    squares = {"between": 0.0, "within": 0.0}
    wrong = []
    for mean, label in zip(means, labels, strict=True):
        squares["between"] += sum((centres[label] - means.mean(axis=0)) ** 2)
        squares["within"] += sum((mean - centres[label]) ** 2)
        distances = {c: sum((mean - centre) ** 2) for c, centre in centres.items()}
        wrong.append(min(distances, key=distances.__getitem__) != label)
    assert spread.between == pytest.approx(squares["between"] / 40)
    assert spread.within == pytest.approx(squares["within"] / 40)
    assert spread.wrong.tolist() == wrong and 0 < sum(wrong) < 40
    whole = np.mean(np.sum(means**2, axis=1))
    assert spread.between + spread.within + spread.offset == pytest.approx(whole)


def test_dimensions_are_those_in_which_images_of_a_class_differ() -> None:
    rng = np.random.default_rng(1)
    labels = np.arange(6000) % 3
    means = 50.0 * np.eye(8)[labels]
    means[:, 4:7] += rng.normal(size=(6000, 3))  # three equal directions
    assert class_spread(means, labels).dimensions == pytest.approx(3, abs=0.05)
    means[:, 4] *= 100
    assert class_spread(means, labels).dimensions == pytest.approx(1, abs=0.05)
    points = np.eye(3)[labels]
    assert class_spread(points, labels).dimensions == 0
    assert class_spread(points, labels).within == 0


@pytest.mark.parametrize("name", ["mnist", "digits"])
def test_the_triplet_loss_moves_classes_apart_and_images_of_a_class_together(name: str) -> None:
    encoding = read_encoding(read_run(CHECKPOINTS / name), "test")
    assert encoding is not None
    vae, tvae = (class_spread(encoding.arms[arm].means, encoding.labels) for arm in ("vae", "tvae"))
    assert tvae.between > 1.5 * vae.between and tvae.within < 0.7 * vae.within
    assert tvae.wrong.mean() < 0.5 * vae.wrong.mean()
    for arm, spread in (("vae", vae), ("tvae", tvae)):
        kl = float(encoding.arms[arm].kl.sum())
        parts = spread.kl_of_classes, spread.kl_of_style, spread.kl_of_rest(kl)
        assert sum(parts) == pytest.approx(kl) and min(parts) > 0
        assert spread.offset < 0.02 * (spread.between + spread.within)


def test_means_without_a_number_are_refused() -> None:
    with pytest.raises(InputError, match="row 1"):
        class_spread(np.array([[0.0], [np.nan]]), np.array([0, 1]))
