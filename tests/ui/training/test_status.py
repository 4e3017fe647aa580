"""Times at which the sidebar's status looks at the watched run."""

from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.conftest import small_run_config
from tvae.jobs.job import Job, State
from tvae.ui import cached
from tvae.ui.training.status import FIRST_POLL_SECONDS, POLL_SECONDS, poll_seconds


@pytest.mark.parametrize(
    ("state", "phase", "trains", "numbers", "seconds"),
    [
        ("queued", "waiting", True, False, POLL_SECONDS),  # it may wait for hours
        ("queued", "starting", True, False, FIRST_POLL_SECONDS),
        ("running", "training", True, False, FIRST_POLL_SECONDS),
        ("running", "training", True, True, POLL_SECONDS),
        ("running", "paused", True, False, POLL_SECONDS),
        ("running", "measuring", False, False, POLL_SECONDS),  # a run that was brought in has no such numbers
        ("done", "", True, True, None),
    ],
)
def test_only_a_run_whose_first_numbers_are_about_to_come_is_looked_at_four_times_a_second(
    monkeypatch: pytest.MonkeyPatch, state: State, phase: str, trains: bool, numbers: bool, seconds: float | None
) -> None:
    row = {"epoch": 1.0} if numbers else None
    monkeypatch.setattr(cached, "jobs", lambda: SimpleNamespace(last_live=lambda run_id: row))
    job = Job(id="run", folder=Path("run"), config=small_run_config(), state=state, phase=phase, trains=trains, arms={})
    assert poll_seconds(job) == seconds
