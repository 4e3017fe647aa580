"""What is told while a run trains, against the metrics of the same rows."""

from __future__ import annotations

import math
import time

import numpy as np
import pytest
import torch

from tests.conftest import small_run_config
from tvae.metrics.triplet_accuracy import triplet_accuracy
from tvae.training import live_accuracy
from tvae.training.live_accuracy import MARGINS, LiveAccuracy
from tvae.training.loop import Training


@pytest.fixture
def training(digits):
    """A run after five steps."""
    training = Training(small_run_config(), digits.train)
    for report in training.reports():
        if report.step == 5:
            return training
    raise AssertionError


def means_of(training, arm, split, rows) -> np.ndarray:
    pixels = torch.from_numpy(split.images[rows].reshape(len(rows), -1).astype(np.float32) / 255)
    with torch.no_grad():
        return training.arms[arm].model.encode(pixels).mean.numpy()


def told_of(training, split) -> list[dict]:
    rows: list[dict] = []
    live = LiveAccuracy(split, rows.append)
    live.look(training, 0.25, 1.5)
    live.close()
    return rows


def test_it_tells_the_triplet_accuracy_of_the_whole_split_where_that_is_small(training, digits):
    (row,) = told_of(training, digits.test)
    assert (row["step"], row["epoch"], row["seconds"], row["n"]) == (5, 0.25, 1.5, 359)
    assert row["margins"] == MARGINS
    for arm in ("vae", "tvae"):
        means = means_of(training, arm, digits.test, np.arange(359))
        expected = triplet_accuracy(means, digits.test.labels, MARGINS).accuracy
        np.testing.assert_allclose(row["arms"][arm], expected, atol=1e-5)
    assert row["arms"]["vae"] != row["arms"]["tvae"]


def test_of_a_large_split_it_takes_rows_spread_over_it_and_is_exact_among_them(training, digits, monkeypatch):
    monkeypatch.setattr(live_accuracy, "MOST_ROWS", 40)
    (row,) = told_of(training, digits.test)
    rows = [int(k * 358 / 39) for k in range(40)]
    assert row["n"] == 40
    means, labels = means_of(training, "tvae", digits.test, rows), digits.test.labels[rows]
    for margin, told in zip(MARGINS, row["arms"]["tvae"], strict=True):
        right = [
            math.dist(means[a], means[p]) + margin <= math.dist(means[a], means[n])
            for a in range(40)
            for n in range(40)
            if labels[n] != labels[a]
            for p in range(40)
            if p != a and labels[p] == labels[a]
        ]
        by_anchor = triplet_accuracy(means, labels, [margin]).accuracy[0]
        assert told == pytest.approx(by_anchor, abs=1e-5)
        assert told == pytest.approx(np.mean(right), abs=0.05)  # that weighs anchors of large classes more


def test_it_looks_about_once_a_second_and_in_a_twentieth_of_the_time(training, digits, monkeypatch):
    rows: list[dict] = []
    live = LiveAccuracy(digits.test, rows.append)
    now = [100.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    real = live._means

    def slow(*words):
        now[0] += 0.1
        return real(*words)

    monkeypatch.setattr(live, "_means", slow)
    looked = []
    for _ in range(2000):
        before = now[0]
        live.look(training, 0.0, 0.0)
        if now[0] > before:
            looked.append(before)
        now[0] += 0.01
        while live._waiting.full():
            pass
    live.close()
    apart = np.diff(looked)
    assert len(rows) == len(looked)
    assert (apart >= 0.2 / live_accuracy.MOST_SHARE).all()  # two arms, a tenth of a second each
    assert (apart < 0.2 / live_accuracy.MOST_SHARE + 1).all()


def test_a_row_that_can_not_be_kept_is_told_at_the_next_look(training, digits):
    def full(row):
        raise OSError(28, "No space left on device")

    live = LiveAccuracy(digits.test, full)
    live.look(training, 0.0, 0.0)
    live._thread.join(timeout=60)
    with pytest.raises(OSError, match="No space left"):
        live.look(training, 0.0, 0.0)


def test_a_split_without_a_triplet_is_no_error(training, digits, monkeypatch):
    monkeypatch.setattr(live_accuracy, "MOST_ROWS", 1)
    assert told_of(training, digits.test) == []
