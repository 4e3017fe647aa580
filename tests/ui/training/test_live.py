"""Times at which the training page draws the run anew."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
import streamlit as st

from tests.conftest import small_run_config
from tvae.jobs.job import Job
from tvae.ui import cached
from tvae.ui.training import live
from tvae.ui.training.status import FIRST_POLL_SECONDS, POLL_SECONDS

JOB = Job(id="abc", folder=Path("abc"), config=small_run_config(), state="running", phase="training", arms={})


@pytest.mark.parametrize(
    ("job", "seconds"),
    [
        (JOB, FIRST_POLL_SECONDS),  # whose first numbers are awaited
        (replace(JOB, paused=True, phase="paused"), POLL_SECONDS),
        (replace(JOB, state="done", phase=""), None),
    ],
)
def test_the_page_asks_the_server_in_one_part_and_only_while_the_run_is_under_way(monkeypatch, job, seconds):
    periods: list[float | None] = []

    def fragment(_, run_every):
        periods.append(run_every)
        return lambda *_: None

    monkeypatch.setattr(st, "fragment", fragment)
    monkeypatch.setattr(live, "fitted_map", lambda run_id: None)
    monkeypatch.setattr(cached, "jobs", lambda: SimpleNamespace(last_live=lambda run_id: None))
    live.show_run(job)
    assert periods == [seconds]
