"""How often the parts of a run's page ask for news."""

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
    ("job", "asking"),
    [(JOB, 3), (replace(JOB, paused=True, phase="paused"), 1), (replace(JOB, state="done", phase=""), 0)],
)
def test_only_parts_that_can_change_are_drawn_each_second(monkeypatch, job, asking):
    periods: list[float | None] = []

    def fragment(_, run_every):
        periods.append(run_every)
        return lambda *_: None

    monkeypatch.setattr(st, "fragment", fragment)
    for name in ("show_controls", "show_refusal", "show_map"):
        monkeypatch.setattr(live, name, lambda *_: None)
    live.show_run(job)
    assert len(periods) == 3
    assert sum(period is not None for period in periods) == asking
