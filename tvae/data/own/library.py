"""A person's own data sets by name: described, listed, shared, removed and restored."""

from __future__ import annotations

import json
import os
import re
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Literal

from tvae.data.own.kept_file import read_columns
from tvae.data.public_datasets import PUBLIC_DATASETS
from tvae.data.split import SPLIT_NAMES
from tvae.errors import InputError, require, require_schema
from tvae.system.files import write_atomically
from tvae.system.moment import now, read_moment
from tvae.system.owner import Owner, is_owner
from tvae.system.process_lock import lock_is_held, take_lock
from tvae.system.strict_json import Count, Sha256, Whole, checked, read_json_file

UNDO_SECONDS = 24 * 3600.0
"""Seconds for which a removed data set can be restored, at least."""
_LEFT_OVER = 60.0
"""Seconds after which a file that no description names is a leftover: it was put in place just before."""
SCHEMA = 1
_FOLDER, _TRASH, _FILES, _LOCKS = "own", ".trash", ".files", ".locks"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_MOST_JSON = 64 * 2**20
_TAKEN_NAMES = {*PUBLIC_DATASETS, "digits"}


@dataclass(frozen=True, kw_only=True)
class OwnDataset:
    """Description of a kept data set; its images stay in its file."""

    name: str
    fingerprint: Sha256
    """SHA-256 in hex of its file, which is named by it."""
    owner: str
    """Hash of its owner's token; empty for the command line."""
    shared: bool
    """Whether others may see it."""
    created: str
    """UTC, ISO 8601."""
    source: str
    """Name of the file or folder that it came from."""
    kind: str
    """Format of the source that the images came from, such as "pictures in class folders"."""
    image_shape: tuple[Count, Count, Literal[1, 3]]
    """Height, width and channels."""
    counts: Mapping[str, Whole]
    """Images of each split."""
    label_columns: tuple[str, ...]
    """Names of the label columns, the class first."""
    class_counts: Mapping[str, Mapping[str, Whole]]
    """Images of each class by split, by the class's name in the order of the codes."""
    choices: Mapping[str, Any]
    """Choices by which it was kept."""
    notes: tuple[str, ...]
    """How values, labels and pictures were read."""
    left_out: Whole
    """Files or rows that were left out."""
    left_out_named: tuple[tuple[str, str], ...]
    """Name and reason of the first twenty of them."""
    size: Whole
    """Bytes of its file."""

    def __post_init__(self) -> None:
        missing = {"train", "test"} - self.counts.keys()
        require(not missing and self.counts.keys() <= set(SPLIT_NAMES), "counts", [*self.counts], "by split")

    @property
    def count(self) -> int:
        """Images of all splits."""
        return sum(self.counts.values())


class OwnDatasets:
    """The own data sets in a data folder.

    In its folder `own`: NAME.json describes a data set, `.files/FINGERPRINT.npz` holds its images, so that two names of
    the same images need one file; `.trash` has the descriptions of removed ones, `.locks` one of each name in work.
    """

    def __init__(self, data_folder: Path) -> None:
        self.folder = data_folder / _FOLDER
        self._trash = self.folder / _TRASH

    def names(self) -> list[str]:
        """Return the sorted names of all own data sets of all persons."""
        return sorted((path.stem for path in self.folder.glob("[!.]*.json")), key=str.casefold)

    def visible(self, owner: Owner) -> list[OwnDataset]:
        """Data sets that this person may see: their own and shared ones; unreadable descriptions are passed over."""
        return [dataset for dataset in _readable(self.folder) if may_see(dataset, owner)]

    def has(self, name: str) -> bool:
        """Whether a data set of this name exists."""
        return _NAME.fullmatch(name) is not None and self._description(name).is_file()

    def get(self, name: str) -> OwnDataset:
        """The data set of this name.

        Raises:
            InputError: there is none, or its description can't be read.
        """
        if not self.has(name):
            raise self.unknown(f"data set {name!r}: there is none of this name", name)
        dataset = _read(self._description(name))
        require(dataset.name == name, f"{self._description(name)}: name", dataset.name, "that of the file")
        return dataset

    def unknown(self, message: str, name: str) -> InputError:
        """The error that says that there is no data set of this name, and how it comes back where it was removed."""
        if any(dataset.name == name for _, dataset in self._removed()):
            return self.removed_error(message, name)
        return InputError(message, at_terminal="`python -m tvae data list` names your own")

    def removed_error(self, message: str, name: str) -> InputError:
        """The error that says that the data set was removed and how it comes back."""
        back = f"`python -m tvae data restore {name}` brings it back"
        return InputError(f"{message}; {name} was removed", at_terminal=back)

    def file(self, dataset: OwnDataset) -> Path:
        """The file with its images."""
        return self.folder / _FILES / f"{dataset.fingerprint}.npz"

    def values(self, dataset: OwnDataset) -> dict[str, tuple[str, ...]]:
        """Names of the values of each label column, the class first.

        Raises:
            InputError: its file is missing or damaged.
        """
        return {column.name: column.values for column in read_columns(self.file(dataset))}

    def share(self, name: str, shared: bool, owner: Owner) -> None:
        """Let others see a data set, or no longer.

        Raises:
            InputError: no such data set, or another person's.
            OSError: the folder can't be written.
        """
        dataset = self._changeable(name, owner)
        self._write(replace(dataset, shared=shared))

    def remove(self, name: str, owner: Owner) -> None:
        """Move a data set to the trash; for a day `restore` brings it back. A run that has read it goes on.

        Raises:
            InputError: no such data set, or another person's.
            OSError: the folder can't be written.
        """
        dataset = self._changeable(name, owner)
        self._trash.mkdir(exist_ok=True)
        description = self._description(name)
        removed = self._trash / f"{name}@{dataset.fingerprint[:16]}.json"
        with suppress(OSError):  # on a full disk too it can be removed
            _removal(removed).write_text(now().to_text(), encoding="ascii")
        try:
            os.utime(description)  # the day begins now
            description.replace(removed)
        except FileNotFoundError:  # another process has removed it
            raise InputError(f"data set {name!r}: there is none of this name") from None
        self.clear_leftovers()

    def restore(self, name: str, owner: Owner) -> OwnDataset:
        """Bring back the data set of this name that was removed last.

        Raises:
            InputError: none in the trash any more, another person's, or the name has been taken meanwhile.
            OSError: the folder can't be written.
        """
        removed = [(path, dataset) for path, dataset in self._removed() if dataset.name == name]
        mine = [(path, dataset) for path, dataset in removed if is_owner(owner, dataset.owner)]
        if not mine:
            raise InputError(f"data set {name!r}: none of this name was removed within a day")
        with self.name_lock(name, owner):
            path, dataset = max(mine, key=lambda pair: _changed(pair[0]))
            try:
                path.rename(self._description(name))
            except FileNotFoundError:  # another process has brought it back, or cleared up
                raise InputError(f"data set {name!r}: none of this name was removed within a day") from None
            _removal(path).unlink(missing_ok=True)
        return dataset

    def removed(self, owner: Owner) -> list[OwnDataset]:
        """Data sets that this person can restore, the last one removed first."""
        mine = [(path, dataset) for path, dataset in self._removed() if is_owner(owner, dataset.owner)]
        return [dataset for _, dataset in sorted(mine, key=lambda pair: -_changed(pair[0]))]

    def disk_used(self, owner: Owner) -> int:
        """Bytes of the files of this person's data sets, with those in the trash; each file counts once."""
        mine = [d for d in (*_readable(self.folder), *(d for _, d in self._removed())) if is_owner(owner, d.owner)]
        return sum({dataset.fingerprint: dataset.size for dataset in mine}.values())

    @contextmanager
    def name_lock(self, name: str, owner: Owner) -> Iterator[None]:
        """Hold a free name while this person makes a data set of it.

        Raises:
            InputError: an impossible name, a public data set's, one that is taken, or one that another process is
                about to take.
            OSError: the folder can't be written.
        """
        self.check_free(name, owner)
        (self.folder / _LOCKS).mkdir(parents=True, exist_ok=True)
        lock = take_lock(self._lock_path(name))
        if lock is None:
            raise InputError(f"name: {name} is being added at this moment by somebody else; choose another one")
        with lock:
            self.check_free(name, owner)
            yield

    def begin_file(self, name: str) -> Path:
        """Path to write the file of a held name to, before it is put in place."""
        (self.folder / _FILES).mkdir(parents=True, exist_ok=True)
        return self.folder / _FILES / f".{name.casefold()}.part"

    def put(self, dataset: OwnDataset, written: Path) -> None:
        """Put a written file and its description in place; the name must be held.

        Raises:
            OSError: the folder can't be written.
        """
        written.replace(self.file(dataset))
        self._write(dataset)

    def clear_leftovers(self) -> None:
        """Remove half-written files of killed processes, data sets removed more than a day ago, and files unused."""
        for part in (self.folder / _FILES).glob(".*.part"):
            if not lock_is_held(self._lock_path(part.name[1:].removesuffix(".part"))):
                part.unlink(missing_ok=True)
        for path, _ in self._removed():
            moment = read_moment(_removal(path))
            if (time.time() - _changed(path) if moment is None else moment.age) > UNDO_SECONDS:
                path.unlink(missing_ok=True)
                _removal(path).unlink(missing_ok=True)
        if any(lock_is_held(lock) for lock in (self.folder / _LOCKS).glob("*.lock")):
            return  # a file may just have been put in place whose description is about to be written
        paths = [*self.folder.glob("[!.]*.json"), *self._trash.glob("*.json")]
        used = set()
        for path in paths:
            try:
                used.add(_read(path).fingerprint)
            except InputError:
                return  # whatever can't be read may need any file
        for file in (self.folder / _FILES).glob("[!.]*.npz"):
            if file.stem not in used and _changed(file) < time.time() - _LEFT_OVER:
                file.unlink(missing_ok=True)

    def check_free(self, name: str, owner: Owner) -> None:
        """Check that a new data set of this person may have this name.

        Raises:
            InputError: an impossible name, a public data set's, or one that is taken.
        """
        if not _NAME.fullmatch(name):
            raise InputError(
                f"name: {name[:80]!r} is not possible; it must be 1 to 64 letters, digits, '-', '_' and '.', a letter"
                " or digit first"
            )
        if name.casefold() in _TAKEN_NAMES:
            raise InputError(f"name: {name} is the name of a public data set; choose another one")
        if name.casefold() in {other.casefold() for other in self.names()}:
            if name.casefold() in {dataset.name.casefold() for dataset in self.visible(owner)}:
                raise InputError(f"name: there is a data set {name} already; remove it first or choose another name")
            raise InputError(f"name: {name} can't be had; choose another one")  # not whose it is, nor what

    def _changeable(self, name: str, owner: Owner) -> OwnDataset:
        dataset = self.get(name)
        if not is_owner(owner, dataset.owner):
            if not may_see(dataset, owner):
                raise InputError(f"data set {name!r}: there is none of this name among yours")
            raise InputError(f"data set {name}: belongs to who added it; others can use it and not change it")
        return dataset

    def _removed(self) -> list[tuple[Path, OwnDataset]]:
        pairs = []
        for path in sorted(self._trash.glob("*.json")):
            with suppress(InputError):
                pairs.append((path, _read(path)))
        return pairs

    def _description(self, name: str) -> Path:
        return self.folder / f"{name}.json"

    def _lock_path(self, name: str) -> Path:
        return self.folder / _LOCKS / f"{name.casefold()}.lock"

    def _write(self, dataset: OwnDataset) -> None:
        plain = {"schema": SCHEMA, **asdict(dataset)}
        write_atomically(self._description(dataset.name), json.dumps(plain, ensure_ascii=False, indent=2) + "\n")


def _removal(path: Path) -> Path:
    """File with the moment in which the data set was removed whose description is at this path."""
    return path.with_suffix(".removed")


def _changed(path: Path) -> float:
    """Time of a file's last change; now where another process has just removed it."""
    try:
        return path.stat().st_mtime
    except OSError:
        return time.time()


def may_see(dataset: OwnDataset, owner: Owner) -> bool:
    """Whether this person may see a data set: it is theirs, or shared."""
    return dataset.shared or is_owner(owner, dataset.owner)


def _readable(folder: Path) -> list[OwnDataset]:
    datasets = []
    for path in sorted(folder.glob("[!.]*.json"), key=lambda path: path.stem.casefold()):
        with suppress(InputError):
            datasets.append(_read(path))
    return datasets


def _read(path: Path) -> OwnDataset:
    """A description.

    Raises:
        InputError: missing, garbled, or of a later version of this program.
    """
    plain = read_json_file(path, dict[str, Any], _MOST_JSON)
    require_schema(plain.pop("schema", None), SCHEMA, str(path))
    try:
        return checked(plain, OwnDataset, str(path))
    except InputError as error:
        raise InputError(f"{error}; add the data set again") from None
