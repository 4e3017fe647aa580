"""CSV tables: cells that look like formulas are quoted, and numbers are rounded by their type."""

import csv
import io

import numpy as np
import pytest

from tvae.errors import InputError
from tvae.system.csv_table import further_rows_csv, rows_csv


@pytest.mark.parametrize(
    "text", ["=1+1", "+1", "-1", "@sum", "\tx", "\r", '=HYPERLINK("http://a","b")', " =1+1", "\uff1d1+1", "\uff0d1"]
)
def test_no_text_is_a_formula(text: str) -> None:
    table = list(csv.reader(io.StringIO(rows_csv({text: ["a"], "class": [text]}), newline="")))
    assert table == [["'" + text, "class"], ["a", "'" + text]]


def test_a_line_end_inside_a_cell_starts_no_row() -> None:
    table = list(csv.reader(io.StringIO(rows_csv({"class": ["a\r=1+1", "b\n=1+1"]}), newline="")))
    assert table == [["class"], ["a\r'=1+1"], ["b\n'=1+1"]]


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ("a;=1+1", "a;'=1+1"),
        ("a; =b; -c", "a;' =b;' -c"),
        ("a\t@b", "a\t'@b"),
        ("\r=x", "'\r'=x"),
        ("\n\n+x", "'\n'\n'+x"),
    ],
)
def test_no_formula_begins_where_some_spreadsheets_end_a_cell(text, safe) -> None:
    (_, (cell,)) = csv.reader(io.StringIO(rows_csv({"class": [text]}), newline=""))
    assert cell == safe


def test_numbers_and_plain_text_stay_as_they_are() -> None:
    text = rows_csv({"row": np.array([3, 1]), "change": np.array([-0.5, 0.25]), "class": ['a, "b"', "ü"]})
    assert text == 'row,change,class\r\n3,-0.5,"a, ""b"""\r\n1,0.25,ü\r\n'
    with pytest.raises(InputError, match="equally long"):
        rows_csv({"a": [1], "b": []})


@pytest.mark.parametrize(
    ("values", "cells"),
    [
        (np.array([0.1, 12.345678, -1e-9, 3e8], np.float32), ["0.1", "12.3457", "-1e-09", "300000000.0"]),
        ([np.float32(2.7), np.float32(-0.0), ""], ["2.7", "0.0", ""]),
        (np.array([0.1, 2.5], np.float16), ["0.1", "2.5"]),
        (np.array([0.1 + 0.2, 1 / 3]), ["0.3", "0.3333333333"]),
        ([0.1 + 0.2, 75.0, 2], ["0.3", "75.0", "2"]),
        (np.array([2**40, -3]), ["1099511627776", "-3"]),
        ([float("nan"), np.float32("inf")], ["nan", "inf"]),
    ],
)
def test_numbers_have_the_digits_that_their_type_holds(values, cells):
    assert [row[0] for row in csv.reader(io.StringIO(rows_csv({"x": values})))][1:] == cells


def test_further_rows_go_on_where_the_table_ended() -> None:
    whole = rows_csv({"name": ["a", "=b", "c"], "value": [1.5, 2.5, 3.5]})
    assert (
        rows_csv({"name": ["a"], "value": [1.5]}) + further_rows_csv({"name": ["=b", "c"], "value": [2.5, 3.5]})
        == whole
    )
