"""Filters of the maps' rows as URL text, and back."""

from __future__ import annotations

import pytest

from tvae.linked_map.filter_columns import Range
from tvae.ui.address.map_filters import LONGEST, filters_from_address, filters_to_address, numbers_from_text


def test_filters_come_back_from_their_text():
    filters = {
        "change": Range(0.2, 0.85),
        "error-left": Range(None, 12.5),
        "wrong": frozenset({1, 2, 3, 7}),
        "own-Farbe: ~rot_1": Range(-3.0, None),
    }
    text = filters_to_address(filters)
    assert text is not None and text.startswith("change:0.2_0.85~error-left:_12.5~wrong:1-3.7~")
    assert filters_from_address(text) == (filters, [])
    assert filters_to_address({}) == "" and filters_from_address("") == ({}, [])


@pytest.mark.parametrize(
    "piece",
    ["x", "change", "change:", "change:_", "change:a_b", "change:1_2_3", "change:9_1", "change:nan_1", "change:_inf",
     ":1_2", "wrong:x", "wrong:1-", "wrong:0-99999999", "wrong:1..2"],
)  # fmt: skip
def test_what_names_no_filter_is_left_out_and_told(piece):
    assert filters_from_address(f"{piece}~wrong:1") == ({"wrong": frozenset({1})}, [piece])


def test_text_that_is_too_long_is_none():
    assert filters_to_address({f"own-{i}": Range(i, i + 1) for i in range(LONGEST // 8)}) is None


def test_numbers_that_would_be_too_many_are_none():
    assert numbers_from_text("0-9999999") is None
    assert numbers_from_text("3-1") == frozenset()
