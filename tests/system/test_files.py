import os
import stat
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tvae.errors import InputError
from tvae.system.files import (
    file_put_at,
    file_state,
    file_states,
    make_writable_folder,
    read_bounded,
    unwritable_reason,
    write_atomically,
)


def test_what_is_written_is_read(tmp_path):
    write_atomically(tmp_path / "a", "ä")
    assert read_bounded(tmp_path / "a", 10) == "ä".encode()
    assert [path.name for path in tmp_path.iterdir()] == ["a"]  # no temporary name is left


@pytest.mark.parametrize(
    ("durable", "calls"), [(True, ["content", "name", "folder"]), (False, ["name"])], ids=["durable", "soon replaced"]
)
def test_the_content_is_on_the_disk_before_its_name_and_then_the_name(tmp_path, monkeypatch, durable, calls):
    """What a power cut leaves can't be tried here; the order of the calls can."""
    done: list[str] = []

    def fsync(descriptor: int, fsync=os.fsync) -> None:
        state = os.fstat(descriptor)
        done.append("folder" if stat.S_ISDIR(state.st_mode) else "content" if state.st_size == 1 else "no content")
        fsync(descriptor)

    def rename(path: Path, target: Path, rename=Path.replace) -> Path:
        done.append("name")
        return rename(path, target)

    monkeypatch.setattr(os, "fsync", fsync)
    monkeypatch.setattr(Path, "replace", rename)
    write_atomically(tmp_path / "a", b"x", durable=durable)
    assert done == calls


def test_a_file_rewritten_in_place_with_equal_length_has_another_state(tmp_path):
    path = tmp_path / "a"
    path.write_bytes(b"1")
    os.utime(path, (1_000, 1_000))
    before = file_state(path)
    with path.open("r+b") as file:
        file.write(b"2")
    os.utime(path, (1_001, 1_001))
    assert file_state(path) != before
    os.utime(path, (1_000, 1_000))
    assert file_state(path) == before
    path.unlink()
    assert file_state(path).endswith("missing")


def test_the_states_of_a_folder_s_files_are_by_name_and_change_with_each_file(tmp_path):
    for name in ("b.npz", "a.npz", "a.txt"):
        (tmp_path / name).write_bytes(b"1")
    before = file_states(tmp_path, (".npz", ".safetensors"))
    assert [state.split(":")[0] for state in before] == ["a.npz", "b.npz"]
    (tmp_path / "a.txt").write_bytes(b"22")
    assert file_states(tmp_path, (".npz", ".safetensors")) == before
    (tmp_path / "b.npz").write_bytes(b"22")
    after = file_states(tmp_path, (".npz", ".safetensors"))
    assert after[0] == before[0] and after[1] != before[1]
    assert file_states(tmp_path / "nowhere", (".npz",)) == []


def test_a_writer_killed_at_any_moment_leaves_a_whole_file(tmp_path):
    """A process rewrites 4 MB of one repeated byte without end, and is killed; the file is of one byte throughout."""
    script = (
        "import pathlib, sys, itertools; from tvae.system.files import write_atomically\n"
        "for n in itertools.cycle(range(1, 200)): write_atomically(pathlib.Path(sys.argv[1]), bytes([n]) * 4_000_000)"
    )
    target = tmp_path / "weights"
    write_atomically(target, b"\0" * 4_000_000)
    for delay in (0.05, 0.11, 0.17):
        writer = subprocess.Popen([sys.executable, "-c", script, str(target)])
        while target.read_bytes()[:1] == b"\0":
            time.sleep(0.01)
        time.sleep(delay)
        writer.kill()
        writer.wait()
        content = target.read_bytes()
        assert len(content) == 4_000_000
        assert len(set(content)) == 1
        write_atomically(target, b"\0" * 4_000_000)


def test_a_full_disk_leaves_the_old_file(tmp_path):
    """A file-size limit plays the full disk: the write fails half way."""
    script = (
        "import resource, signal, pathlib, sys; from tvae.system.files import write_atomically\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN); resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))\n"
        "try: write_atomically(pathlib.Path(sys.argv[1]), b'x' * 5000)\n"
        "except OSError: sys.exit(7)"
    )
    target = tmp_path / "a"
    write_atomically(target, b"old")
    assert subprocess.run([sys.executable, "-c", script, str(target)], check=False).returncode == 7
    assert target.read_bytes() == b"old"
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_unreadable_and_oversized_files_are_refused_in_one_line(tmp_path):
    (tmp_path / "big").write_bytes(b"x" * 100)
    for path, said in (
        (tmp_path / "none", "can't be read"),
        (tmp_path, "not a file"),
        (tmp_path / "big", "at most 99"),
    ):
        with pytest.raises(InputError, match=said) as refusal:
            read_bounded(path, 99)
        assert "\n" not in str(refusal.value)


def test_a_folder_is_made_with_those_above_it_and_nothing_is_left_in_it(tmp_path):
    for _ in range(2):
        make_writable_folder(tmp_path / "above" / "folder")
        assert list((tmp_path / "above" / "folder").iterdir()) == []


def test_a_folder_below_a_file_can_not_be_made(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(OSError, match="Not a directory"):
        make_writable_folder(tmp_path / "file" / "folder")


def test_a_file_that_another_reads_just_now_is_replaced_a_moment_later(tmp_path, monkeypatch):
    """As on Windows, where nobody may rename over a file that is open."""
    replace, refusals = Path.replace, iter([True, True, False])

    def busy(self, target):
        if next(refusals):
            raise PermissionError(13, "Access is denied")
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", busy)
    write_atomically(tmp_path / "a", "new")
    assert (tmp_path / "a").read_text() == "new"
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_after_an_error_in_the_middle_the_old_file_stays_and_no_other(tmp_path):
    write_atomically(tmp_path / "a", "old")

    def write_half() -> None:
        with file_put_at(tmp_path / "a") as file:
            file.write(b"half")
            raise InputError("no more")

    with pytest.raises(InputError):
        write_half()
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("a", "old")]


def test_the_reason_why_a_folder_can_not_be_written(tmp_path):
    (tmp_path / "file").touch()
    assert unwritable_reason(tmp_path) == unwritable_reason(tmp_path / "a" / "b") == ""
    assert unwritable_reason(tmp_path / "file" / "below") == "Not a directory"
    assert unwritable_reason(Path("/proc/nohome")) != ""
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


FULL = """
import resource, signal, sys
from pathlib import Path
from tvae.system.files import write_atomically
from tvae.system.json_lines import append_row
from tvae.system.reserved_file import ReservedFile

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
path = Path(sys.argv[1])
write = {
    "whole": lambda: write_atomically(path, "x" * 5000),
    "row": lambda: append_row(path, {"a": "x" * 5000}),
    "reserved": ReservedFile(path).reserve,
}[sys.argv[2]]
try:
    write()
except OSError as error:
    print(error.strerror, error.filename)
"""


@pytest.mark.parametrize("write", ["whole", "row", "reserved"])
def test_a_full_disk_names_the_file(tmp_path, write):
    """The system's own error of a write names none."""
    path = tmp_path / "a"
    script = [sys.executable, "-c", FULL, str(path), write]
    refused = subprocess.run(script, capture_output=True, text=True, check=True)
    assert refused.stdout == f"File too large {path}\n"


def refused_by(write: Callable[[], None]) -> OSError:
    with pytest.raises(OSError) as refusal:
        write()
    return refusal.value


def test_an_error_of_another_file_keeps_its_name(tmp_path):
    def read_other() -> None:
        with file_put_at(tmp_path / "a"):
            (tmp_path / "other").read_bytes()

    assert str(refused_by(read_other).filename) == str(tmp_path / "other")


def test_no_error_names_a_temporary_file():
    for write in (lambda: make_writable_folder(Path("/proc")), lambda: write_atomically(Path("/proc/a"), "x")):
        assert ".part" not in str(refused_by(write))
