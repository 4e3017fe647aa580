"""Read a folder or zip of pictures, with a folder a class or without labels."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from jaxtyping import Int64

from tvae.data.own.sources.labels import merged_labels_note, text_column
from tvae.data.own.sources.pictures import EncodedPictures
from tvae.data.own.sources.reading import NO_SPLIT, SPLIT_CODES, SPLIT_WORDS, Flaw, Reading
from tvae.data.own.sources.source_files import Files, has_picture_name
from tvae.errors import InputError

DEFAULT_COLUMN = "class"


class FileContents:
    """Pictures in files (see `Contents`)."""

    def __init__(self, files: Files, names: Sequence[str]) -> None:
        self._files, self._names = files, names

    def __len__(self) -> int:
        return len(self._names)

    def contents(self, rows: Int64[np.ndarray, " m"] | range) -> Iterator[bytes | Flaw]:
        for row in rows:
            yield self._files.read(self._names[row])


def read_class_folders(files: Files) -> Reading:
    """Read pictures whose folder names their class, below folders that name their split where there are such.

    Folders around all of it are passed over. What lies deeper below a class's folder belongs to the class, as in
    torchvision's ImageFolder.

    Raises:
        InputError: no file lies in a folder of a class.
    """
    paths = {name: tuple(name.split("/")) for name in files.names}
    depth = _folders_around([path for name, path in paths.items() if has_picture_name(name)])
    tops = {path[depth] for name, path in paths.items() if has_picture_name(name) and len(path) > depth + 1}
    has_splits = bool(tops) and all(top.lower() in SPLIT_WORDS for top in tops)
    left_out = files.left_out.copy()
    names, classes, splits = [], [], []
    for name, path in paths.items():
        below = path[depth + has_splits : -1]
        if not below or (has_splits and path[depth].lower() not in SPLIT_WORDS):
            left_out.add(name, "lies in no folder that names its class")
            continue
        names.append(name)
        classes.append(below[0])
        splits.append(SPLIT_CODES[SPLIT_WORDS[path[depth].lower()]] if has_splits else NO_SPLIT)
    if not names:
        raise InputError(
            f"{files.title}: holds no folder with pictures; put the pictures of each class into a folder of its name"
        )
    notes = [note] if (note := merged_labels_note(DEFAULT_COLUMN, classes)) else []
    if not has_splits and any(top.lower() in SPLIT_WORDS for top in tops):
        notes.append(f"folders {', '.join(sorted(tops)[:6])} stand side by side, so each is taken for a class")
    return Reading(
        kind="pictures in class folders",
        names=names,
        columns={DEFAULT_COLUMN: text_column(DEFAULT_COLUMN, classes)},
        splits=np.array(splits, np.int8),
        pictures=EncodedPictures(FileContents(files, names)),
        left_out=left_out,
        notes=notes,
        image_names=names,
    )


def read_loose_pictures(files: Files) -> Reading:
    """Read pictures without labels, whatever folders they lie in.

    Raises:
        InputError: there is no file.
    """
    if not files.names:
        name, reason = next(iter(files.left_out.named), (files.title, "holds no file"))
        raise InputError(f"{files.title}: no picture can be read; {name}: {reason}")
    return Reading(
        kind="pictures",
        names=files.names,
        columns={},
        splits=np.full(len(files.names), NO_SPLIT, np.int8),
        pictures=EncodedPictures(FileContents(files, files.names)),
        left_out=files.left_out.copy(),
    )


def _folders_around(paths: Sequence[tuple[str, ...]]) -> int:
    """Number of outer folders that hold all pictures: neither a split nor the folder of a class."""
    depth = 0
    while any(len(path) > depth + 2 for path in paths):
        first = {path[depth] for path in paths if len(path) > depth + 1}
        if len(first) > 1 or next(iter(first)).lower() in SPLIT_WORDS:
            break
        depth += 1
    return depth
