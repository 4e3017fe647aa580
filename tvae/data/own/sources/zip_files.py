"""Files of a zip, read in place and never extracted; a zip that could do harm is refused whole."""

from __future__ import annotations

import re
import stat
import weakref
import zipfile
import zlib
from pathlib import Path
from typing import BinaryIO, cast

from tvae.data.fetch_errors import one_line
from tvae.data.own.sources.reading import MOST_IMAGES, Flaw, LeftOut
from tvae.data.own.sources.source_files import MOST_BYTES, TOO_LARGE, is_system_name, path_key
from tvae.errors import InputError

MOST_UNPACKED = 64 * 2**30
"""Bytes that all members claim together."""
MOST_RATIO = 200
"""Times that a zip may be smaller than what it holds: pictures are packed already."""
_FREE_OF_RATIO = 16 * 2**20
"""Bytes up to which the ratio is not looked at: small text packs well."""
_MOST_DIRECTORY = 256 * 2**20
"""Bytes of the list of members, which is read at once; it needs some 100 a member."""
_END, _END_64_LOCATOR, _END_64 = b"PK\5\6", b"PK\6\7", b"PK\6\6"
_READ_ERRORS = (OSError, EOFError, ValueError, RuntimeError, NotImplementedError, zipfile.BadZipFile, zlib.error)


class ZipFiles:
    """Files of a zip (see `Files`).

    Raises:
        InputError: not a zip, damaged, encrypted, with links, names that lead out of it or that occur twice, or with
            members that claim more than can be right.
    """

    def __init__(self, path: Path) -> None:
        self.title = path.name
        self.left_out = LeftOut()
        try:
            if _directory_bytes(path) > _MOST_DIRECTORY:
                raise InputError(f"{self.title}: lists more than {MOST_IMAGES:,} files; take a part of them")
            self._archive = zipfile.ZipFile(path)
        except _READ_ERRORS as error:
            if isinstance(error, InputError):
                raise
            raise InputError(f"{self.title}: not a sound zip ({one_line(error)}); make it again") from None
        try:
            members = _checked_members(self.title, self._archive.infolist())
        except InputError:
            self._archive.close()
            raise
        weakref.finalize(self, self._archive.close)  # else, in a cycle, its file may be collected first and not closed
        self._members = {member.filename: member for member in members}
        names = [member.filename for member in members if not _is_of_system(member.filename)]
        self.names = tuple(sorted(names, key=path_key))

    def read(self, name: str) -> bytes | Flaw:
        member = self._members[name]
        if member.file_size > MOST_BYTES:
            return Flaw(TOO_LARGE)
        try:
            return self._archive.read(member)
        except _READ_ERRORS as error:
            return Flaw(f"damaged in the zip ({one_line(error)}); make the zip again")

    def open(self, name: str) -> BinaryIO:
        try:
            return cast(BinaryIO, self._archive.open(self._members[name]))
        except _READ_ERRORS as error:
            raise InputError(f"{name}: damaged in the zip ({one_line(error)}); make the zip again") from None


def _checked_members(title: str, members: list[zipfile.ZipInfo]) -> list[zipfile.ZipInfo]:
    """The files in a zip, none of which was read.

    Raises:
        InputError: as `ZipFiles`.
    """
    if len(members) > MOST_IMAGES:
        raise InputError(f"{title}: {len(members):,} files; at most {MOST_IMAGES:,} are taken")
    seen: dict[str, str] = {}
    for member in members:
        if problem := _problem(member):
            raise InputError(f"{title}: {one_line(member.orig_filename)!r} {problem}")
        other = seen.setdefault(member.filename.casefold(), member.filename)
        if other is not member.filename:
            alike = "is in it twice" if other == member.filename else f"differs from {one_line(other)!r} in case only"
            raise InputError(f"{title}: {one_line(member.filename)!r} {alike}; give each file a name of its own")
    files = [member for member in members if not member.is_dir()]
    _check_sizes(title, files)
    return files


def _directory_bytes(path: Path) -> int:
    """Length of the list of members as the zip's end gives it; 0 where there is no end."""
    with path.open("rb") as file:
        size = file.seek(0, 2)
        start = max(0, size - 65_535 - 22 - 20)
        file.seek(start)
        tail = file.read()
        end = tail.rfind(_END)
        if end < 0:
            return 0
        length = int.from_bytes(tail[end + 12 : end + 16], "little")
        locator = end - 20
        if locator >= 0 and tail[locator : locator + 4] == _END_64_LOCATOR:
            file.seek(min(size, int.from_bytes(tail[locator + 8 : locator + 16], "little")))
            record = file.read(56)
            if record[:4] == _END_64:
                length = int.from_bytes(record[40:48], "little")
        return length


def _problem(member: zipfile.ZipInfo) -> str | None:
    """Why a zip with this member is refused, as the end of a line."""
    name = member.orig_filename.replace("\\", "/")  # Windows' tools write backslashes, and read them as slashes
    if "\x00" in name:
        return "has a name that can't be one; make the zip again"
    if name.startswith("/") or re.match(r"[A-Za-z]:", name):
        return "has an absolute path; pack the folder, so that paths begin in it"
    if ".." in name.split("/"):
        return "leads out of the zip with '..'; pack the folder, so that paths begin in it"
    if stat.S_ISLNK(member.external_attr >> 16):
        return "is a link; pack the file itself"
    if member.flag_bits & 1:
        return "is encrypted; make a zip without a password"
    return None


def _check_sizes(title: str, members: list[zipfile.ZipInfo]) -> None:
    unpacked = sum(member.file_size for member in members)
    packed = sum(member.compress_size for member in members)
    if unpacked > MOST_UNPACKED:
        raise InputError(f"{title}: claims to hold {unpacked:,} bytes; at most {MOST_UNPACKED:,} are taken")
    if unpacked > _FREE_OF_RATIO and unpacked > MOST_RATIO * packed:
        raise InputError(
            f"{title}: claims {unpacked:,} bytes packed into {packed:,}; more than {MOST_RATIO} to 1 is no zip of"
            " pictures"
        )


def _is_of_system(name: str) -> bool:
    return any(is_system_name(part) for part in name.split("/"))
