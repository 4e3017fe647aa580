"""The checks of numbers and choices: values that pass, and the message that refuses others."""

import math

import numpy as np
import pytest

from tvae.errors import LONGEST_MESSAGE, InputError, require, require_choice, require_int, require_real, require_schema


@pytest.mark.parametrize("value", [2, 7, np.int64(3), np.uint8(4)])
def test_whole_numbers_within_the_range_pass(value):
    require_int("k", value, 2, 7)
    require_int("k", value, 2)


@pytest.mark.parametrize("value", [1, 8, 2.0, True, np.True_, "3", None, math.nan, np.float64(3)])
def test_anything_else_is_no_whole_number_of_the_range(value):
    with pytest.raises(InputError, match=r"^k: .* is not possible; it must be a whole number from 2 to 7$"):
        require_int("k", value, 2, 7)


def test_a_whole_number_without_an_upper_end():
    require_int("seed", 2**70, 0)
    with pytest.raises(InputError) as refused:
        require_int("seed", np.int64(-1), 0)
    assert str(refused.value) == "seed: -1 is not possible; it must be a whole number of at least 0"


@pytest.mark.parametrize("value", [0, 0.5, 1, np.float32(0.25), np.int64(1)])
def test_numbers_within_the_range_pass(value):
    require_real("share", value, 0, 1)
    require_real("share", value, 0)


@pytest.mark.parametrize(
    "value", [-0.001, 1.001, 10**400, math.nan, math.inf, -math.inf, True, "0.5", None, np.float64(2)]
)
def test_anything_else_is_no_number_of_the_range(value):
    with pytest.raises(InputError, match=r"^share: .* is not possible; it must be a finite number from 0 to 1$"):
        require_real("share", value, 0, 1)


def test_a_number_without_an_upper_end():
    require_real("margin", 1e300, 0)
    with pytest.raises(InputError) as refused:
        require_real("margin", np.float64(-2), 0)
    assert str(refused.value) == "margin: -2.0 is not possible; it must be a finite number of at least 0"
    with pytest.raises(InputError):
        require_real("margin", math.inf, 0)


def test_a_choice_is_one_of_those_named():
    require_choice("split", "test", ("train", "test"))
    with pytest.raises(InputError) as refused:
        require_choice("split", "dev", ("train", "test"))
    assert str(refused.value) == "split: 'dev' is not possible; it must be one of train, test"


def test_a_condition_names_the_value_and_what_is_right():
    require(True, "name", "", "anything")
    with pytest.raises(InputError) as refused:
        require(False, "name", "", "the name of a data set")
    assert str(refused.value) == "name: '' is not possible; it must be the name of a data set"


@pytest.mark.parametrize("number", [10**400, -(10**400), 10**5_000], ids=["401", "below", "5001"])
def test_a_number_of_very_many_digits_is_refused_without_being_written_out(number):
    for check in (require_real, require_int):
        with pytest.raises(InputError, match=r"^margin: a number of that many digits is not possible") as caught:
            check("margin", number, 0, 10)
        assert len(str(caught.value)) < 130
    with pytest.raises(InputError, match="a finite number of at least 0"):
        require_real("margin", number, 0)


def test_a_schema_is_the_one_that_is_read_an_older_or_a_newer():
    require_schema(1, 1, "file")
    with pytest.raises(InputError, match="file: schema version 2 is that of a newer version of this program"):
        require_schema(2, 1, "file")
    for other in (0, None, True, "1", 1.0, []):
        with pytest.raises(InputError, match=r"file: schema version .*; this program reads version 1"):
            require_schema(other, 1, "file")


@pytest.mark.parametrize(
    ("message", "shown"),
    [
        ("two\nlines", "two\\nlines"),
        ("a\u2028b", "a\\u2028b"),
        ("\x1b[31mred", "\\x1b[31mred"),
        ("\u202egnp.exe", "\\u202egnp.exe"),
        ("\ud800", "\\ud800"),
        ("👩‍👩‍👧‍👦 ä", "👩‍👩‍👧‍👦 ä"),
    ],
)
def test_a_message_is_one_line_whatever_it_repeats(message, shown):
    assert str(InputError(message)) == shown


def test_a_message_is_cut_and_a_long_value_in_it_too():
    assert len(str(InputError("x" * 10**6))) == LONGEST_MESSAGE
    with pytest.raises(InputError) as refused:
        require(False, "name", "x" * 10**6, "short")
    assert str(refused.value).endswith("is not possible; it must be short") and len(str(refused.value)) < 200
