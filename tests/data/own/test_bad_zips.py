"""A zip that could do harm is refused whole, in one line that names it and the member; nothing is kept."""

from __future__ import annotations

import gc
import io
import struct
import tarfile
import zipfile
from pathlib import Path

import pytest

from tests.data.own.made_sources import class_files, png, take_in, write_zip
from tvae.data.own import understand
from tvae.data.own.sources.zip_files import ZipFiles
from tvae.errors import InputError


def with_member(name: str, content: bytes = b"x", **fields):
    """A zip of good class folders and one more member."""

    def make(path):
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for good, picture in class_files().items():
                archive.writestr(good, picture)
            member = zipfile.ZipInfo(name)
            for field, value in fields.items():
                setattr(member, field, value)
            archive.writestr(member, content, zipfile.ZIP_DEFLATED)

    return make


def encrypted(path):
    """A zip with the flag of encryption set, in the local header and in the list of members."""
    with_member("cat/secret.png", png(1))(path)
    content = bytearray(path.read_bytes())
    local = content.find(b"cat/secret.png") - 30
    listed = content.rfind(b"cat/secret.png") - 46
    content[local + 6] |= 1
    content[listed + 8] |= 1
    path.write_bytes(content)


def twice(path):
    with pytest.warns(UserWarning, match="Duplicate name"), zipfile.ZipFile(path, "w") as archive:
        for content in (png(1), png(2)):
            archive.writestr("cat/1.png", content)


def bomb(path):
    """A zip of 300 KB with 300 MB of zeros."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("cat/1.bmp", "w") as member:
        for _ in range(300):
            member.write(bytes(2**20))


def lying_sizes(path):
    """A zip with a member that claims 200 GB."""
    write_zip(path, class_files())
    content = bytearray(path.read_bytes())
    listed = content.find(b"PK\1\2")
    extra = struct.pack("<HHQ", 1, 8, 200 * 2**30)
    content[listed + 24 : listed + 28] = b"\xff\xff\xff\xff"
    name_length = int.from_bytes(content[listed + 28 : listed + 30], "little")
    content[listed + 30 : listed + 32] = len(extra).to_bytes(2, "little")
    at = listed + 46 + name_length
    content[at:at] = extra
    end = content.rfind(b"PK\5\6")
    size = int.from_bytes(content[end + 12 : end + 16], "little") + len(extra)
    content[end + 12 : end + 16] = size.to_bytes(4, "little")
    path.write_bytes(content)


def endless_list(path):
    """A zip whose end claims a list of members of 4 GB."""
    write_zip(path, class_files())
    content = bytearray(path.read_bytes())
    end = content.rfind(b"PK\5\6")
    content[end + 12 : end + 16] = b"\xf0\xff\xff\xff"
    path.write_bytes(content)


def cut(path):
    write_zip(path, class_files())
    path.write_bytes(path.read_bytes()[:-300])


def rare(path):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr("cat/1.png", png(1))


def tar(path):
    with tarfile.open(path, "w:gz") as archive:
        for name, content in class_files().items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))


LINK = 0o120777 << 16
REFUSED = {
    "parent": (with_member("../cat/1.png"), "'../cat/1.png' leads out of the zip with '..'"),
    "parent in the middle": (with_member("cat/../../1.png"), "leads out of the zip with '..'"),
    "parent with backslashes": (with_member("cat\\..\\..\\1.png"), "leads out of the zip with '..'"),
    "absolute": (with_member("/etc/cat.png"), "'/etc/cat.png' has an absolute path"),
    "drive": (with_member("C:\\cat\\1.png"), "has an absolute path"),
    "network drive": (with_member("\\\\server\\cat\\1.png"), "has an absolute path"),
    "link": (with_member("cat/link.png", b"/etc/passwd", external_attr=LINK), "'cat/link.png' is a link"),
    "encrypted": (encrypted, "'cat/secret.png' is encrypted; make a zip without a password"),
    "twice": (twice, "'cat/1.png' is in it twice; give each file a name of its own"),
    "case": (with_member("CAT/1.PNG"), "'CAT/1.PNG' differs from 'cat/1.png' in case only"),
    "bomb": (bomb, "more than 200 to 1 is not taken"),
    "claimed size": (lying_sizes, "claims to hold 214,7"),
    "claimed list": (endless_list, "lists more than 1,000,000 files"),
    "cut": (cut, "bad.zip: not a zip file that can be read"),
    "rare method": (rare, "'cat/1.png' is packed by a rare method"),
    "tar": (
        tar,
        "a tar archive, whose members can lie anywhere and can't be read one by one; make a zip of its folder",
    ),
    "7z": (lambda path: path.write_bytes(b"7z\xbc\xaf\x27\x1c" + bytes(100)), "a 7z archive; make a zip"),
    "empty": (lambda path: write_zip(path, {}), "an empty zip"),
    "no pictures": (lambda path: write_zip(path, {"a/b.txt": b"hello"}), "b.txt: this is no picture that can be read"),
    "nested alone": (
        lambda path: write_zip(path, {"in.zip": NESTED}),
        "holds in.zip, a zip or .npz; bring in that file itself",
    ),
    "no folders": (lambda path: write_zip(path, {"1.png": png(1)}), "put the pictures of each class into a folder"),
    "one picture": (lambda path: write_zip(path, {"cat/1.png": png(1)}), "fewer than two images can be taken"),
}
_buffer = io.BytesIO()
with zipfile.ZipFile(_buffer, "w") as _archive:
    _archive.writestr("cat/1.png", png(1))
NESTED = _buffer.getvalue()


@pytest.mark.parametrize("kind", REFUSED)
def test_refused(tmp_path, kind):
    make, message = REFUSED[kind]
    make(tmp_path / "bad.zip")
    with pytest.raises(InputError) as caught:
        take_in(tmp_path / "bad.zip", tmp_path / "kept")
    line = str(caught.value)
    assert message in line and "bad.zip" in line and "\n" not in line
    assert not (tmp_path / "kept").exists()


def test_a_zip_of_too_many_files(tmp_path, monkeypatch):
    (tmp_path / "limits.toml").write_text("images = 9")
    monkeypatch.setenv("TVAE_LIMITS", str(tmp_path / "limits.toml"))
    with pytest.raises(InputError, match="10 files; at most 9 are taken"):
        understand(write_zip(tmp_path / "many.zip", class_files()))


def test_a_zip_inside_is_left_out_and_named(tmp_path):
    understood = understand(write_zip(tmp_path / "a.zip", class_files() | {"cat/more.zip": NESTED}))
    assert understood.count() == 10
    ((name, reason),) = understood.left_out().named
    assert name == "cat/more.zip" and reason.startswith("this is a zip inside; take it in on its own")


def test_a_damaged_member_is_left_out_and_named(tmp_path):
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        for name, content in class_files().items():
            archive.writestr(name, content)
    content = bytearray(path.read_bytes())
    content[content.find(b"IDAT") + 20] ^= 0xFF
    path.write_bytes(content)
    ((name, reason),) = understand(path).left_out().named
    assert name == "cat/0.png" and reason.startswith("damaged in the zip (Bad CRC-32")


def test_a_damaged_member_that_only_its_content_tells_the_kind_of_is_refused(tmp_path):
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr("data", b"what is it?")
    path.write_bytes(path.read_bytes().replace(b"what is it?", b"what is it!"))
    with pytest.raises(InputError):
        understand(path)


def test_nothing_is_extracted(tmp_path, monkeypatch):
    def refuse(*_, **__):
        raise AssertionError

    monkeypatch.setattr(zipfile.ZipFile, "extract", refuse)
    monkeypatch.setattr(zipfile.ZipFile, "extractall", refuse)
    dataset = take_in(write_zip(tmp_path / "a.zip", class_files()), tmp_path / "kept")
    assert dataset.count == 10
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.zip", "kept"]


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="this system doesn't list open files there")
@pytest.mark.filterwarnings("error")
def test_a_zip_that_is_let_go_of_is_closed_also_in_a_cycle(tmp_path):
    path = write_zip(tmp_path / "a.zip", class_files())
    open_files = Path("/proc/self/fd")

    def is_open() -> bool:
        return any(link.resolve() == path for link in open_files.iterdir())

    files = ZipFiles(path)
    files.itself = files  # type: ignore[attr-defined]
    stream = files.open("cat/0.png")
    stream.read(10)
    files.stream = stream  # type: ignore[attr-defined]
    del stream
    assert is_open()
    del files
    gc.collect()
    assert not is_open()
