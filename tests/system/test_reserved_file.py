import os
import subprocess
import sys

import pytest

from tvae.system.reserved_file import ReservedFile

ON_A_FULL_DISK = """
import resource, signal, sys
from pathlib import Path
from tvae.system.reserved_file import ReservedFile
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
Path(sys.argv[1]).with_name("other").write_bytes(bytes(4096))
ReservedFile(Path(sys.argv[1])).write("disk full")
"""


def test_what_is_written_is_read_and_takes_no_more_room(tmp_path):
    file = ReservedFile(tmp_path / "word")
    assert file.read() == ""
    file.reserve()
    size = file.path.stat().st_size
    assert size == 4096
    assert file.read() == ""
    file.write("disk full ä")
    assert file.read() == "disk full ä"
    file.write("x" * 10_000)
    assert file.path.stat().st_size == size
    file.write("short")
    assert file.read() == "short"
    file.reserve()
    assert file.read() == ""


def test_a_text_is_on_the_disk_when_write_returns(tmp_path, monkeypatch):
    file, on_disk, fsync = ReservedFile(tmp_path / "word"), [], os.fsync
    file.reserve()

    def noted(descriptor: int) -> None:
        on_disk.append(file.read())
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", noted)
    file.write("disk full")
    assert on_disk == ["disk full"]


def test_bytes_that_are_no_text_are_read_all_the_same(tmp_path):
    file = ReservedFile(tmp_path / "word")
    file.path.write_bytes(b"\xff?")
    assert file.read() == "\ufffd?"


def test_no_file_may_grow_and_this_one_is_written(tmp_path):
    file = ReservedFile(tmp_path / "word")
    file.reserve()
    subprocess.run([sys.executable, "-c", ON_A_FULL_DISK, file.path], check=True)
    assert file.read() == "disk full"


def test_a_file_that_was_never_reserved_is_not_written(tmp_path):
    with pytest.raises(FileNotFoundError):
        ReservedFile(tmp_path / "word").write("disk full")
