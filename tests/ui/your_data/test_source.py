"""The folder of an uploaded file is removed with its source, and where the file can't be stored."""

import gc
import tempfile
import warnings
from pathlib import Path

import pytest

from tvae.system.scratch_folders import LOCK
from tvae.ui.your_data.source import Source


@pytest.fixture
def folder(tmp_path, monkeypatch) -> Path:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def test_an_uploaded_file_goes_with_its_source_without_a_warning(folder):
    source = Source.uploaded("no images.txt", b"text")
    source.task.wait(30)
    assert sorted(path.name for path in folder.glob("*/*")) == [LOCK, "no images.txt"]
    assert "no images.txt" in source.task.error
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        del source
        gc.collect()
    assert list(folder.iterdir()) == []


def test_of_an_upload_that_there_is_no_room_for_nothing_stays(folder, monkeypatch):
    def full(path: Path, content: bytes) -> int:
        path.touch()
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(OSError, match="No space left"):
        Source.uploaded("images.zip", b"zip")
    assert list(folder.iterdir()) == []
