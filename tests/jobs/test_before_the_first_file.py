"""Runs that are stopped, killed or out of room before their first file, in the foreground and the background."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import small_run_config
from tvae.errors import InputError
from tvae.jobs.files import OVER, JobFiles, Spec
from tvae.jobs.foreground import held_in_foreground
from tvae.jobs.jobs import Jobs
from tvae.runs.recording import claimed_folder

ROOT = Path(__file__).parents[2]
ON_A_FULL_DISK = """
import resource, signal, sys
from tvae.cli.parsing import main
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (1_000, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))
sys.exit(main(sys.argv[1:]))
"""


@pytest.fixture
def jobs(tmp_path, monkeypatch) -> Jobs:
    monkeypatch.setenv("TVAE_RUNS", str(tmp_path))
    return Jobs(tmp_path)


def test_a_run_in_the_background_has_a_row_before_its_first_file_and_can_be_deleted(jobs):
    files = JobFiles(jobs.folder / "abc")
    files.folder.mkdir(parents=True)
    files.write_spec(Spec(config=small_run_config()))
    files.set_flag("stop", True)
    [job] = jobs.runs()
    assert (job.id, job.state, job.loadable) == ("abc", "stopped", False) and job.state in OVER
    jobs.trash.delete("abc", None)
    assert (jobs.runs(), jobs.trash.deleted(None)) == ([], ["abc"])


@pytest.mark.parametrize("end", [KeyboardInterrupt, InputError, OSError])
def test_a_run_in_the_foreground_that_ends_before_its_first_file_leaves_no_folder(jobs, end):
    folder = jobs.folder / "new"
    with pytest.raises(end), claimed_folder(folder), held_in_foreground(folder):
        raise end
    assert not folder.exists() and jobs.runs() == []


def test_the_empty_folder_of_one_that_was_killed_goes_with_the_leftovers_and_no_other_does(jobs):
    killed, young, held, full = (jobs.folder / name for name in ("killed", "young", "held", "full"))
    for folder in (killed, young, held, full):
        folder.mkdir()
    (full / "anything").touch()
    for folder in (killed, held, full):
        os.utime(folder, (1_000, 1_000))
    with held_in_foreground(held):
        jobs.trash.clear_leftovers()
    assert [folder.exists() for folder in (killed, young, held, full)] == [False, True, True, True]


def test_a_full_disk_in_the_foreground_names_the_file(jobs):
    folder = jobs.folder / "new"
    words = ["train", "--out", folder, "--data.name", "digits", "--model.hidden", "8", "--train.epochs", "1"]
    done = subprocess.run(
        [sys.executable, "-c", ON_A_FULL_DISK, *words], capture_output=True, text=True, cwd=ROOT, check=False
    )
    assert (done.returncode, done.stderr.count("\n")) == (2, 1), done.stderr
    assert done.stderr.startswith(f"tvae: {folder}") and "File too large" in done.stderr
    assert ".part" not in done.stderr
