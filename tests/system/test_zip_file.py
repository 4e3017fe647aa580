"""Hostile zips: refused by what their end and their list say, before Python's reader makes an object of each member."""

from __future__ import annotations

import io
import struct
import tarfile
import zipfile

import pytest

from tests.zips import zip_with_one_twice
from tvae.errors import InputError
from tvae.system.zip_file import checked_zip, member_content

MOST, LARGEST = 100, 1 << 20


def listed(name: bytes, *, method: int = 0) -> bytes:
    """An entry of the list of members."""
    return (
        struct.pack("<4s4B4HL2L5H2L", b"PK\1\2", 20, 3, 20, 0, 0, method, 0, 33, 0, 0, 0, len(name), 0, 0, 0, 0, 0, 0)
        + name
    )


def end(count: int, length: int, at: int = 0) -> bytes:
    return struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, min(count, 0xFFFF), min(count, 0xFFFF), length, at, 0)


def end_64(count: int, length: int, at: int, said_to_be_at: int) -> bytes:
    record = struct.pack("<4sQ2H2L4Q", b"PK\6\6", 44, 45, 45, 0, 0, count, count, length, at)
    return record + struct.pack("<4sLQL", b"PK\6\7", 0, said_to_be_at, 1)


def made(members: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED, **fields) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, inside in members.items():
            member = zipfile.ZipInfo(name)
            for field, value in fields.items():
                setattr(member, field, value)
            archive.writestr(member, inside, method)
    return content.getvalue()


def opened(content: bytes) -> zipfile.ZipFile:
    return checked_zip(io.BytesIO(content), "upload", MOST, LARGEST, 200)


MILLION = listed(b"a") * 1_000_000
MANY = {
    "a million, counted": MILLION + end_64(10**6, len(MILLION), 0, len(MILLION)) + end(0xFFFF, 0xFFFFFFFF),
    "a million, said to be one": MILLION + end(1, len(MILLION)),
    "a million, one by the old record": MILLION + end_64(10**6, len(MILLION), 0, len(MILLION)) + end(1, 47),
    "another record where it is said to be": (
        (decoy := end_64(1, 47, 0, 0)[:56])
        + MILLION
        + end_64(10**6, len(MILLION), len(decoy), 0)
        + end(0xFFFF, 0xFFFFFFFF)
    ),
    "as many as the list's length allows, said to be one": listed(b"a") * 1_900 + end(1, 1_900 * 47),
    "one more than may be": made({str(number): b"" for number in range(MOST + 1)}),
    "an end within the end": MILLION + end(1, len(MILLION), int.from_bytes(b"PK\5\6", "little")),
}


@pytest.mark.parametrize("kind", MANY)
def test_the_list_is_not_read_where_its_end_says_enough(kind, monkeypatch):
    monkeypatch.setattr(zipfile, "ZipFile", lambda *_: pytest.fail("the list was read"))
    with pytest.raises(InputError, match=r"^upload: ") as refused:
        opened(MANY[kind])
    assert any(said in str(refused.value) for said in ("at most 100", "more than 100 files", "contradicts itself"))


def test_an_honest_zip_with_the_large_record_is_read(monkeypatch):
    monkeypatch.setattr(zipfile, "ZIP_FILECOUNT_LIMIT", 2)
    with opened(made({"a": b"1", "b": b"2", "c": b"3"})) as archive:
        assert [member_content(archive, member) for member in archive.infolist()] == [b"1", b"2", b"3"]


@pytest.mark.parametrize("comment", [b"", b"made by hand", b"PK\5\6"])
def test_a_comment_is_no_matter(comment):
    content = io.BytesIO(made({"a": b"1"}))
    with zipfile.ZipFile(content, "a") as archive:
        archive.comment = comment
    if comment == b"PK\5\6":  # then the end is not where it seems to be
        with pytest.raises(InputError, match="not a zip file"):
            opened(content.getvalue())
    else:
        assert opened(content.getvalue()).namelist() == ["a"]


def with_null(content: bytes) -> bytes:
    return content.replace(b"a?b", b"a\0b")


def tar(kind: str) -> bytes:
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode=f"w{kind}") as archive:  # type: ignore
        archive.addfile(tarfile.TarInfo("config.json"))
    return content.getvalue()


REFUSED = {
    "link": (made({"a": b"/etc/passwd"}, external_attr=0o120777 << 16), "'a' is a link"),
    "no name": (made({"": b"x"}), "can't be one"),
    "NUL": (with_null(made({"a?b": b""})), "can't be one"),
    "above": (made({"../config.json": b""}), "'../config.json' leads out of the zip"),
    "above on the way": (made({"snapshots/7/../x.safetensors": b""}), "leads out of the zip"),
    "above with backslashes": (made({"..\\x": b""}), "leads out of the zip"),
    "absolute": (made({"/etc/passwd": b""}), "'/etc/passwd' has an absolute path"),
    "drive": (made({"C:x": b""}), "has an absolute path"),
    "bzip2": (made({"a": b"x" * 99}, zipfile.ZIP_BZIP2), "'a' is packed by a rare method"),
    "lzma": (made({"a": b"x" * 99}, zipfile.ZIP_LZMA), "'a' is packed by a rare method"),
    "unknown method": (listed(b"a", method=99) + end(1, 47), "'a' is packed by a rare method"),
    "too large": (made({"a": bytes(LARGEST + 1)}, zipfile.ZIP_STORED), "claims to hold 1,048,577 bytes"),
    "tar.gz": (tar(":gz"), "a gzip file, such as a .tar.gz; use zip"),
    "tar": (tar(":"), "a tar archive; use zip"),
    "tar.bz2": (tar(":bz2"), "a bzip2 file; use zip"),
    "tar.xz": (tar(":xz"), "an xz file; use zip"),
    "nothing": (b"", "not a zip file that can be read"),
    "begin of one": (b"PK\3\4", "not a zip file that can be read"),
    "end alone, cut": (b"PK\5\6", "not a zip file that can be read"),
    "list cut": (end(1, 47), "not a zip file that can be read"),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_refused_in_one_line(kind):
    content, said = REFUSED[kind]
    with pytest.raises(InputError) as refused:
        opened(content)
    assert str(refused.value).startswith("upload: ") and said in str(refused.value)
    assert "\n" not in str(refused.value) and "\0" not in str(refused.value)


def test_twice():
    with pytest.raises(InputError, match="'a' is in it twice"):
        opened(zip_with_one_twice("a"))


def test_a_member_of_flipped_bytes_or_another_size_is_refused():
    content = made({"a": b"abcd" * 99})
    for place in range(30, content.index(b"PK\1\2")):
        broken = bytearray(content)
        broken[place] ^= 0xFF
        with opened(bytes(broken)) as archive, pytest.raises(InputError, match=r"damaged in the zip|not as large"):
            member_content(archive, archive.infolist()[0])
    longer = bytearray(content)
    longer[content.index(b"PK\1\2") + 24] += 1
    with opened(bytes(longer)) as archive, pytest.raises(InputError, match="not as large as the zip says"):
        member_content(archive, archive.infolist()[0])
