"""Fixtures that all tests of pages use."""

from __future__ import annotations

import pytest

from tvae.jobs.starting import Starter


@pytest.fixture(autouse=True)
def no_worker_is_kept_ready(monkeypatch) -> None:
    """Stops an open training panel from starting a worker process, which no test here uses."""
    monkeypatch.setattr(Starter, "warm_up", lambda *_: None)
