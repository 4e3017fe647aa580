"""read_triplets: a file of triplets, recognised by its content and checked against the images."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Bool, Int, Int32, Int64

from tvae.data.fetch_errors import one_line
from tvae.data.own.sources.arrays import npy_array
from tvae.data.triplets.flaws import RowFlaws, WrongTriplets
from tvae.data.triplets.given import MOST_TRIPLETS, GivenTriplets
from tvae.data.triplets.image_names import TWO_IMAGES, ImageNames, comparable
from tvae.data.triplets.table_text import TextForm, number_blocks, text_form, text_rows
from tvae.errors import InputError

MOST_BYTES = 2**30
ROWS_AT_ONCE = 65_536
ANCHORED_HEADERS = (("anchor", "positive", "negative"), ("head", "b", "c"), ("head", "winner", "loser"))
"""Names of the columns of (anchor, the nearer image, the farther image).

`head, b, c` is the header of the Zappos triplets as the Salmon project keeps them, "ordered (head, b, c) so that b
closer to head than c" (stsievert/salmon, examples/zappos/_raw/README.md); `head, winner, loser` that of the answers
which Salmon gives out (Sievert et al. 2023, docs/offline.rst).
"""
ODD_COLUMNS = ("odd", "odd_one_out")
"""Names of the column of the odd one in a table of three columns; the other two hold the images that are alike."""
RIGHT = "right is a first line anchor,positive,negative, or none, and three images a line"
_WHOLE = re.compile(r"[0-9]{1,18}")
_WHOLE_CELLS = re.compile(r"[0-9 ]+")
_UNKNOWN = -1


@dataclass(frozen=True, eq=False)
class TripletFile:
    """Triplets that were read from a file, and how it was read."""

    triplets: GivenTriplets
    notes: tuple[str, ...]
    """How the file was read, a sentence each."""


@dataclass(frozen=True)
class _Layout:
    """Columns that hold the images of a triplet."""

    columns: tuple[int, int, int]
    cells: int
    """Cells that each row has."""
    odd_one_out: bool
    header: str
    """The names of the columns; empty where there is no header."""


def read_triplets(path: Path, images: ImageNames, *, title: str = "", odd_one_out: bool = False) -> TripletFile:
    """Read a file of triplets of training images: text of three columns, or an .npy of shape (n, 3).

    A row is (anchor, positive, negative), the order in which triplets are kept elsewhere (t-STE, van der Maaten and
    Weinberger 2012), unless the header says otherwise. An odd-one-out answer (first two alike, third odd, as in THINGS,
    Hebart et al. 2020) is two triplets: (a, b, odd) and (b, a, odd). Images are rows of the training images counted
    from 0, or names where the data set keeps them.

    Args:
        title: what messages call the file; its name by default.
        odd_one_out: take rows without a header for odd-one-out answers.

    Raises:
        WrongTriplets: rows that name no image or one twice; each of the first twenty with its line.
        InputError: the file can't be read, is empty, too large, or no table of triplets.
    """
    title = one_line(title or path.name, 120)
    try:
        with path.open("rb") as file:
            start = file.read(8)
        if path.stat().st_size > MOST_BYTES:
            raise InputError(f"{title}: more than {MOST_BYTES >> 20:,} MB; take a part of the triplets")
        if start.startswith(b"\x93NUMPY"):
            return _read_array(path, title, images, odd_one_out)
        if start.startswith(b"PK\x03\x04"):
            raise InputError(f"{title}: a zip or .npz; right is text or .npy: numpy.save of whole numbers (n, 3)")
        return _read_text(path, title, images, odd_one_out)
    except OSError as error:
        raise InputError(f"{title}: can't be read ({error.strerror}); name a file of triplets") from None


def _read_array(path: Path, title: str, images: ImageNames, odd_one_out: bool) -> TripletFile:
    array = npy_array(title, lambda: path.open("rb"))
    right = "right is whole numbers of shape (n, 3): anchor, positive and negative"
    if array.dtype.kind not in "iu" or len(array.shape) != 2 or array.shape[1] != 3:
        advice = "; save triplets.astype(int)" if array.dtype.kind == "f" and len(array.shape) == 2 else ""
        raise InputError(f"{title}: {array.dtype} of shape {array.shape}; {right}{advice}")
    if len(array) == 0:
        raise InputError(f"{title}: holds no triplet; {right}")
    _check_count(len(array), title, odd_one_out)
    flaws, blocks, first = RowFlaws("row"), [], 0
    for block in array.blocks():
        blocks.append(_checked(block, range(first, first + len(block)), images, flaws))
        first += len(block)
    how = "odd-one-out answers" if odd_one_out else "anchor, positive and negative"
    notes = [f"an array of {len(array):,} rows: {how}, as rows of the training images counted from 0"]
    return _file(title, blocks, flaws, odd_one_out, notes)


def _read_text(path: Path, title: str, images: ImageNames, odd_one_out: bool) -> TripletFile:
    form = text_form(path, title)
    rows = text_rows(path, form, title)
    number, cells = next(rows)
    layout = _layout(cells, title, number, odd_one_out)
    if layout.header:
        number, cells = next(rows, (0, []))
        if not cells:
            raise InputError(f"{title}: has a header and no triplet; {RIGHT}")
    by_name = len(cells) > max(layout.columns) and _are_names([cells[column] for column in layout.columns], images)
    flaws, blocks, count = RowFlaws("line"), [], 0
    if not by_name and layout.columns == (0, 1, 2) and layout.cells == 3:
        for first, block in number_blocks(path, form, number):
            count += len(block)
            _check_count(count, title, layout.odd_one_out)
            blocks.append(_checked(block, range(first, first + len(block)), images, flaws))
    rest = text_rows(path, form, title, first=number + count)  # so far each line was a row
    for numbers, cells in _blocks(rest, layout, flaws):
        count += len(numbers)
        _check_count(count, title, layout.odd_one_out)
        block = _named_rows(cells, images) if by_name else _numbered_rows(cells)
        known = _check_known(block, numbers, cells, by_name, images, flaws)
        block, numbers = block[known], np.asarray(numbers)[known].tolist()
        blocks.append(_checked(block, numbers, images, flaws))
    return _file(title, blocks, flaws, layout.odd_one_out, _notes(form, layout, by_name))


def _layout(cells: Sequence[str], title: str, number: int, odd_one_out: bool) -> _Layout:
    """Layout of the rows, from the first row, which may be a header."""
    names = [cell.strip().lower() for cell in cells]
    for header in ANCHORED_HEADERS:
        if set(header) <= set(names):
            if twice := next((name for name in header if names.count(name) > 1), None):
                raise InputError(f"{title}, line {number}: two columns are called {twice!r}; {RIGHT}")
            first, second, third = (names.index(name) for name in header)
            return _Layout((first, second, third), len(cells), False, ", ".join(header))
    odd = [names.index(name) for name in ODD_COLUMNS if name in names]
    if len(names) == 3 and odd:
        first, second = (column for column in range(3) if column != odd[0])
        return _Layout((first, second, odd[0]), 3, True, ", ".join(names))
    return _Layout((0, 1, 2), 3, odd_one_out, "")


def _are_names(cells: Sequence[str], images: ImageNames) -> bool:
    """Whether the cells of the first row name images, where they could be numbers of rows too."""
    cells = [cell.strip() for cell in cells]
    are_numbers = all(_WHOLE.fullmatch(cell) for cell in cells)
    return not are_numbers or all(images.row(cell) is not None for cell in cells)


def _blocks(
    rows: Iterator[tuple[int, list[str]]], layout: _Layout, flaws: RowFlaws
) -> Iterator[tuple[list[int], list[str]]]:
    """Line numbers of some rows, and the three cells of each, one after the other."""
    numbers: list[int] = []
    block: list[str] = []
    first, second, third = layout.columns
    for number, cells in rows:
        if len(cells) != layout.cells:
            right = "as the header has" if layout.header else "anchor, positive and negative"
            flaws.add(number, f"{len(cells)} cells; right are {layout.cells}, {right}")
        else:
            numbers.append(number)
            block.extend((cells[first], cells[second], cells[third]))
        if len(numbers) >= ROWS_AT_ONCE:
            yield numbers, block
            numbers, block = [], []
    if numbers:
        yield numbers, block


def _numbered_rows(cells: list[str]) -> Int64[np.ndarray, "m 3"]:
    """Row of each cell; `_UNKNOWN` for what is no whole number from 0."""
    text = " ".join(cells)
    if _WHOLE_CELLS.fullmatch(text):  # all digits: read at once
        values = np.fromstring(text, np.int64, sep=" ")
        if len(values) == len(cells) and values.max() < 2**62:  # numpy clips what is longer
            return values.reshape(-1, 3)
    stripped = (cell.strip() for cell in cells)
    values = [int(cell) if _WHOLE.fullmatch(cell) else _UNKNOWN for cell in stripped]
    return np.array(values, np.int64).reshape(-1, 3)


def _named_rows(cells: list[str], images: ImageNames) -> Int64[np.ndarray, "m 3"]:
    rows = images.rows
    return np.array([rows.get(comparable(cell), _UNKNOWN) for cell in cells], np.int64).reshape(-1, 3)


def _check_known(
    block: Int64[np.ndarray, "m 3"],
    numbers: Sequence[int],
    cells: list[str],
    by_name: bool,
    images: ImageNames,
    flaws: RowFlaws,
) -> Bool[np.ndarray, " m"]:
    """Whether each row has three known images; the faults of the others are added to `flaws`."""
    known = np.all(block >= 0, axis=1)
    for place in np.flatnonzero(~known).tolist():
        column = int(np.argmax(block[place] < 0))
        text = one_line(cells[3 * place + column].strip(), 60)
        flaws.add(numbers[place], _unknown_reason(text, int(block[place, column]), by_name, images))
    return known


def _unknown_reason(text: str, code: int, by_name: bool, images: ImageNames) -> str:
    if code == TWO_IMAGES:
        return f"several training images are called {text!r}; write the folder before the name"
    if not text:
        return "an empty cell; right is a training image"
    if not by_name:
        return f"{text!r} is no row; right is a whole number from 0 to {images.count - 1}"
    if images.names is None:
        return f"{text!r} is no row, and this data set keeps no names; right is a number from 0 to {images.count - 1}"
    return f"no training image is called {text!r}; names are like {one_line(images.names[0], 60)!r}"


def _checked(
    block: Int[np.ndarray, "m 3"], numbers: Sequence[int], images: ImageNames, flaws: RowFlaws
) -> Int32[np.ndarray, "k 3"]:
    """The rows that name three different images; the faults of the others are added to `flaws`."""
    outside = np.any((block < 0) | (block >= images.count), axis=1)
    anchor, positive, negative = block.T
    equal = (anchor == positive) | (anchor == negative) | (positive == negative)
    for place in np.flatnonzero(outside | equal).tolist():
        if outside[place]:
            wrong = next(int(value) for value in block[place] if not 0 <= int(value) < images.count)
            reason = f"row {wrong} is out of range; the {images.count:,} training images are 0 to {images.count - 1}"
        else:
            reason = "names the same image twice; right are three different ones"
        flaws.add(numbers[place], reason)
    return block[~(outside | equal)].astype(np.int32)


def _check_count(rows: int, title: str, odd_one_out: bool) -> None:
    most = MOST_TRIPLETS // 2 if odd_one_out else MOST_TRIPLETS
    if rows > most:
        raise InputError(f"{title}: more than {most:,} rows; take a part of them")


def _file(
    title: str, blocks: list[np.ndarray], flaws: RowFlaws, odd_one_out: bool, notes: Sequence[str]
) -> TripletFile:
    if flaws.count:
        raise WrongTriplets(title, flaws)
    rows = np.concatenate(blocks)
    if odd_one_out:  # both triplets of an answer stand together
        rows = np.stack([rows, rows[:, [1, 0, 2]]], axis=1).reshape(-1, 3)
    return TripletFile(GivenTriplets(rows), tuple(notes))


def _notes(form: TextForm, layout: _Layout, by_name: bool) -> list[str]:
    if layout.odd_one_out:
        meaning = "odd-one-out answers, two alike and one odd: two triplets each"
    else:
        meaning = "the anchor, the image nearer to it, the image farther from it"
    header = f"columns {layout.header}" if layout.header else "no header"
    notes = [
        f"{form.delimiter_name} between cells, {header}: {meaning}",
        "images by name" if by_name else "images by row of the training images, counted from 0",
    ]
    if form.encoding == "cp1252":
        notes.append("not UTF-8; read as Latin-1")
    if layout.cells > 3:
        notes.append(f"{layout.cells - 3} further columns are not used")
    return notes
