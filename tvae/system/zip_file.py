"""Zip files of strangers, checked before a member is read.

What their end says of the list of members is checked before that list is read too:
Python's reader makes an object of each listed member before it says how many there are: a million take 16 seconds.
"""

from __future__ import annotations

import contextlib
import math
import re
import stat
import zipfile
from pathlib import Path
from typing import BinaryIO

from tvae.errors import InputError

_MEMBER, _END, _END_64, _END_64_LOCATOR = b"PK\1\2", b"PK\5\6", b"PK\6\6", b"PK\6\7"
_END_SIZE, _END_64_SIZE, _LOCATOR_SIZE = 22, 56, 20
_LONGEST_COMMENT = 2**16
_LISTED = 256
"""Bytes that a member takes in the list, at most and on average; 46 and its name at least."""
_FREE_OF_RATIO = 16 * 2**20
"""Bytes up to which the ratio is not looked at: small text packs well."""
_OTHERS = {
    b"\x1f\x8b": "a gzip file, such as a .tar.gz",
    b"7z\xbc\xaf\x27\x1c": "a 7z archive",
    b"Rar!": "a RAR archive",
    b"BZh": "a bzip2 file",
    b"\xfd7zXZ": "an xz file",
}


def checked_zip(
    file: Path | BinaryIO, title: str, most_members: int, most_bytes: int, most_ratio: float = math.inf
) -> zipfile.ZipFile:
    """A zip none of whose members could do harm by its name, its kind or its claimed size; none was read.

    Args:
        title: what messages call it.
        most_bytes: that all members may claim together.
        most_ratio: times that they may claim to be larger than they are in the zip.

    Raises:
        InputError: not a zip, damaged, with more or larger members, or with one that is a link, encrypted, packed
            otherwise than by deflation, there twice, or whose name leads out of the zip.
    """
    try:
        with file.open("rb") if isinstance(file, Path) else contextlib.nullcontext(file) as stream:
            _check_end(stream, title, most_members)
        archive = zipfile.ZipFile(file)
    except InputError:
        raise
    except Exception as error:  # zipfile raises its own, struct's and Python's; not documented
        raise _damaged(title, error) from None
    try:
        _check_members(archive, title)
        _check_sizes(archive, title, most_bytes, most_ratio)
    except InputError:
        archive.close()
        raise
    return archive


def member_content(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> bytes:
    """The bytes of a member, as many as the zip says.

    Raises:
        InputError: it is damaged.
    """
    try:
        with archive.open(member) as stream:
            content = stream.read(member.file_size + 1)
    except Exception as error:  # as above, and zlib's
        raise InputError(f"damaged in the zip ({_one_line(error)}); make the zip again") from None
    if len(content) != member.file_size:
        raise InputError(f"not as large as the zip says ({member.file_size:,} bytes); make the zip again")
    return content


def other_archive(begin: bytes) -> str:
    """What kind of archive begins so, if it is one that is no zip; else empty."""
    if begin[257:262] == b"ustar":
        return "a tar archive"
    return next((kind for opening, kind in _OTHERS.items() if begin.startswith(opening)), "")


def _check_end(stream: BinaryIO, title: str, most_members: int) -> None:
    """Check what the record at the end says of the list of members, which is looked for where Python's reader does."""
    size = stream.seek(0, 2)
    stream.seek(max(0, size - _LONGEST_COMMENT - _END_SIZE))
    tail = stream.read()
    last = tail[-_END_SIZE:]
    end = len(tail) - _END_SIZE if last[:4] == _END and last[-2:] == b"\0\0" else tail.rfind(_END)
    if end < 0 or end + _END_SIZE > len(tail):
        stream.seek(0)
        kind = other_archive(stream.read(512))
        raise InputError(f"{title}: {kind}; use zip") if kind else _damaged(title, "no list of members at its end")
    list_end = size - len(tail) + end
    count, length = _number(tail, end + 10, 2), _number(tail, end + 12, 4)
    locator = end - _LOCATOR_SIZE
    if locator >= 0 and tail[locator : locator + 4] == _END_64_LOCATOR:
        list_end += -_LOCATOR_SIZE - _END_64_SIZE
        stream.seek(max(0, list_end))
        record = stream.read(_END_64_SIZE)
        # Python's readers differ in where they look for it: one whose place is not where it is said to be is no zip.
        if record[:4] != _END_64 or _number(tail, locator + 8, 8) != list_end:
            raise _damaged(title, "its end contradicts itself")
        count, length = _number(record, 32, 8), _number(record, 40, 8)
    if count > most_members:
        raise InputError(f"{title}: {count:,} files; at most {most_members:,} are taken")
    too_many = f"lists more than {most_members:,} files; take a part of them"
    if length > _LISTED * most_members + 2**16:
        raise InputError(f"{title}: {too_many}")
    stream.seek(max(0, list_end - length))  # what the end says of their number may be too low
    if stream.read(length).count(_MEMBER) > most_members:
        raise InputError(f"{title}: {too_many}")


def _check_members(archive: zipfile.ZipFile, title: str) -> None:
    seen: set[str] = set()
    for member in archive.infolist():
        if problem := _problem(member):
            raise InputError(f"{title}: {_one_line(member.orig_filename)!r} {problem}")
        if member.filename in seen:
            twice = _one_line(member.filename)
            raise InputError(f"{title}: {twice!r} is in it twice; give each file a name of its own")
        seen.add(member.filename)


def _problem(member: zipfile.ZipInfo) -> str:
    """Why a zip with this member is refused, as the end of a line; empty where nothing is wrong with it."""
    name = member.orig_filename.replace("\\", "/")  # Windows' tools write backslashes, and read them as slashes
    if name == "" or "\x00" in name:
        return "has a name that can't be one; make the zip again"
    if name.startswith("/") or re.match(r"[A-Za-z]:", name):
        return "has an absolute path; pack the folder, so that paths begin in it"
    if ".." in name.split("/"):
        return "leads out of the zip with '..'; pack the folder, so that paths begin in it"
    if stat.S_ISLNK(member.external_attr >> 16):
        return "is a link; pack the file itself"
    if member.flag_bits & 1:
        return "is encrypted; make a zip without a password"
    if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        return "is packed by a rare method; make the zip with deflation, as most programs do"
    return ""


def _check_sizes(archive: zipfile.ZipFile, title: str, most_bytes: int, most_ratio: float) -> None:
    unpacked = sum(member.file_size for member in archive.infolist())
    packed = sum(member.compress_size for member in archive.infolist())
    if unpacked > most_bytes:
        raise InputError(f"{title}: claims to hold {unpacked:,} bytes; at most {most_bytes:,} are taken")
    if unpacked > _FREE_OF_RATIO and unpacked > most_ratio * packed:
        raise InputError(
            f"{title}: claims {unpacked:,} bytes packed into {packed:,}; more than {most_ratio:g} to 1 is not taken"
        )


def _number(record: bytes, at: int, size: int) -> int:
    return int.from_bytes(record[at : at + size], "little")


def _damaged(title: str, error: object) -> InputError:
    return InputError(f"{title}: not a zip file that can be read ({_one_line(error)}); make it again")


def _one_line(text: object) -> str:
    return " ".join(str(text).split())[:200]
