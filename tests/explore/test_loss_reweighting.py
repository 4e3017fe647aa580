"""The loss under other weights, against slow plain loops."""

from __future__ import annotations

import numpy as np
import pytest

from tvae.config import LossConfig
from tvae.errors import InputError
from tvae.explore.loss_reweighting import reweighted_loss
from tvae.metrics.triplet_curve import triplet_curve
from tvae.model.encoding import EncodedArm


@pytest.fixture
def arm() -> EncodedArm:
    generator = np.random.default_rng(0)
    return EncodedArm(
        generator.normal(size=(12, 3)).astype(np.float32),
        generator.uniform(1, 5, 12).astype(np.float32),
        generator.uniform(0, 2, 3).astype(np.float32),
    )


LABELS = np.array([0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 3])


@pytest.mark.parametrize("margin", [0.0, 0.5, 7.0])
def test_terms_and_total_equal_a_loop(arm, margin):
    points = arm.means.astype(np.float64)
    hinges, active = [], []
    for a in range(12):
        positives = [p for p in range(12) if LABELS[p] == LABELS[a] and p != a]
        negatives = [n for n in range(12) if LABELS[n] != LABELS[a]]
        loss = [
            np.linalg.norm(points[a] - points[p]) - np.linalg.norm(points[a] - points[n]) + margin
            for p in positives
            for n in negatives
        ]
        if loss:
            hinges.append(np.mean(np.maximum(loss, 0)))
            active.append(np.mean(np.array(loss) > 0))
    loss = LossConfig(margin=margin, triplet_weight=3, kl_weight=0.5, reconstruction_weight=2)
    for curve in (None, triplet_curve(arm.means, LABELS)):
        reweighted = reweighted_loss(arm, LABELS, loss, curve)
        assert reweighted.triplet == pytest.approx(np.mean(hinges))
        assert reweighted.active_share == pytest.approx(np.mean(active))
        total = 2 * arm.errors.mean() + 0.5 * arm.kl.sum() + 3 * np.mean(hinges)
        assert reweighted.total == pytest.approx(total, rel=1e-6)


def test_one_class_is_refused(arm):
    with pytest.raises(InputError, match="class"):
        reweighted_loss(arm, np.zeros(12, np.int64), LossConfig())
