"""Fixtures that all tests of pages use."""

from __future__ import annotations

import pytest

from tvae.jobs.starting import Starter


@pytest.fixture(autouse=True)
def no_worker_is_kept_ready(monkeypatch) -> None:
    """Stops the training panel from starting a worker process: no page test needs one."""
    monkeypatch.setattr(Starter, "warm_up", lambda *_: None)


@pytest.fixture(autouse=True)
def no_layouts_of_other_tests(monkeypatch, tmp_path) -> None:
    """Gives each test an empty cache folder for map layouts, so that it can't find layouts of other tests."""
    monkeypatch.setattr("tvae.ui.cached.maps.default_layouts_folder", lambda: tmp_path / "layouts")
