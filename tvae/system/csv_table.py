"""Tables as CSV text that a spreadsheet reads as text, never as a formula."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from jaxtyping import Float, Int

from tvae.errors import InputError

_FORMULA = re.compile(r"\A(?=[\t\r\n])|(?:\A|(?<=[;\t\r\n]))(?=\s*[=+\-@\uff1d\uff0b\uff0d\uff20])")
"""Pattern of the places in a text at which a spreadsheet may begin a formula: its start, and after what some programs
take for the end of a cell or of a row, also inside quotes. The signs are also those of full width, as in East Asian
writing."""

DIGITS = {"float16": 3, "float32": 6, "float64": 10}
"""Significant digits of a number by its type: all that a float32 and a float16 hold; of a float64 those that say
something of a measurement."""


Columns = Mapping[str, Sequence[object] | Float[np.ndarray, " m"] | Int[np.ndarray, " m"]]
"""The cells of each column by its name."""


def rows_csv(columns: Columns) -> str:
    """A table as CSV text, safe to open in a spreadsheet: text that would run as a formula gets a quote before it.

    Numbers that are not whole have as many significant digits as their type holds (see `DIGITS`), so no column shows
    the nearest double of a float32 in 17 digits.

    Raises:
        InputError: the columns are not equally long.
    """
    return _lines([list(columns)]) + further_rows_csv(columns)


def further_rows_csv(columns: Columns) -> str:
    """Further rows of a table that `rows_csv` has begun, without the header.

    Raises:
        InputError: as `rows_csv`.
    """
    lengths = {name: len(values) for name, values in columns.items()}
    if len(set(lengths.values())) > 1:
        raise InputError(f"csv: columns must be equally long; found {lengths}")
    return _lines(zip(*columns.values(), strict=True))


def text_cell(text: str) -> str:
    """The text with a quote before each place at which a spreadsheet would begin a formula."""
    return _FORMULA.sub("'", text)


def _lines(rows: Iterable[Iterable[object]]) -> str:
    text = io.StringIO()
    # Lines end as RFC 4180 says; the writer then quotes cells that hold either of the two characters.
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerows([_cell(value) for value in row] for row in rows)
    return text.getvalue()


def _cell(value: object) -> object:
    """Numbers in the digits of their type; text never as a formula."""
    if isinstance(value, str):
        return text_cell(value)
    if isinstance(value, float | np.floating):
        digits = DIGITS[np.dtype(type(value)).name]
        return float(f"{value:.{digits}g}") + 0.0  # no -0.0
    return value
