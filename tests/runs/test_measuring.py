"""Progress of measuring: each part of each arm counts, and the whole ends at 1."""

from __future__ import annotations

import pytest

from tests.conftest import small_run_config
from tvae.runs.measuring import MeasuringProgress, expected_seconds
from tvae.runs.recording import record


def test_shares_grow_from_nothing_to_all(digits, tmp_path):
    shares: list[float] = []
    for _ in record(small_run_config(), digits, tmp_path / "run", "", on_measured=shares.append):
        assert shares == []  # it trains
    assert shares[0] == 0.0
    assert shares == sorted(shares)
    assert len(set(shares)) > 10
    assert shares[-1] == pytest.approx(1.0)


def test_a_part_counts_by_its_time():
    shares: list[float] = []
    progress = MeasuringProgress(2, shares.append)
    progress.done("curve")
    progress.done("silhouette")
    assert shares[1] == pytest.approx(5 * (shares[2] - shares[1]))


def test_the_expected_time_grows_with_arms_and_pairs_of_images():
    few, many = expected_seconds(0, 2), expected_seconds(10_000, 2)
    assert expected_seconds(5_000, 2) - few == pytest.approx((many - few) / 4)
    assert expected_seconds(10_000, 4) - few == pytest.approx(2 * (many - few))
