"""Copies already on this machine: ours, torchvision's, the system's."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tvae.data.fetch_errors import SourceFailed, one_line
from tvae.data.formats import gunzip
from tvae.data.mirrors import published_files
from tvae.data.public_datasets import CheckedFile, IdxFile, PublicDataset
from tvae.data.split import SplitName
from tvae.data.storage import short_path
from tvae.data.torchvision_reader import read_split
from tvae.errors import InputError
from tvae.system.files import read_bounded


def place(public_dataset: PublicDataset, file: IdxFile, folder: Path) -> Path:
    """Path at which we keep this file, uncompressed."""
    return folder / public_dataset.name / file.name


@dataclass
class LocalSearch:
    """Result of a search on this machine."""

    files: list[CheckedFile] = field(default_factory=list)
    """Files that passed their checks."""
    passed_over: dict[Path, str] = field(default_factory=dict)
    """Files of the right name but the wrong content, and what is wrong with each."""


def local_file(public_dataset: PublicDataset, file: IdxFile, folder: Path) -> LocalSearch:
    """The first copy of a file that passes its checks, in the form that we keep; wrong copies are left as they are."""
    search = LocalSearch()
    places = [(folder / public_dataset.name, True)]
    if not public_dataset.raw:  # then torchvision's files are the same
        places += [
            (place, public_dataset.pinned or named) for place, named in _torchvision_folders(public_dataset, folder)
        ]
        places += [(place, True) for place in public_dataset.system_folders]
    for place_to_look, belongs in places:
        for path in (place_to_look / file.name, place_to_look / f"{file.name}.gz"):
            if not (belongs or _is_published(public_dataset, path)):
                continue
            content = _content(path, file.size, search)
            if content is None:
                continue
            origin = "system package" if place_to_look in public_dataset.system_folders else "local copy"
            try:
                search.files.append(file.checked(content, short_path(path), origin=origin, folder=place_to_look))
            except InputError as error:
                search.passed_over[path] = str(error)
            else:
                return search
    return search


def local_split(public_dataset: PublicDataset, split: SplitName, folder: Path) -> LocalSearch:
    """A split that torchvision's class reads from the publisher's files, in the first folder that has them all."""
    search = LocalSearch()
    folders = [folder / public_dataset.name, *(place for place, _ in _torchvision_folders(public_dataset, folder))]
    for place_to_look in folders:
        contents: dict[str, bytes] = {}
        for file in public_dataset.raw[split]:
            for path in (place_to_look / file.name, place_to_look / f"{file.name}.gz"):
                content = _content(path, file.largest, search)
                if content is not None:
                    contents[file.name] = content
                    break
        if len(contents) < len(public_dataset.raw[split]):
            continue
        origin = f"local copy read by torchvision's {public_dataset.torchvision_class}"
        try:
            search.files = read_split(public_dataset, split, contents, origin=origin, folder=place_to_look)
            return search
        except InputError as error:
            search.passed_over[place_to_look / public_dataset.raw[split][0].name] = str(error)
    return search


def _torchvision_folders(public_dataset: PublicDataset, folder: Path) -> Iterator[tuple[Path, bool]]:
    """Possible folders of torchvision's files: `folder` is its root, the data set's folder, or the `raw` in that.

    With each folder comes whether its path names the data set. MNIST, Fashion-MNIST and KMNIST have files of the same
    names, so elsewhere only known content tells them apart.
    """
    name = public_dataset.torchvision_class
    yield folder / name / "raw", True
    yield folder / name, True
    here = folder.absolute()
    yield folder / "raw", here.name == name
    yield folder, name in (here.name, here.parent.name if here.name == "raw" else "")


def _is_published(public_dataset: PublicDataset, path: Path) -> bool:
    """Whether a .gz file has the MD5 that torchvision lists for it."""
    if path.suffix != ".gz" or not path.is_file():
        return False
    try:
        published = {file.name: file.md5 for file in published_files(public_dataset)}
    except SourceFailed:
        return False
    return hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest() == published.get(path.name)


def _content(path: Path, size: int, search: LocalSearch) -> bytes | None:
    """Content of a file, unpacked; None where there is none, or one with more than `size` bytes or damaged."""
    try:
        if not path.exists():
            return None
        if path.suffix != ".gz":
            return read_bounded(path, size)
        # Stored blocks make gzip a little longer than what it packs: 64 KiB are ample for our sizes.
        return gunzip(read_bounded(path, size + 65_536), size, short_path(path))
    except InputError as error:
        search.passed_over[path] = str(error)
    except OSError as error:
        search.passed_over[path] = f"{short_path(path)}: cannot be read ({one_line(error.strerror)})"
    return None
