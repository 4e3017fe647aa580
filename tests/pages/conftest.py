"""Fixtures that all tests of pages use."""

from __future__ import annotations

import pytest

from tvae.jobs.starting import Starter


@pytest.fixture(autouse=True)
def no_worker_is_kept_ready(monkeypatch) -> None:
    """Stops an open training panel from starting a worker process, which no test here uses."""
    monkeypatch.setattr(Starter, "warm_up", lambda *_: None)


@pytest.fixture(autouse=True)
def no_layouts_of_other_tests(monkeypatch, tmp_path) -> None:
    """Gives the pages an empty cache folder of layouts, which servers of other tests do not fill."""
    monkeypatch.setattr("tvae.ui.cached.maps.default_layouts_folder", lambda: tmp_path / "layouts")
