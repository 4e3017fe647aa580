"""Files are written whole or not at all; a folder that can't be written is an error that says so."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.data.stand_ins import environment
from tvae.data.fetch_errors import DataUnavailable
from tvae.data.storage import make_folder, put_in_place, short_path
from tvae.system.user_folders import default_folder


def test_the_folder_is_named_by_tvae_data(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("TVAE_DATA", "~/pictures")
    assert default_folder() == tmp_path / "pictures"


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have other cache folders")
def test_else_it_is_in_the_users_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setenv("TVAE_DATA", "")
    assert default_folder() == tmp_path / ".cache" / "tvae"
    assert short_path(default_folder()) == "~/.cache/tvae"


def test_put_in_place_replaces_and_leaves_nothing_else(tmp_path: Path):
    put_in_place(tmp_path / "file", b"first")
    put_in_place(tmp_path / "file", b"second")
    assert (tmp_path / "file").read_bytes() == b"second"
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_a_failed_replacement_leaves_nothing_behind(tmp_path: Path):
    (tmp_path / "file").mkdir()
    with pytest.raises(DataUnavailable, match="cannot be written"):
        put_in_place(tmp_path / "file", b"content")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


WRITER = """
import sys
from pathlib import Path
from tvae.data.storage import put_in_place
letter, path = sys.argv[1].encode(), Path(sys.argv[2])
put_in_place(path, letter * 3_000_000)
print("written", flush=True)
while True:
    put_in_place(path, letter * 3_000_000)
"""


def test_two_writers_killed_at_any_time_leave_a_whole_file(tmp_path: Path):
    path = tmp_path / "file"
    command = [sys.executable, "-c", WRITER]
    writers = [
        subprocess.Popen([*command, letter, str(path)], env=environment(), stdout=subprocess.PIPE, text=True)
        for letter in "ab"
    ]
    try:
        for writer in writers:
            assert writer.stdout is not None and writer.stdout.readline() == "written\n"
        seen = [path.read_bytes() for _ in range(100)]
    finally:
        for writer in writers:
            writer.kill()
            writer.communicate()
    seen.append(path.read_bytes())
    assert {content[:1] for content in seen} <= {b"a", b"b"}
    assert all(content == content[:1] * 3_000_000 for content in seen)


def test_make_folder_makes_parents_and_leaves_them_empty(tmp_path: Path):
    make_folder(tmp_path / "a" / "b")
    assert list((tmp_path / "a" / "b").iterdir()) == []


@pytest.mark.skipif(sys.platform != "linux", reason="needs a folder that even root can't write")
def test_a_read_only_folder_is_reported():
    with pytest.raises(DataUnavailable, match=r"^data folder /proc cannot be written "):
        make_folder(Path("/proc"))


def test_a_folder_that_cannot_be_written_is_reported_in_one_line(tmp_path: Path):
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(DataUnavailable, match=r"^data folder .* cannot be written \(Not a directory\); name another"):
        make_folder(tmp_path / "file" / "mnist")
