"""Triplet accuracy while a run trains, against the metrics of the same rows."""

from __future__ import annotations

import math
import threading
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


def measured(training, split) -> list[dict]:
    rows: list[dict] = []
    live = LiveAccuracy(split, rows.append)
    live.measure_if_due(training, 0.25, 1.5)
    live.close()
    return rows


def test_a_small_split_is_measured_whole(training, digits):
    (row,) = measured(training, digits.test)
    assert (row["step"], row["epoch"], row["seconds"], row["n"]) == (5, 0.25, 1.5, 359)
    assert row["margins"] == MARGINS
    for arm in ("vae", "tvae"):
        means = means_of(training, arm, digits.test, np.arange(359))
        expected = triplet_accuracy(means, digits.test.labels, MARGINS).accuracy
        np.testing.assert_allclose(row["arms"][arm], expected, atol=1e-5)
    assert row["arms"]["vae"] != row["arms"]["tvae"]


def test_of_a_large_split_rows_spread_over_it_are_measured_exactly(training, digits, monkeypatch):
    monkeypatch.setattr(live_accuracy, "MOST_ROWS", 40)
    (row,) = measured(training, digits.test)
    rows = [int(k * 358 / 39) for k in range(40)]
    assert row["n"] == 40
    means, labels = means_of(training, "tvae", digits.test, rows), digits.test.labels[rows]
    for margin, share in zip(MARGINS, row["arms"]["tvae"], strict=True):
        right = [
            math.dist(means[a], means[p]) + margin <= math.dist(means[a], means[n])
            for a in range(40)
            for n in range(40)
            if labels[n] != labels[a]
            for p in range(40)
            if p != a and labels[p] == labels[a]
        ]
        by_anchor = triplet_accuracy(means, labels, [margin]).accuracy[0]
        assert share == pytest.approx(by_anchor, abs=1e-5)
        assert share == pytest.approx(np.mean(right), abs=0.05)  # that weighs anchors of large classes more


def test_it_measures_about_once_a_second_and_in_a_twentieth_of_the_time(training, digits, monkeypatch):
    rows: list[dict] = []
    live = LiveAccuracy(digits.test, rows.append)
    now = [100.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    for arm in training.arms.values():

        def slow(images, encode=arm.model.encode):
            now[0] += 0.1
            return encode(images)

        monkeypatch.setattr(arm.model, "encode", slow)
    measured_at = []
    for _ in range(2000):
        before = now[0]
        live.measure_if_due(training, 0.0, 0.0)
        if now[0] > before:
            measured_at.append(before)
        now[0] += 0.01
        while len(rows) < len(measured_at):
            time.sleep(0.001)
    live.close()
    apart = np.diff(measured_at)
    assert len(rows) == len(measured_at)
    assert (apart >= 0.2 / live_accuracy.MOST_SHARE).all()  # two arms, a tenth of a second each
    assert (apart < 0.2 / live_accuracy.MOST_SHARE + 1).all()


def test_a_run_of_a_week_has_two_thousand_rows(training, digits, monkeypatch):
    live = LiveAccuracy(digits.test, lambda row: None)
    now, measured_at = [0.0], []
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    monkeypatch.setattr(training, "means_of", lambda pixels: measured_at.append(now[0]) or {})
    monkeypatch.setattr(live, "_count", lambda row, means: None)
    while now[0] < 7 * 86_400:
        live.measure_if_due(training, 0.0, now[0])
        while live._waiting.full():
            time.sleep(0)  # the other thread takes it away
        now[0] += max(0.5, now[0] / 10_000)
    live.close()
    times = np.unique(measured_at)
    assert 60 < np.count_nonzero(times < 100) <= 100
    assert 1_000 < len(times) < 2_200


def test_a_measurement_that_can_not_be_kept_is_raised_at_the_next_one_and_does_not_block_the_end(
    training, digits, monkeypatch
):
    monkeypatch.setattr(live_accuracy, "SECONDS_BETWEEN", 0.0)
    monkeypatch.setattr(live_accuracy, "MOST_SHARE", math.inf)
    counting, disk_is_full = threading.Event(), threading.Event()

    def keep(row):
        counting.set()
        disk_is_full.wait(60)
        raise OSError(28, "No space left on device")

    live = LiveAccuracy(digits.test, keep)
    live.measure_if_due(training, 0.0, 0.0)
    assert counting.wait(60)
    live.measure_if_due(training, 0.0, 0.0)  # waits behind the one that will fail
    disk_is_full.set()
    closing = threading.Thread(target=live.close, daemon=True)
    closing.start()
    closing.join(60)
    assert not closing.is_alive()
    with pytest.raises(OSError, match="No space left"):
        live.measure_if_due(training, 0.0, 0.0)


def test_a_split_without_a_triplet_is_no_error(training, digits, monkeypatch):
    monkeypatch.setattr(live_accuracy, "MOST_ROWS", 1)
    assert measured(training, digits.test) == []
