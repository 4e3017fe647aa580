"""Files of a zip, read in place and never extracted; a zip that could do harm is refused whole."""

from __future__ import annotations

import weakref
import zipfile
from pathlib import Path
from typing import BinaryIO, cast

from tvae.data.fetch_errors import one_line
from tvae.data.own.sources.reading import Flaw, LeftOut
from tvae.data.own.sources.source_files import MOST_BYTES, TOO_LARGE, is_system_name, path_key
from tvae.errors import InputError
from tvae.system.limits import limits
from tvae.system.zip_file import checked_zip, member_content

MOST_UNPACKED = 64 * 2**30
"""Bytes that all members claim together."""
MOST_RATIO = 200
"""Times that a zip may be smaller than what it holds: pictures are packed already."""


class ZipFiles:
    """Files of a zip (see `Files`).

    Raises:
        InputError: not a zip, damaged, encrypted, with links, names that lead out of it or that occur twice, or with
            members that claim more than can be right.
    """

    def __init__(self, path: Path) -> None:
        self.title = path.name
        self.left_out = LeftOut()
        self._archive = checked_zip(path, self.title, limits().images, MOST_UNPACKED, MOST_RATIO)
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
            return member_content(self._archive, member)
        except InputError as error:
            return Flaw(str(error))

    def open(self, name: str) -> BinaryIO:
        try:
            return cast(BinaryIO, self._archive.open(self._members[name]))
        except Exception as error:  # zipfile's own types are several
            raise InputError(f"{name}: damaged in the zip ({one_line(error)}); make the zip again") from None


def _checked_members(title: str, members: list[zipfile.ZipInfo]) -> list[zipfile.ZipInfo]:
    """The files in a zip, none of which was read.

    Raises:
        InputError: two names differ in case only.
    """
    seen: dict[str, str] = {}
    for member in members:
        other = seen.setdefault(member.filename.casefold(), member.filename)
        if other != member.filename:
            raise InputError(
                f"{title}: {one_line(member.filename)!r} differs from {one_line(other)!r} in case only; give each file"
                " a name of its own"
            )
    return [member for member in members if not member.is_dir()]


def _is_of_system(name: str) -> bool:
    return any(is_system_name(part) for part in name.split("/"))
