"""Tests of the table that compares two runs."""

from __future__ import annotations

from tvae.runs.comparison import MetricChange
from tvae.ui.training.comparison import changes_table


def change(before: float, after: float) -> MetricChange:
    return MetricChange(arm="tvae", figure="KL, nats", before=(before,), after=(after,), better="", paired=True)


def test_a_change_that_rounds_to_nothing_has_no_minus():
    table = changes_table([change(10.004, 10.001), change(2, 1)], {"tvae": "TVAE"})
    assert list(table["Change"]) == ["+0.00", "-1.00"]
