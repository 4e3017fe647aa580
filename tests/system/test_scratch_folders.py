"""Scratch folders: gone with their owner, or with the next one where their process was killed; no other is touched."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tvae.system.scratch_folders import (
    LOCK,
    YOUNG_SECONDS,
    new_scratch_folder,
    remove_abandoned,
    remove_scratch_folder,
    scratch_folder,
)

MAKER = """
from tvae.system.scratch_folders import new_scratch_folder
folder = new_scratch_folder("export")
(folder / "half").write_bytes(b"written")
print(folder, flush=True)
input()
"""


@pytest.fixture(autouse=True)
def temporary(tmp_path, monkeypatch) -> Path:
    """A folder of temporary files of this test's own, for its processes too."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    return tmp_path


def aged(folder: Path) -> Path:
    """The folder as it is after a while."""
    then = time.time() - 2 * YOUNG_SECONDS
    os.utime(folder / LOCK, (then, then))
    return folder


def test_the_folder_of_a_killed_process_goes_and_that_of_a_running_one_stays(temporary):
    process = subprocess.Popen([sys.executable, "-c", MAKER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None and process.stdin is not None
    folder = aged(Path(process.stdout.readline().strip()))
    remove_abandoned()
    assert (folder / "half").exists()
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdin.close()
    process.stdout.close()
    assert (folder / "half").exists()
    own = new_scratch_folder("upload")
    assert list(temporary.iterdir()) == [own]
    remove_scratch_folder(own)
    assert not list(temporary.iterdir())


def test_what_is_not_ours_or_too_young_stays(temporary):
    young, ours = temporary / "tvae-export-young", temporary / "tvae-export-ours"
    foreign, unlocked = temporary / "other-export-a", temporary / "tvae-notes"
    for folder in (young, ours, foreign, unlocked):
        folder.mkdir()
        if folder is not unlocked:
            (folder / LOCK).touch()
    aged(foreign)
    (temporary / "tvae-link").symlink_to(aged(ours))
    (temporary / "tvae-file").touch()
    with scratch_folder("push") as held:
        remove_abandoned()
        assert aged(held).exists()
        remove_abandoned()
        assert held.exists()
    left = {"tvae-export-young", "other-export-a", "tvae-notes", "tvae-link", "tvae-file"}
    assert {path.name for path in temporary.iterdir()} == left
