"""Copies already on this machine: ours, torchvision's, the system's."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tvae.data.families import CheckedFile, Family, IdxFile
from tvae.data.formats import gunzip
from tvae.data.sources import one_line
from tvae.data.storage import shown
from tvae.errors import InputError
from tvae.system.files import read_bounded


def place(family: Family, file: IdxFile, folder: Path) -> Path:
    """Where we keep this file, uncompressed."""
    return folder / family.name / file.name


@dataclass
class LocalSearch:
    """What a look around found."""

    found: CheckedFile | None = None
    passed_over: dict[Path, str] = field(default_factory=dict)
    """Files of the right name but the wrong content, and what is wrong with each."""


def local_file(family: Family, file: IdxFile, folder: Path) -> LocalSearch:
    """The first file on this machine that passes its checks; wrong ones are left as they are and told of."""
    search = LocalSearch()
    for path in _candidates(family, file, folder):
        try:
            if not path.exists():
                continue
            content = _content(path, file)
            origin = "system package" if path.parent in family.system_folders else "local copy"
            search.found = file.checked(content, shown(path), origin=origin, folder=path.parent)
            break
        except InputError as error:
            search.passed_over[path] = str(error)
        except OSError as error:
            search.passed_over[path] = f"{shown(path)}: cannot be read ({one_line(error.strerror)})"
    return search


def _candidates(family: Family, file: IdxFile, folder: Path) -> Iterator[Path]:
    folders = [folder / family.name]
    if family.pinned:  # every family's files have the same names: only known content tells them apart
        folders.append(folder)
    folders.append(folder / family.torchvision_class / "raw")
    for place_to_look in (*folders, *family.system_folders):
        yield place_to_look / file.name
        yield place_to_look / f"{file.name}.gz"


def _content(path: Path, file: IdxFile) -> bytes:
    """The file's uncompressed content, of which no more is read than a right file could have."""
    if path.suffix != ".gz":
        return read_bounded(path, file.size)
    # Stored blocks make gzip a little longer than what it packs: 64 KiB are ample for our sizes.
    return gunzip(read_bounded(path, file.size + 65_536), file.size, shown(path))
