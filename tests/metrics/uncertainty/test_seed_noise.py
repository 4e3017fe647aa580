"""Differences of figures over seeds, against the t statistic written out."""

from __future__ import annotations

from statistics import mean, stdev

import pytest

from tvae.metrics.uncertainty.seed_noise import beyond_noise


@pytest.mark.parametrize("shift", [0.001, 0.02, 0.05, 0.2])
def test_pairs_differ_beyond_noise_where_student_s_t_is_large(shift):
    before, after = [0.90, 0.92, 0.91], [0.90 + shift, 0.93 + shift, 0.905 + shift]
    differences = [b - a for a, b in zip(before, after, strict=True)]
    t = abs(mean(differences)) / (stdev(differences) / 3**0.5)
    assert beyond_noise(before, after, paired=True) == (t > 4.3027)  # two degrees of freedom, 5 %


def test_fewer_than_three_seeds_tell_nothing():
    assert not beyond_noise([0.1, 0.1], [0.9, 0.9], paired=True)
    assert not beyond_noise([0.1, 0.11, 0.1], [0.9], paired=False)


def test_a_side_of_two_seeds_tells_nothing_however_many_the_other_has():
    assert not beyond_noise([0.1, 0.11], [0.9, 0.91, 0.92], paired=False)
    assert beyond_noise([0.1, 0.11, 0.12], [0.9, 0.91, 0.92], paired=False)


def test_without_pairs_each_side_has_its_own_variance():
    even, wide = [0.900, 0.901, 0.899, 0.9, 0.9, 0.9], [0.91, 0.94, 0.97]
    assert not beyond_noise(even, wide, paired=False)  # Welch: p = 0.15; one variance for both would give 0.01


def test_equal_values_do_not_differ():
    assert not beyond_noise([0.5] * 3, [0.5] * 3, paired=True)


def test_a_difference_is_beyond_noise_from_five_percent_on():
    before = [0.90, 0.92, 0.91]
    for shift, wanted in ((0.016, False), (0.024, True)):  # p = 0.057 and p = 0.028
        assert beyond_noise(before, [0.90 + shift, 0.93 + shift, 0.905 + shift], paired=True) == wanted
