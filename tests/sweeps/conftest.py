"""A small sweep on the digits, and runs that end as a test says."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import small_run_config
from tvae.sweeps.layout import Grid, plan_of
from tvae.sweeps.plan import Plan
from tvae.sweeps.study import Sweep

Start = Callable[..., Sweep]


def small_plan(**changes: Any) -> Plan:
    """Two margins with one weight and two seeds, a cell a run, on the digits."""
    config = small_run_config()
    config = replace(config, data=replace(config.data, validation_share=0.2))
    grid = Grid(margins=(0.2, 1.0), weights=(10.0,), seeds=(0, 1), cells_a_run=1)
    return replace(plan_of(config, grid, heartbeat=1), **changes)


@pytest.fixture
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of runs of the test's own."""
    monkeypatch.setenv("TVAE_RUNS", str(tmp_path / "runs"))
    monkeypatch.delenv("TVAE_RUNS_AT_ONCE", raising=False)
    return tmp_path / "runs"


@pytest.fixture
def url(tmp_path: Path) -> str:
    """A storage of the test's own."""
    return f"sqlite:///{tmp_path / 'storage.sqlite3'}"


@pytest.fixture
def start(url: str, runs: Path) -> Iterator[Start]:
    """Starts a sweep, and opens it to work."""
    opened: list[Sweep] = []

    def started(plan: Plan | None = None) -> Sweep:
        sweep, _ = Sweep.start("grid", plan or small_plan(), url, runs)
        sweep.close()
        opened.append(Sweep.open("grid", url, runs, to_work=True))
        return opened[-1]

    yield started
    for sweep in opened:
        sweep.close()
