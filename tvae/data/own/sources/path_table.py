"""Read a CSV or TSV with a picture's path and label a line, and a split where there is one."""

from __future__ import annotations

import csv
import io
import posixpath
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Int64

from tvae.data.fetch_errors import one_line
from tvae.data.own.sources.labels import LabelColumn, merged_labels_note, refused_notion, text_column
from tvae.data.own.sources.pictures import EncodedPictures
from tvae.data.own.sources.reading import NO_SPLIT, Flaw, LeftOut, Reading, split_codes
from tvae.data.own.sources.source_files import Files, read_file
from tvae.errors import InputError
from tvae.system.limits import limits

PATH_WORDS = (
    "path",
    "file",
    "filename",
    "file_name",
    "filepath",
    "file_path",
    "image",
    "image_path",
    "img",
    "image_id",
)
LABEL_WORDS = ("label", "class", "labels", "category", "target", "y")
SPLIT_COLUMN_WORDS = ("split", "subset", "set", "partition")
MOST_BYTES = 512 * 2**20
RIGHT = "right is a first line that names the columns, such as: path,label,split"
NO_VALUE = "(none)"
"""Value of a further column where a line leaves it empty."""

_READ_CELL = Callable[[str], bytes | Flaw]


@dataclass(frozen=True, eq=False)
class Table:
    """A table of text: its header, and the cells and the line number of each row."""

    title: str
    header: tuple[str, ...]
    rows: list[list[str]]
    lines: list[int]
    left_out: LeftOut
    notes: list[str]


class PathContents:
    """Pictures at the paths that a table gives (see `Contents`)."""

    def __init__(self, paths: Sequence[str], read: _READ_CELL) -> None:
        self._paths, self._read = paths, read

    def __len__(self) -> int:
        return len(self._paths)

    def contents(self, rows: Int64[np.ndarray, " m"] | range) -> Iterator[bytes | Flaw]:
        for row in rows:
            yield self._read(self._paths[row])


def read_path_table(path: Path, within: Path | None, labelled: bool = True) -> Reading:
    """Read a table on this machine, with paths below its own folder or from the root.

    Args:
        within: a folder that no picture may lie outside of, where the table was given by a visitor of a server.
        labelled: whether labels are needed; else none are read.

    Raises:
        InputError: not such a table.
    """
    try:
        with path.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise InputError(f"{path.name}: can't be read ({error.strerror})") from None

    def read_picture(cell: str) -> bytes | Flaw:
        picture = path.parent / cell.replace("\\", "/")
        try:
            if within is not None and not picture.resolve().is_relative_to(within.resolve()):
                return Flaw("lies outside the folder that may be read")
            if not picture.is_file():
                return Flaw("there is no such file")
        except (OSError, ValueError) as error:
            return Flaw(f"is no path of a file ({one_line(error, 80)})")
        return read_file(str(picture))

    return _reading(parsed_table(content, path.name), read_picture, labelled)


def read_packed_path_table(files: Files, name: str, labelled: bool = True) -> Reading:
    """Read a table that lies beside its pictures in a folder or zip; no path leads out of it.

    Raises:
        InputError: not such a table.
    """
    content = files.read(name)
    if isinstance(content, Flaw):
        raise InputError(f"{name}: {content.reason}")
    folder, names = posixpath.dirname(name), set(files.names)

    def read_picture(cell: str) -> bytes | Flaw:
        picture = posixpath.normpath(posixpath.join(folder, cell.replace("\\", "/")))
        if picture not in names:
            return Flaw(f"there is no such file in {files.title}")
        return files.read(picture)

    reading = _reading(parsed_table(content, name), read_picture, labelled)
    reading.left_out.count += files.left_out.count
    reading.left_out.named += files.left_out.named
    return reading


def is_path_table(content: bytes) -> bool:
    """Whether the first line of a file names a column of paths and another one."""
    line = _text(content[:65_536])[0].lstrip("\r\n").splitlines()[:1]
    cells = [cell.strip().strip('"').lower() for cell in re.split("[,;\t]", line[0])] if line else []
    return len(cells) > 1 and any(cell in PATH_WORDS for cell in cells)


def parsed_table(content: bytes, title: str) -> Table:
    """The table in a file's bytes: UTF-8 with or without a byte order mark, else Latin-1; commas, semicolons or tabs.

    A row with more or fewer cells than the header is left out.

    Raises:
        InputError: too large, no header, a column name twice, or a quote that is never closed.
    """
    most = limits().images
    if len(content) > MOST_BYTES:
        raise InputError(f"{title}: more than {MOST_BYTES >> 20} MB; at most {most:,} rows are taken")
    text, notes = _text(content)
    first = text.partition("\n")[0]
    delimiter = max(",;\t", key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    header: tuple[str, ...] = ()
    rows, lines, left_out, begin = [], [], LeftOut(), 1
    try:
        for cells in reader:
            line, begin = begin, reader.line_num + 1
            if not any(cell.strip() for cell in cells):
                continue
            if not header:
                header = _checked_header(cells, title)
            elif len(cells) != len(header):
                left_out.add(f"{title}, line {line}", f"has {len(cells)} cells; the header has {len(header)}")
            else:
                rows.append(cells)
                lines.append(line)
            if len(rows) > most:
                raise InputError(f"{title}: more than {most:,} rows; take a part of them")
    except csv.Error as error:
        if "end of data" in str(error) or "limit" in str(error):
            raise InputError(f"{title}, line {begin}: a quote is opened and never closed") from None
        raise InputError(f"{title}, line {begin}: {one_line(error)}; write quotes inside a cell twice") from None
    if not header:
        raise InputError(f"{title}: is empty; {RIGHT}")
    return Table(title, header, rows, lines, left_out, notes)


def _text(content: bytes) -> tuple[str, list[str]]:
    """A file's text, and a sentence where it is not UTF-8."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16", "replace"), []
    try:
        return content.decode("utf-8-sig"), []
    except UnicodeDecodeError as error:
        if len(content) - error.start < 4 and error.reason == "unexpected end of data":  # the beginning of a file
            return content[: error.start].decode("utf-8-sig"), []
        return content.decode("cp1252", "replace"), ["the table is not UTF-8; it is read as Latin-1"]


def _checked_header(cells: Sequence[str], title: str) -> tuple[str, ...]:
    header = tuple(one_line(cell.strip()) for cell in cells)
    twice = [name for name, count in Counter(header).items() if count > 1 and name]
    if twice:
        raise InputError(f"{title}, line 1: two columns are called {twice[0]!r}; give each a name of its own")
    if _column(header, PATH_WORDS) is None:
        raise InputError(f"{title}, line 1: no column of paths among {', '.join(header[:12])}; {RIGHT}")
    return header


def _column(header: Sequence[str], words: Sequence[str]) -> int | None:
    """The first column whose name is one of these words, in the order of the words."""
    lower = [name.lower() for name in header]
    return next((lower.index(word) for word in words if word in lower), None)


def _reading(table: Table, read: _READ_CELL, labelled: bool) -> Reading:
    path_column = _column(table.header, PATH_WORDS)
    split_column = _column(table.header, SPLIT_COLUMN_WORDS)
    assert path_column is not None  # the header was checked
    columns = _label_columns(table, path_column, split_column) if labelled else {}
    if not table.rows:
        raise InputError(f"{table.title}: names no picture; {RIGHT}")
    splits = np.full(len(table.rows), NO_SPLIT, np.int8)
    if split_column is not None:
        splits, unknown = split_codes(row[split_column] for row in table.rows)
        if unknown:
            table.notes.append(f"split {unknown[0]!r} is none of train, test and validation; such rows have no split")
    paths = [row[path_column].strip() for row in table.rows]
    names = [f"{table.title}, line {line} ({path})" for line, path in zip(table.lines, paths, strict=True)]
    pictures = EncodedPictures(PathContents(paths, read))
    kind = "a table of paths and labels"
    return Reading(kind, names, columns, splits, pictures, table.left_out, table.notes, image_names=paths)


def _label_columns(table: Table, path_column: int, split_column: int | None) -> dict[str, LabelColumn]:
    """The default label column, and every other one that makes classes.

    Raises:
        InputError: there is none.
    """
    further = [n for n in range(len(table.header)) if n not in (path_column, split_column) and table.header[n]]
    label_column = _column(table.header, LABEL_WORDS)
    if label_column is None and len(further) == 1:
        label_column = further[0]
    if label_column is None:
        raise InputError(f"{table.title}, line 1: no column 'label' among {', '.join(table.header[:12])}; {RIGHT}")
    cells = [row[label_column] for row in table.rows]
    name = table.header[label_column]
    columns = {name: text_column(name, cells)}
    if note := merged_labels_note(name, cells):
        table.notes.append(note)
    for number in further:
        if number != label_column and (column := _further_column(table, number)) is not None:
            columns[column.name] = column
    return columns


def _further_column(table: Table, number: int) -> LabelColumn | None:
    """A further label column; None where it makes no classes."""
    cells = [row[number].strip() or NO_VALUE for row in table.rows]
    if refusal := refused_notion(table.header[number], len(set(cells)), len(cells)):
        table.notes.append(refusal)
        return None
    return text_column(table.header[number], cells)
