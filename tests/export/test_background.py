"""Export in a process of its own: one file, or one line and nothing."""

from __future__ import annotations

import gc
import time
import zipfile
from pathlib import Path

import psutil
import pytest

from tvae.export import background
from tvae.export.background import BackgroundExport, ExportRequest
from tvae.system.scratch_folders import LOCK

DIGITS = str(Path(__file__).parents[2] / "checkpoints" / "digits")


@pytest.fixture(autouse=True)
def own_temporary_folder(tmp_path, monkeypatch) -> Path:
    """A folder of temporary files of this test's own."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    return tmp_path


def ended(export: BackgroundExport) -> BackgroundExport:
    export.wait(120)
    assert export.over
    return export


def test_a_folder_comes_as_one_zip_which_goes_with_its_owner(own_temporary_folder):
    export = ended(BackgroundExport(ExportRequest(run=DIGITS, to="torch", arms=("tvae",)), "digits-torch"))
    assert (export.error, export.notes, export.cancelled) == ("", [], False)
    assert export.file is not None and export.file.name == "digits-torch.zip"
    with zipfile.ZipFile(export.file) as archive:
        assert archive.namelist() == ["digits-torch/load_tvae.py", "digits-torch/tvae.safetensors"]
        assert archive.testzip() is None
    assert sorted(path.name for path in export.file.parent.iterdir()) == [LOCK, "digits-torch.zip", "log"]
    del export
    gc.collect()
    assert not list(own_temporary_folder.iterdir())


def test_a_file_comes_as_it_is():
    export = ended(BackgroundExport(ExportRequest(run=DIGITS, to="atlas", images=False), "digits-atlas"))
    assert export.file is not None and export.file.name == "digits-atlas.parquet"


@pytest.mark.parametrize(
    ("request_", "told"),
    [
        (ExportRequest(run=DIGITS, to="torch", arms=("b",)), "arm: 'b' is none of the run's; it has vae, tvae"),
        (ExportRequest(run=f"{DIGITS}-none", to="torch"), "no such folder"),
        (ExportRequest(run=DIGITS, to="atlas", split="validation"), "this run has no validation split"),
    ],
)
def test_what_fails_says_so_in_one_line_and_leaves_nothing(own_temporary_folder, request_, told):
    export = ended(BackgroundExport(request_, "a"))
    assert told in export.error and "\n" not in export.error
    assert export.file is None and not export.cancelled
    assert not list(own_temporary_folder.iterdir())


def process_of(export: BackgroundExport) -> psutil.Process:
    """The process that writes this export, once there is one."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        for child in psutil.Process().children():
            if background.MODULE in child.cmdline():
                return child
        time.sleep(0.01)
    pytest.fail(f"no process: {export.phase}, {export.error}")


def test_a_cancelled_one_leaves_neither_process_nor_file(own_temporary_folder):
    export = BackgroundExport(ExportRequest(run=DIGITS, to="projector"), "a")
    process = process_of(export)
    export.cancel()
    ended(export)
    assert not process.is_running()
    assert (export.cancelled, export.file) == (True, None)
    assert not list(own_temporary_folder.iterdir())


def test_a_killed_one_says_so(own_temporary_folder):
    export = BackgroundExport(ExportRequest(run=DIGITS, to="projector"), "a")
    process_of(export).kill()
    ended(export)
    assert export.error.startswith("its process ended with status ") and not export.cancelled
    assert not list(own_temporary_folder.iterdir())


def test_one_at_a_time_and_one_that_waits_can_be_cancelled(own_temporary_folder):
    first = BackgroundExport(ExportRequest(run=DIGITS, to="projector"), "a")
    process_of(first)
    second = BackgroundExport(ExportRequest(run=DIGITS, to="torch"), "b")
    assert second.phase == "waiting for another export to end"
    second.cancel()
    ended(second)
    assert second.cancelled and not first.over
    assert ended(first).file is not None
