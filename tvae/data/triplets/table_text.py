"""Rows of text from a file: its encoding, its delimiter, its header, line by line."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Int64

from tvae.data.fetch_errors import one_line
from tvae.errors import InputError

BLOCK_BYTES = 2**20
DELIMITERS = {"\t": "tabs", ";": "semicolons", ",": "commas"}
WHITE_SPACE = "white space"


@dataclass(frozen=True)
class TextForm:
    """Encoding and delimiter of a text file."""

    encoding: str
    delimiter: str | None
    """None where white space of any length stands between cells."""

    @property
    def delimiter_name(self) -> str:
        """The delimiter in words."""
        return WHITE_SPACE if self.delimiter is None else DELIMITERS[self.delimiter]


def text_form(path: Path, title: str) -> TextForm:
    """Encoding and delimiter of a text file: UTF-8 with or without a byte order mark, UTF-16 with one, else Latin-1.

    Raises:
        InputError: it is empty, or no text.
    """
    encoding = _encoding(path, title)
    with path.open(encoding=encoding, errors="replace", newline="") as file:
        for line in iter(lambda: file.readline(BLOCK_BYTES), ""):
            if line.strip():
                delimiter = next((mark for mark in DELIMITERS if mark in line), None)
                return TextForm(encoding, delimiter)
    raise InputError(f"{title}: is empty; right are three images a line: anchor, positive and negative")


def _encoding(path: Path, title: str) -> str:
    decoder = codecs.getincrementaldecoder("utf-8")()
    with path.open("rb") as file:
        first = file.read(BLOCK_BYTES)
        if first.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            return "utf-16"
        if b"\0" in first:
            raise InputError(f"{title}: holds bytes that are no text; right is text or .npy")
        try:
            block = first
            while block:
                decoder.decode(block)
                block = file.read(BLOCK_BYTES)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return "cp1252"
    return "utf-8-sig"


def number_blocks(path: Path, form: TextForm, first: int) -> Iterator[tuple[int, Int64[np.ndarray, "m 3"]]]:
    """Number of the first line and the numbers of some lines, as long as each line is three whole numbers and no more.

    Several times as fast as `text_rows`, which goes on from there.

    Args:
        first: the line at which to begin, counted from 1.
    """
    mark = r"[ \t]+" if form.delimiter is None else form.delimiter
    is_plain = re.compile(rf"(?:[0-9]{{1,18}}{mark}[0-9]{{1,18}}{mark}[0-9]{{1,18}}\r?\n)+")
    with path.open(encoding=form.encoding, errors="replace", newline="") as file:
        skip_lines(file, first)
        while lines := file.readlines(BLOCK_BYTES):
            text = "".join(lines)
            if not is_plain.fullmatch(text):
                return
            cells = text if form.delimiter is None else text.replace(form.delimiter, " ")
            yield first, np.fromstring(cells, np.int64, sep=" ").reshape(-1, 3)
            first += len(lines)


def skip_lines(file: io.TextIOBase, first: int) -> None:
    """Read the lines before the line `first`, counted from 1."""
    for _ in range(first - 1):
        file.readline()


def text_rows(path: Path, form: TextForm, title: str, first: int = 1) -> Iterator[tuple[int, list[str]]]:
    """Line number, counted from 1, and cells of each row that isn't blank; nothing is held.

    Args:
        first: the line at which to begin; no quote may be open there.

    Raises:
        InputError: a quote that is opened and never closed, or a line that is no row of cells.
    """
    with path.open(encoding=form.encoding, errors="replace", newline="") as file:
        skip_lines(file, first)
        if form.delimiter is None:
            for number, line in enumerate(iter(lambda: file.readline(BLOCK_BYTES), ""), first):
                if cells := line.split():
                    yield number, cells
            return
        yield from _separated_rows(file, form.delimiter, title, first)


def _separated_rows(file: io.TextIOBase, delimiter: str, title: str, first: int) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(file, delimiter=delimiter, strict=True)
    begin = first
    try:
        for cells in reader:
            number, begin = begin, first + reader.line_num
            if any(cells) and not (len(cells) == 1 and not cells[0].strip()):
                yield number, cells
    except csv.Error as error:
        if "end of data" in str(error) or "limit" in str(error):
            raise InputError(f"{title}, line {begin}: a quote is opened and never closed; close or remove it") from None
        raise InputError(f"{title}, line {begin}: {one_line(error)}; write quotes inside a cell twice") from None
