"""Recognise the form of a source by its content, and read it by the right reader."""

from __future__ import annotations

import re
import zipfile
import zlib
from pathlib import Path

from tvae.data.own.sources.arrays import idx_kind
from tvae.data.own.sources.class_folders import read_class_folders, read_loose_pictures
from tvae.data.own.sources.idx_files import read_idx
from tvae.data.own.sources.npz_file import read_npz
from tvae.data.own.sources.parquet_files import read_parquet
from tvae.data.own.sources.path_table import is_path_table, read_packed_path_table, read_path_table
from tvae.data.own.sources.pictures import what_it_is
from tvae.data.own.sources.reading import Reading
from tvae.data.own.sources.source_files import Files, FolderFiles, has_picture_name
from tvae.data.own.sources.zip_files import ZipFiles
from tvae.errors import InputError
from tvae.system.zip_file import other_archive

RIGHT = (
    "right are a folder or zip with a folder of pictures a class, an .npz, parquet, idx files, or a CSV of path and"
    " label"
)
_MOST_OTHERS = 2_000
"""Files that are not called like pictures and are opened to see what they are."""
_ZIP, _EMPTY_ZIP, _GZIP, _PARQUET, _NPY = b"PK\3\4", b"PK\5\6", b"\x1f\x8b", b"PAR1", b"\x93NUMPY"
_TABLE_SUFFIXES = (".csv", ".tsv", ".txt")
_TAR = "a tar archive, whose members can lie anywhere and can't be read one by one; make a zip of its folder"


_PICKLE = "a pickle of Python, which may run code and is never opened; save its arrays with np.savez"


def read_source(path: Path, within: Path | None = None, *, labelled: bool = True) -> Reading:
    """Read a source of images, recognised by its content; no image is looked at yet.

    Args:
        within: a folder that nothing may be read outside of.
        labelled: whether each image has a label. If not, pictures may lie in any folder or be a single file, arrays and
            tables need no labels, and no label is read where there are some.

    Raises:
        InputError: there is nothing, or nothing of a form that is known.
    """
    if path.is_dir():
        return _read_files(FolderFiles(path), labelled)
    if not path.is_file():
        raise InputError(f"{path}: there is no such file or folder")
    begin = _begin(path)
    title = path.name
    if begin.startswith(_EMPTY_ZIP):
        raise InputError(f"{title}: an empty zip; {RIGHT}")
    if begin.startswith(_ZIP) or (zipfile.is_zipfile(path) and not begin.startswith(_PARQUET)):
        files = ZipFiles(path)
        is_npz = any(name.endswith(".npy") for name in files.names)
        return read_npz(files, labelled) if is_npz else _read_files(files, labelled)
    if begin.startswith(_PARQUET):
        return read_parquet(FolderFiles(path.parent, [title]), [title], labelled)
    if _is_idx(begin):
        return _read_idx_pair(path) if labelled else read_idx(FolderFiles(path.parent, [title]), [title], labelled)
    if _unpacked(begin)[257:262] == b"ustar":
        raise InputError(f"{title}: {_TAR}")
    if _is_pickle(begin):
        raise InputError(f"{title}: {_PICKLE}")
    if begin.startswith(_GZIP):
        raise InputError(f"{title}: a gzip file, and what it holds is no idx file; {RIGHT}")
    if begin.startswith(_NPY):
        raise InputError(f"{title}: one array; save images and labels together, as np.savez(file, images=…, labels=…)")
    if kind := other_archive(begin):
        raise InputError(f"{title}: {kind}; make a zip")
    if has_picture_name(title) and not labelled:
        return read_loose_pictures(FolderFiles(path.parent, [title]))
    if has_picture_name(title):
        raise InputError(f"{title}: a single picture; name the folder that holds a folder of pictures a class")
    if b"\x00" not in begin or is_path_table(begin):
        return read_path_table(path, within, labelled)
    raise InputError(f"{title}: {what_it_is(begin)}; {RIGHT}")


def _read_files(files: Files, labelled: bool) -> Reading:
    """Read a folder or zip: its parquet, idx files or table of paths, else class folders or loose pictures."""
    if not files.names and not files.left_out.count:
        raise InputError(f"{files.title}: holds no file; {RIGHT}")
    others = [name for name in files.names if not has_picture_name(name)][:_MOST_OTHERS]
    openings = {name: _begin_of(files, name) for name in others}
    parquet = [name for name, begin in openings.items() if begin.startswith(_PARQUET)]
    if parquet:
        return _without_pictures_beside(read_parquet(files, parquet, labelled), files)
    idx = [name for name, begin in openings.items() if _is_idx(begin)]
    if idx:
        return _without_pictures_beside(read_idx(files, idx, labelled), files)
    tables = [name for name in openings if name.lower().endswith(_TABLE_SUFFIXES) and is_path_table(openings[name])]
    if len(tables) > 1:
        raise InputError(f"{files.title}: more than one table of paths ({', '.join(tables[:6])}); leave one")
    if tables:
        return read_packed_path_table(files, tables[0], labelled)
    if not any(has_picture_name(name) for name in files.names):
        for name, begin in openings.items():
            if begin.startswith(_ZIP):
                raise InputError(f"{files.title}: holds {name}, a zip or .npz; bring in that file itself")
            if _is_pickle(begin):
                raise InputError(f"{files.title}: holds {name}, {_PICKLE}")
            if begin.startswith(_GZIP):
                raise InputError(f"{files.title}: holds {name}, a gzip file; unpack it")
    return read_class_folders(files) if labelled else read_loose_pictures(files)


def _without_pictures_beside(reading: Reading, files: Files) -> Reading:
    """The reading, with the pictures beside its files counted as left out."""
    for name in files.names:
        if has_picture_name(name):
            reading.left_out.add(name, f"lies beside {reading.kind}; bring in the pictures without those files")
    return reading


def _read_idx_pair(path: Path) -> Reading:
    """Read an idx file and its fellow beside it, whose name begins with the same word."""
    word = re.split(r"[\W_]", path.name)[0]
    names = [
        entry.name
        for entry in sorted(path.parent.iterdir())
        if entry.name.startswith(word) and entry.is_file() and not entry.is_symlink() and _is_idx(_begin(entry))
    ]
    return read_idx(FolderFiles(path.parent, names), names)


def _is_idx(begin: bytes) -> bool:
    """Whether a file with this beginning is idx, raw or packed."""
    try:
        idx_kind(_unpacked(begin)[:4])
    except ValueError:
        return False
    return True


def _is_pickle(begin: bytes) -> bool:
    """Whether a file with this beginning is a pickle, raw or packed: CIFAR-10, among others, is distributed so."""
    return re.match(rb"\x80[\x02-\x05][\x80-\x95(}\]c]", _unpacked(begin)) is not None


def _unpacked(begin: bytes) -> bytes:
    """The beginning of a file's content, unpacked where gzip has packed it."""
    if not begin.startswith(_GZIP):
        return begin
    try:
        return zlib.decompressobj(zlib.MAX_WBITS | 16).decompress(begin, 1_024)
    except zlib.error:
        return b""


def _begin(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(65_536)
    except OSError as error:
        raise InputError(f"{path}: can't be read ({error.strerror})") from None


def _begin_of(files: Files, name: str) -> bytes:
    try:
        with files.open(name) as stream:
            return stream.read(4_096)
    except Exception:  # zipfile's own types are several
        return b""  # the reader says what is wrong with it
