"""Columns that the rows of the maps are filtered by, in one or two bytes a row, and which rows pass."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from jaxtyping import Bool, Float, Float64, Integer, UInt8

from tvae.linked_map.payload import Blob, packed_blob

MISSING = 255
"""Code of a row without a number."""
FEWEST_NUMBERS = 13
"""Numbers or dates written as text are a range from so many different ones on; fewer are a value each."""
_BINS = 200
_CORE = 0.005, 0.995
"""Quantiles between which bins lie where a few numbers are far from all others."""
_FAR = 3
_DATE = re.compile(r"\d{4}-\d{2}(-\d{2})?")


@dataclass(frozen=True)
class Range:
    """Numbers that pass a filter, the ends counted in; `None` where an end is open."""

    low: float | None
    high: float | None


Filters = Mapping[str, Range | frozenset[int]]
"""Filters by the id of their column: a range of its numbers, or the numbers of its values."""


@dataclass(frozen=True, eq=False)
class RangeColumn:
    """A number for each row, in at most 250 bins of equal width."""

    id: str
    title: str
    unit: str
    colour: str
    """Colour of the arm whose number it is, as #rrggbb; empty where it is of both or of none."""
    edges: Float64[np.ndarray, " bins+1"]
    """Edges of the bins: multiples of 1, 2 or 5 times a power of ten, but the outermost bins reach to the ends of the
    numbers. A bin holds its lower edge."""
    decimals: int
    """Decimals of the edges."""
    whole: bool
    """Whether all numbers are whole: a range to 7 then ends before 8."""
    dates: bool
    """Whether the numbers are days since 1970-01-01."""
    codes: UInt8[np.ndarray, " n"]
    """Bin of each row; `MISSING` for a row without a number."""

    @property
    def bins(self) -> int:
        """Number of bins."""
        return len(self.edges) - 1

    def fits(self, wanted: Range | frozenset[int]) -> bool:
        """Whether it can be filtered by this."""
        return isinstance(wanted, Range)

    def bins_of(self, wanted: Range) -> tuple[int, int]:
        """First bin that passes, and the one after the last; those nearest to the range's ends."""
        inner = self.edges[1:-1]
        first, after = 0, self.bins
        if wanted.low is not None and wanted.low > self.edges[0]:
            first = 1 + int(np.abs(inner - wanted.low).argmin()) if len(inner) else 0
        if wanted.high is not None and wanted.high < self.edges[-1] - self.whole:
            after = 1 + int(np.abs(inner - wanted.high - self.whole).argmin()) if len(inner) else 1
        return first, max(first + 1, after)

    def range_of(self, first: int, after: int) -> Range:
        """The range from one bin to before another; `None` at an end that is the column's own."""
        low = None if first <= 0 else float(self.edges[first])
        high = None if after >= self.bins else float(self.edges[after]) - self.whole
        return Range(low, high)

    def passing(self, wanted: Range) -> Bool[np.ndarray, " n"]:
        """Rows whose number lies in the range; one without a number does not."""
        first, after = self.bins_of(wanted)
        return (self.codes >= first) & (self.codes < after)


@dataclass(frozen=True, eq=False)
class ValueColumn:
    """One of some values for each row."""

    id: str
    title: str
    values: tuple[str, ...]
    codes: Integer[np.ndarray, " n"]
    """Number of each row's value."""

    def fits(self, wanted: Range | frozenset[int]) -> bool:
        """Whether it can be filtered by this."""
        return isinstance(wanted, frozenset) and bool(wanted) and max(wanted) < len(self.values)

    def passing(self, wanted: frozenset[int]) -> Bool[np.ndarray, " n"]:
        """Rows that have one of these values."""
        return np.isin(self.codes, list(wanted))


FilterColumn = RangeColumn | ValueColumn


def range_column(
    name: str,
    title: str,
    numbers: Float[np.ndarray, " n"],
    *,
    unit: str = "",
    colour: str = "",
    dates: bool = False,
) -> RangeColumn | None:
    """A column of numbers; None where all are the same or missing, so that there is nothing to filter by.

    Args:
        numbers: of each row; what is not finite is missing.
    """
    numbers = numbers.astype(np.float64)
    is_number = np.isfinite(numbers)
    finite = numbers[is_number]
    if len(finite) == 0 or finite.min() == finite.max():
        return None
    low, high = float(finite.min()), float(finite.max())
    whole = bool((finite == np.rint(finite)).all())
    core = [float(end) for end in np.quantile(finite, _CORE)]
    if not 0 < core[1] - core[0] < (high - low) / _FAR:
        core = [low, high]
    step, decimals = _nice_step((core[1] - core[0]) / _BINS, whole)
    first, after = math.floor(core[0] / step + 1e-9), math.ceil(core[1] / step - 1e-9)
    after = max(first + 1, math.floor(core[1] / step) + 1 if whole else after)
    edges = np.round(np.arange(first, after + 1) * step, decimals)
    edges[0], edges[-1] = low, high + whole
    codes = np.full(len(numbers), MISSING, np.uint8)
    # A float32 of 0.7 lies below 0.7: rounded, a number is in the bin that its text says.
    codes[is_number] = np.searchsorted(edges[1:-1], np.round(finite, decimals + 3), side="right")
    return RangeColumn(name, title, unit, colour, edges, decimals, whole, dates, codes)


def _nice_step(least: float, whole: bool) -> tuple[float, int]:
    """The smallest 1, 2 or 5 times a power of ten that is not below `least`, and its decimals."""
    if whole and least <= 1:
        return 1.0, 0
    power = math.floor(math.log10(least))
    factor = next(f for f in (1, 2, 5, 10) if f * 10.0**power >= least * (1 - 1e-9))
    if factor == 10:
        factor, power = 1, power + 1
    return factor * 10.0**power, max(0, -power)


def value_column(
    name: str, title: str, values: tuple[str, ...], codes: Integer[np.ndarray, " n"], *, missing: str = ""
) -> FilterColumn | None:
    """A column of values; a range where they are many numbers or dates, None where all rows have the same.

    Args:
        values: text of each value.
        codes: number of each row's value.
        missing: the value that stands for none.
    """
    present = np.unique(codes)
    if len(present) < 2:
        return None
    texts = [values[code] for code in present]
    for read, dates in ((_number, False), (_day, True)):
        numbers = [math.nan if text == missing else read(text) for text in texts]
        if len(set(numbers)) >= FEWEST_NUMBERS and None not in numbers:
            by_code = np.full(len(values), np.nan)
            by_code[present] = np.array(numbers, np.float64)
            return range_column(name, title, by_code[codes], dates=dates)
    return ValueColumn(name, title, values, codes.astype("<u2" if len(values) > 256 else "u1"))


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _day(text: str) -> float | None:
    """Days from 1970-01-01 to a day or the first of a month, as 2026-11-27 or 2026-11."""
    if not _DATE.fullmatch(text):
        return None
    try:
        return float(date.fromisoformat(text if len(text) == 10 else f"{text}-01").toordinal() - _EPOCH)
    except ValueError:
        return None


_EPOCH = date(1970, 1, 1).toordinal()


def passing_rows(columns: Sequence[FilterColumn], filters: Filters, n: int) -> Bool[np.ndarray, " n"]:
    """Rows that pass all filters; a filter by a column that isn't there lets all pass."""
    passing = np.ones(n, dtype=bool)
    for column in columns:
        match column, filters.get(column.id):
            case RangeColumn(), Range() as wanted:
                passing &= column.passing(wanted)
            case ValueColumn(), frozenset() as wanted:
                passing &= column.passing(wanted)
    return passing


def settings_of_filters(columns: Sequence[FilterColumn], filters: Filters) -> dict[str, list[int]]:
    """The filters as the browser code reads them: first bin and the one after the last, or the numbers of values."""
    settings = {}
    for column in columns:
        match column, filters.get(column.id):
            case RangeColumn(), Range() as wanted:
                settings[column.id] = list(column.bins_of(wanted))
            case ValueColumn(), frozenset() as wanted:
                settings[column.id] = sorted(wanted)
    return settings


def filters_of_settings(columns: Sequence[FilterColumn], settings: object) -> Filters:
    """The filters that `settings_of_filters` wrote. What comes from a browser may be anything: the rest is left out."""
    filters: dict[str, Range | frozenset[int]] = {}
    for column in columns:
        numbers = settings.get(column.id) if isinstance(settings, dict) else None
        if not isinstance(numbers, list) or not numbers or not all(isinstance(number, int) for number in numbers):
            continue
        if isinstance(column, ValueColumn):
            if column.fits(chosen := frozenset(numbers)) and min(numbers) >= 0:
                filters[column.id] = chosen
        elif len(numbers) == 2 and 0 <= numbers[0] < numbers[1] <= column.bins:
            filters[column.id] = column.range_of(*numbers)
    return filters


def columns_blob(columns: Sequence[FilterColumn]) -> Blob:
    """The columns one after the other: one byte a row, two where a column has more than 256 values."""
    headers = [_header(column) for column in columns]
    # The ones with two bytes a row come first: they need to start at an even place.
    order = sorted(range(len(columns)), key=lambda at: -columns[at].codes.dtype.itemsize)
    start = 0
    for at in order:
        headers[at]["start"], start = start, start + columns[at].codes.nbytes
    return packed_blob({"kind": "columns", "columns": headers}, b"".join(columns[at].codes.tobytes() for at in order))


def _header(column: FilterColumn) -> dict[str, object]:
    header: dict[str, object] = {"id": column.id, "title": column.title, "bytes": column.codes.dtype.itemsize}
    if isinstance(column, ValueColumn):
        return {**header, "values": list(column.values)}
    fields = {name: getattr(column, name) for name in ("unit", "colour", "decimals", "whole", "dates")}
    return {**header, **fields, "edges": column.edges.tolist()}
