"""All that the programs write is private to their user, whatever the umask of the shell that starts them."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tvae.errors import InputError
from tvae.system.privacy import keep_files_private

SETTINGS = "--data.name digits --model.hidden 16 --model.latent-dim 3 --train.epochs 2 --train.batch-size 32"


@pytest.fixture(autouse=True)
def usual_umask() -> Iterator[None]:
    """Makes a new file readable by everybody, as most machines do."""
    before = os.umask(0o022)
    yield
    os.umask(before)


def written(umask: str | None, folder: Path) -> dict[str, int]:
    """Permissions of all that a run in the background and one in the foreground write, by path."""
    names = ("TVAE_RUNS", "TVAE_DATA", "XDG_DATA_HOME", "XDG_CACHE_HOME")
    env = {**os.environ, **{name: str(folder / name) for name in names}, "TVAE_UMASK": umask or ""}
    tvae = f"{sys.executable} -m tvae"
    script = f"""umask 022; set -e
        id=$({tvae} jobs start {SETTINGS}); {tvae} train --out {folder}/foreground {SETTINGS}; {tvae} jobs watch $id"""
    done = subprocess.run(["bash", "-c", script], env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return {str(path.relative_to(folder)): path.stat().st_mode & 0o777 for path in folder.rglob("*")}


def test_runs_queue_locks_and_logs_are_for_their_user_alone(tmp_path):
    modes = written(None, tmp_path)
    assert {name for name, mode in modes.items() if mode not in (0o700, 0o600)} == set()
    names = {Path(name).name for name in modes}
    assert {"queue.sqlite3", "lock", "log.txt", "spec.json", "tvae.safetensors", "config.json", "metrics.json"} <= names


@pytest.mark.parametrize(("setting", "umask"), [("", 0o077), ("027", 0o027), ("0022", 0o022)])
def test_the_umask_is_the_one_that_is_set(monkeypatch, setting, umask):
    monkeypatch.setenv("TVAE_UMASK", setting)
    keep_files_private()
    assert os.umask(0o022) == umask


@pytest.mark.parametrize("setting", ["abc", "7", "789", "-77", "00777"])
def test_what_is_no_umask_is_refused(monkeypatch, setting):
    monkeypatch.setenv("TVAE_UMASK", setting)
    with pytest.raises(InputError, match="TVAE_UMASK"):
        keep_files_private()
    assert os.umask(0o022) == 0o022
