"""What the pages' tests share."""

from __future__ import annotations

import pytest

from tvae.jobs.starting import Starter


@pytest.fixture(autouse=True)
def no_worker_is_kept_ready(monkeypatch) -> None:
    """An open training panel starts no process: it would outlive most tests here, and none waits for it."""
    monkeypatch.setattr(Starter, "warm_up", lambda *_: None)
