"""Tests of which parts of the training page are updated every second."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import streamlit as st

from tests.conftest import small_run_config
from tvae.jobs.job import Job
from tvae.ui.training import live

JOB = Job(id="abc", folder=Path("abc"), config=small_run_config(), state="running", phase="training", arms={})


@pytest.mark.parametrize(
    ("job", "updated_parts"),
    [(JOB, 3), (replace(JOB, paused=True, phase="paused"), 1), (replace(JOB, state="done", phase=""), 0)],
)
def test_only_parts_that_can_change_are_updated_every_second(monkeypatch, job, updated_parts):
    periods: list[float | None] = []

    def fragment(_, run_every):
        periods.append(run_every)
        return lambda *_: None

    monkeypatch.setattr(st, "fragment", fragment)
    for name in ("show_controls", "show_refusal", "show_map"):
        monkeypatch.setattr(live, name, lambda *_: None)
    live.show_run(job)
    assert len(periods) == 3
    assert sum(period is not None for period in periods) == updated_parts
