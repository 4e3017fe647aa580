"""A run whose memory the kernel takes away: a memory cgroup of its own, as a container or systemd makes one."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from tests.conftest import small_run_config
from tvae.jobs.jobs import Jobs

ROOT = Path(__file__).parents[2]
LIMIT = 700_000_000
"""Bytes: a worker with torch takes half of them, the arms of the wide network more than there are."""
IN_THE_CGROUP = """
import json, sys
from pathlib import Path
from tvae.config import RunConfig
from tvae.jobs.jobs import Jobs
Path(sys.argv[1], "cgroup.procs").write_text("0")
jobs = Jobs(Path(sys.argv[2]))
print(jobs.starter.start(RunConfig.from_json(json.loads(sys.argv[3])), None))
sys.stdin.read()
"""


def memory_cgroup() -> Path | None:
    """The memory cgroup of this process, of version 2 or 1; None where there is none."""
    for line in Path("/proc/self/cgroup").read_text().splitlines():
        _, kinds, path = line.split(":", 2)
        root = Path("/sys/fs/cgroup/memory" if "memory" in kinds.split(",") else "/sys/fs/cgroup")
        folder = root / path.lstrip("/")
        if any((folder / name).exists() for name in ("memory.limit_in_bytes", "memory.max")):
            return folder
    return None


@pytest.fixture
def cgroup() -> Iterator[Path]:
    above = memory_cgroup() if Path("/proc/self/cgroup").exists() else None
    if above is None:
        pytest.skip("this system has no memory cgroup")
    folder = above / f"tvae-test-{time.monotonic_ns()}"
    try:
        folder.mkdir()
        limit = next(path for name in ("memory.limit_in_bytes", "memory.max") if (path := folder / name).exists())
        limit.write_text(str(LIMIT))
    except (OSError, StopIteration):
        if folder.exists():
            folder.rmdir()
        pytest.skip("this user can't make a memory cgroup")
    yield folder
    for pid in (folder / "cgroup.procs").read_text().split():
        psutil.Process(int(pid)).kill()
    for _ in range(100):
        try:
            folder.rmdir()
            return
        except OSError:
            time.sleep(0.1)


def test_a_run_that_the_kernel_kills_for_memory_says_so_and_the_server_goes_on(tmp_path, cgroup):
    jobs, usual = Jobs(tmp_path), small_run_config()
    wide = replace(usual, model=replace(usual.model, hidden=16_384, latent_dim=1_024))
    words = [sys.executable, "-c", IN_THE_CGROUP, cgroup, tmp_path, json.dumps(wide.to_json())]
    with subprocess.Popen(words, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        run_id = server.stdout.readline().strip()
        deadline = time.monotonic() + 300
        while not (job := jobs.run(run_id)).over:
            assert time.monotonic() < deadline, job
            time.sleep(0.1)
        assert server.poll() is None, "the server was killed in place of the worker"
        server.communicate()
    assert job.state == "interrupted" and job.resumable
    assert job.reason.startswith("killed (memory?)") and "Resume goes on" in job.reason
    assert "a smaller batch, network or number of arms takes less memory" in job.reason
    kills = (cgroup / "memory.oom_control", cgroup / "memory.events")
    assert any("oom_kill 1" in path.read_text() for path in kills if path.exists())
    later = jobs.starter.start(replace(usual, train=replace(usual.train, epochs=1)), None)
    while not (job := jobs.run(later)).over:
        assert time.monotonic() < deadline, job
        time.sleep(0.1)
    assert job.state == "done"
    jobs.resume(run_id, None)  # out of the cgroup there is memory for it
    while jobs.run(run_id).step < 1:
        assert not jobs.run(run_id).over and time.monotonic() < deadline
        time.sleep(0.1)
    jobs.stop(run_id, None)
    while not (job := jobs.run(run_id)).over:
        assert time.monotonic() < deadline, job
        time.sleep(0.1)
    assert job.state == "stopped"
