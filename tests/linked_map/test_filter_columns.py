"""Columns that the maps' rows are filtered by: bins, values, which rows pass."""

from __future__ import annotations

import json
from datetime import date

import numpy as np
import pytest

from tvae.linked_map.filter_columns import (
    MISSING,
    Range,
    RangeColumn,
    ValueColumn,
    columns_blob,
    filters_of_settings,
    passing_rows,
    range_column,
    settings_of_filters,
    value_column,
)

RANDOM = np.random.default_rng(5)
NUMBERS = {
    "errors": RANDOM.gamma(2, 5, 3000).astype(np.float32),
    "shares": (RANDOM.integers(0, 21, 3000) / 20).astype(np.float32),  # a float32 of 0.7 lies below 0.7
    "far": np.r_[RANDOM.normal(size=2990), np.full(10, 1e6)],
    "whole": RANDOM.integers(-3, 40, 3000).astype(np.float64),
    "many whole": RANDOM.integers(0, 100_000, 3000).astype(np.float64),
    "mostly one": np.r_[np.zeros(2999), 0.3],
}


def column(numbers: np.ndarray) -> RangeColumn:
    made = range_column("a", "A", numbers)
    assert made is not None
    return made


@pytest.mark.parametrize("name", NUMBERS)
def test_a_range_of_bins_holds_the_numbers_between_its_edges(name: str) -> None:
    numbers = NUMBERS[name]
    made = column(numbers)
    assert 1 < made.bins <= 250
    exact = np.round(numbers.astype(np.float64), made.decimals + 3)
    for first, after in ((0, made.bins), (0, 1), (1, made.bins), (made.bins // 3, 2 * made.bins // 3 + 1)):
        wanted = made.range_of(first, after)
        assert made.bins_of(wanted) == (first, after)
        low = -np.inf if wanted.low is None else wanted.low
        in_range = (exact >= low) & (exact < made.edges[after] if after < made.bins else True)
        np.testing.assert_array_equal(made.passing(wanted), in_range)


def test_most_bins_are_in_use_where_a_few_numbers_are_far_off() -> None:
    assert len(np.unique(column(NUMBERS["far"]).codes)) > 90


def test_the_upper_end_of_whole_numbers_counts_in() -> None:
    made = column(NUMBERS["whole"])
    np.testing.assert_array_equal(made.passing(Range(3, 7)), (NUMBERS["whole"] >= 3) & (NUMBERS["whole"] <= 7))
    assert made.range_of(*made.bins_of(Range(3, 7))) == Range(3, 7)


def test_a_row_without_a_number_passes_no_range() -> None:
    made = column(np.array([1, np.nan, 2, np.inf, 3]))
    assert made.codes[[1, 3]].tolist() == [MISSING, MISSING]
    assert made.passing(Range(None, 2)).tolist() == [True, False, True, False, False]
    assert passing_rows([made], {}, 5).all()


@pytest.mark.parametrize("numbers", [np.full(4, 2.5), np.full(4, np.nan), np.array([np.nan, 1, 1, np.nan])])
def test_nothing_can_be_filtered_by_one_number_or_none(numbers: np.ndarray) -> None:
    assert range_column("a", "A", numbers) is None


def test_many_numbers_as_text_are_a_range_and_few_are_values() -> None:
    texts = tuple(str(number) for number in range(20))
    codes = np.arange(60) % 20
    many, few = value_column("a", "A", texts, codes), value_column("a", "A", texts, codes % 5)
    assert isinstance(many, RangeColumn) and isinstance(few, ValueColumn)
    np.testing.assert_array_equal(many.passing(Range(5, 9)), (codes >= 5) & (codes <= 9))
    with_none = value_column("a", "A", (*texts, "(none)"), np.r_[codes, 20], missing="(none)")
    assert isinstance(with_none, RangeColumn) and with_none.codes[-1] == MISSING
    assert isinstance(value_column("a", "A", (*texts, "many"), np.r_[codes, 20]), ValueColumn)


def test_dates_as_text_are_a_range_of_days() -> None:
    days = tuple(f"2024-02-{day:02d}" for day in range(1, 30))
    made = value_column("a", "A", days, np.arange(29))
    assert isinstance(made, RangeColumn) and made.dates and made.whole
    assert date.fromordinal(int(made.edges[0]) + date(1970, 1, 1).toordinal()) == date(2024, 2, 1)
    months = value_column("a", "A", tuple(f"20{10 + m // 12}-{m % 12 + 1:02d}" for m in range(24)), np.arange(24))
    assert isinstance(months, RangeColumn) and months.dates
    wrong = tuple(f"2024-02-{day:02d}" for day in range(1, 32))  # no such days: they are text
    assert isinstance(value_column("a", "A", wrong, np.arange(31)), ValueColumn)


def test_a_column_of_a_thousand_values_takes_two_bytes_a_row_and_a_boolean_one() -> None:
    many = value_column("m", "M", tuple(f"name {i}" for i in range(1000)), np.arange(3000) % 1000)
    boolean = value_column("b", "B", ("False", "True"), np.arange(3000) % 2)
    assert isinstance(many, ValueColumn) and isinstance(boolean, ValueColumn)
    assert (many.codes.itemsize, boolean.codes.itemsize) == (2, 1)
    np.testing.assert_array_equal(many.passing(frozenset({3, 999})), np.isin(np.arange(3000) % 1000, [3, 999]))
    assert value_column("c", "C", ("a", "b"), np.zeros(5, np.int64)) is None


def test_the_filters_travel_to_the_browser_and_back() -> None:
    columns = [column(NUMBERS["errors"]), ValueColumn("v", "V", ("x", "y", "z"), np.arange(3000) % 3)]
    made = columns[0]
    assert isinstance(made, RangeColumn)
    filters = {"a": made.range_of(3, 9), "v": frozenset({0, 2})}
    settings = settings_of_filters(columns, filters)
    assert settings == {"a": [3, 9], "v": [0, 2]}
    assert filters_of_settings(columns, json.loads(json.dumps(settings))) == filters
    for nonsense in (None, [], {"a": "x"}, {"a": [9, 3]}, {"a": [0, 10_000]}, {"v": [7]}, {"v": [-1]}, {"w": [1]}):
        assert filters_of_settings(columns, nonsense) == {}
    expected = made.passing(filters["a"]) & (np.arange(3000) % 3 != 1)
    np.testing.assert_array_equal(passing_rows(columns, filters, 3000), expected)


def test_the_block_has_a_byte_a_row_and_column_two_where_there_are_many_values() -> None:
    rows = np.arange(10_000)
    many = ValueColumn("m", "M", tuple(map(str, range(300))), (rows % 300).astype("<u2"))
    few = ValueColumn("f", "F", ("x", "y"), (rows % 2).astype(np.uint8))
    blob = columns_blob([few, many])
    size = int.from_bytes(blob.data[:4], "little")
    header, body = json.loads(blob.data[4 : 4 + size]), blob.data[4 + size :]
    assert len(body) == 30_000
    first, second = header["columns"]
    assert (first["id"], second["id"], second["start"]) == ("f", "m", 0)
    np.testing.assert_array_equal(np.frombuffer(body, np.uint8, 10_000, first["start"]), few.codes)
    np.testing.assert_array_equal(np.frombuffer(body, "<u2", 10_000, second["start"]), many.codes)
