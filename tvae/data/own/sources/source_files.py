"""Files of a folder, listed and read with limits; no link is followed."""

from __future__ import annotations

import io
import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO, Protocol

from tvae.data.own.sources.reading import Flaw, LeftOut
from tvae.errors import InputError
from tvae.system.limits import limits

MOST_BYTES = 64 * 2**20
"""Bytes of one picture's file."""
PICTURE_SUFFIXES = frozenset((".png", ".jpg", ".jpeg", ".webp", ".gif", ".bmp", ".tif", ".tiff"))
SYSTEM_NAMES = frozenset(("__macosx", "thumbs.db", "desktop.ini", "$recycle.bin"))

TOO_LARGE = f"more than {MOST_BYTES >> 20} MB; a picture of at most that is right"


class Files(Protocol):
    """Files of a folder or a zip, by name."""

    title: str
    """Name of the folder or zip in messages."""
    names: tuple[str, ...]
    """Path of each file inside, with slashes, sorted as people sort; files of the system are not listed."""
    left_out: LeftOut
    """Files that can't be read at all, and why."""

    def read(self, name: str) -> bytes | Flaw:
        """The content of a file of at most `MOST_BYTES`, or why it can't be read."""
        ...

    def open(self, name: str) -> BinaryIO:
        """A stream of a file's bytes, of any length.

        Raises:
            InputError: it can't be read.
        """
        ...


class FolderFiles:
    """Files of a folder and all folders below it, or these files alone (see `Files`).

    Raises:
        InputError: the folder can't be read, or holds too many files.
    """

    def __init__(self, folder: Path, only: Sequence[str] | None = None) -> None:
        self.title = folder.resolve().name or str(folder)
        self.left_out = LeftOut()
        self._folder = folder
        self._prefix = os.path.join(folder, "")  # noqa: PTH118 (a Path for each of 60,000 files takes as long as its decoding)
        if only is not None:
            self.names = tuple(only)
            return
        names: list[str] = []
        try:
            self._list(folder, "", names)
        except OSError as error:
            raise InputError(f"{error.filename or folder}: can't be read ({error.strerror})") from None
        self.names = tuple(sorted(names, key=path_key))

    def _list(self, folder: Path, prefix: str, names: list[str]) -> None:
        most = limits().images
        with os.scandir(folder) as entries:
            for entry in sorted(entries, key=lambda entry: entry.name):
                name = prefix + entry.name
                if is_system_name(entry.name):
                    continue
                if entry.is_symlink():
                    self.left_out.add(name, "a link; put the file itself there")
                elif entry.is_dir():
                    self._list(folder / entry.name, f"{name}/", names)
                elif entry.is_file():
                    names.append(name)
                else:
                    self.left_out.add(name, "neither a file nor a folder")
                if len(names) > most:
                    raise InputError(f"{self.title}: more than {most:,} files; take a part of them")

    def read(self, name: str) -> bytes | Flaw:
        return read_file(self._prefix + name)

    def open(self, name: str) -> BinaryIO:
        try:
            return (self._folder / name).open("rb")
        except OSError as error:
            raise InputError(f"{name}: can't be read ({error.strerror})") from None


def read_file(path: str) -> bytes | Flaw:
    """The content of a file of at most `MOST_BYTES`, or why it can't be read."""
    try:
        with io.FileIO(path) as file:
            size = os.fstat(file.fileno()).st_size
            content = b"" if size > MOST_BYTES else file.readall()
    except FileNotFoundError:
        return Flaw("there is no such file")
    except OSError as error:
        return Flaw(f"can't be read ({error.strerror})")
    return Flaw(TOO_LARGE) if size > MOST_BYTES else content


def is_system_name(part: str) -> bool:
    """Whether a name in a path is one that systems put beside a person's files."""
    return part.startswith(".") or part.lower() in SYSTEM_NAMES


def has_picture_name(name: str) -> bool:
    """Whether a file is called like a picture."""
    return name[name.rfind(".") :].lower() in PICTURE_SUFFIXES


def path_key(name: str) -> list[tuple[int, int, str]]:
    """Sorts paths as people do: image 2 before image 10."""
    return [(0, int(part), "") if part.isdecimal() else (1, 0, part) for part in re.findall(r"\d{1,18}|\D+|\d", name)]
