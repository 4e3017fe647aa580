"""Moments between processes, under a clock that is set, after a restart, and from files that hold none."""

from __future__ import annotations

import os
import time
from dataclasses import replace

import pytest

from tvae.system import moment
from tvae.system.moment import Moment, now, read_moment


@pytest.fixture(params=[-7_200.0, 7_200.0], ids=["set back", "set forward"])
def set_clock(request, monkeypatch):
    """Sets the system's clock by two hours."""
    real = time.time
    return lambda: monkeypatch.setattr(time, "time", lambda: real() + request.param)


def test_a_clock_that_is_set_changes_no_age(tmp_path, set_clock):
    (tmp_path / "moment").write_text(now().to_text())
    set_clock()
    written = read_moment(tmp_path / "moment")
    assert written is not None and 0.0 <= written.age < 60.0
    assert 100.0 <= replace(written, since_boot=written.since_boot - 100.0).age < 160.0


@pytest.mark.parametrize("ahead", [0.0, 10_000.0], ids=["of another start", "of one that can't be told from this"])
def test_from_before_a_restart_the_clock_counts(ahead, monkeypatch):
    here = now()
    before = Moment(
        boot=here.boot if ahead else "another", since_boot=here.since_boot + ahead, clock=here.clock - 500.0
    )
    assert 500.0 <= before.age < 560.0
    assert replace(before, clock=here.clock + 500.0).age == 0.0


@pytest.mark.parametrize("content", [b"", b"{", b"\xff", b'{"boot": "a"}', b'{"boot": 1, "since_boot": 0, "clock": 0}'])
def test_a_file_without_a_moment_counts_from_its_last_change(content, tmp_path):
    path = tmp_path / "moment"
    assert read_moment(path) is None
    path.write_bytes(content)
    old = time.time() - 300.0
    os.utime(path, (old, old))
    written = read_moment(path)
    assert written is not None and 300.0 <= written.age < 360.0


def test_a_system_without_a_number_of_its_start_is_counted_all_the_same(tmp_path, monkeypatch):
    moment.boot_id.cache_clear()
    monkeypatch.setattr(moment, "_BOOT_ID", tmp_path / "missing")
    try:
        assert now().boot == "" and now().age < 60.0
    finally:
        moment.boot_id.cache_clear()
