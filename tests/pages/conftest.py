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


@pytest.fixture(autouse=True)
def first_run_is_prepared(monkeypatch) -> None:
    """Has pages show nothing of a preparation that happens to be under way on this machine."""
    monkeypatch.setattr("tvae.ui.training.status.preparation", lambda: None)
    monkeypatch.setattr("tvae.ui.training.panel.preparation", lambda: None)
