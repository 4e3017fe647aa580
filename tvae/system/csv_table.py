"""Tables as CSV text that a spreadsheet reads as text, never as a formula."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence

import numpy as np
from jaxtyping import Float, Int

from tvae.errors import InputError

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")
"""A text cell that starts with one of these is run as a formula by spreadsheets."""


def rows_csv(columns: Mapping[str, Sequence[object] | Float[np.ndarray, " m"] | Int[np.ndarray, " m"]]) -> str:
    """A table as CSV text, safe to open in a spreadsheet: text that would run as a formula gets a quote before it.

    Raises:
        InputError: the columns are not equally long.
    """
    lengths = {name: len(values) for name, values in columns.items()}
    if len(set(lengths.values())) > 1:
        raise InputError(f"csv: columns must be equally long; found {lengths}")
    text = io.StringIO()
    # Lines end as RFC 4180 says; the writer then quotes cells that hold either of the two characters.
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow([_cell(name) for name in columns])
    lists = [values.tolist() if isinstance(values, np.ndarray) else list(values) for values in columns.values()]
    writer.writerows([_cell(value) for value in row] for row in zip(*lists, strict=True))
    return text.getvalue()


def _cell(value: object) -> object:
    """Numbers as they are; text never as a formula."""
    if isinstance(value, str) and value.startswith(FORMULA_STARTS):
        return "'" + value
    return value
