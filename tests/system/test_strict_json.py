import json
import time
from dataclasses import dataclass
from typing import Any, TypedDict

import pytest

from tvae.errors import InputError
from tvae.system.strict_json import Count, Line, Number, Sha256, checked, read_json, read_json_file

WORDS = ["", "{", "[1,]", "NaN", '{"a": Infinity}', '{"a": -Infinity}', "[" * 100_000]
NUMBERS = ["1" * 5_000, '{"a": -' + "9" * 401 + "}", "1e999", '[{"b": -1e400}]']


@pytest.mark.parametrize("text", [*WORDS, *NUMBERS, '{"a": 1, "a": 1}', '[{"b": {"c": 1, "d": 2, "c": 3}}]', b"\xff"])
def test_what_is_not_strict_json_is_refused_in_one_line(text):
    with pytest.raises(InputError, match=r"^file: ") as refused:
        read_json(text, "file")
    assert len(str(refused.value)) < 200 and "\n" not in str(refused.value)


def test_what_json_has_is_read():
    plain = {"a": [1, -2.5, 1e300, 2**63 - 1], "b": None, "ä": {"c": True}}
    assert read_json(json.dumps(plain), "file") == plain
    assert read_json(json.dumps(plain).encode(), "file") == plain


@dataclass(frozen=True, kw_only=True)
class Part:
    n: Count
    name: Line
    key: Sha256 | None = None
    numbers: tuple[Number, ...] = ()


class Whole(TypedDict):
    parts: list[Part]


def test_plain_values_become_what_the_type_says():
    assert checked({"parts": [{"n": 1, "name": "ä 👩‍🔬", "numbers": [1, 2.5]}]}, Whole, "file") == {
        "parts": [Part(n=1, name="ä 👩‍🔬", numbers=(1.0, 2.5))]
    }


@pytest.mark.parametrize(
    ("part", "said"),
    [
        ({}, "missing required field n"),
        ({"n": "1", "name": ""}, "n: Expected int, got str"),
        ({"n": True, "name": ""}, "n: Expected int, got bool"),
        ({"n": 1.5, "name": ""}, "n: Expected int, got float"),
        ({"n": None, "name": ""}, "n: Expected int, got null"),
        ({"n": 0, "name": ""}, "n: Expected int >= 1"),
        ({"n": 10**19, "name": ""}, "n: Expected int"),
        ({"n": 1, "name": "a\nb"}, "name: Expected str matching"),
        ({"n": 1, "name": "a" * 501}, "name: Expected str of length <= 500"),
        ({"n": 1, "name": "", "key": "a" * 63}, "key: Expected str"),
        ({"n": 1, "name": "", "numbers": ["1"]}, "numbers[0]: Expected float, got str"),
        ([], "Expected object, got array"),
    ],
)
def test_another_type_or_range_is_refused_by_the_name_of_the_field(part, said, tmp_path):
    (tmp_path / "file.json").write_text(json.dumps({"parts": [part]}))
    with pytest.raises(InputError) as refused:
        read_json_file(tmp_path / "file.json", Whole, 10_000)
    assert said in str(refused.value) and str(tmp_path / "file.json: parts[0]") in str(refused.value)
    assert "\n" not in str(refused.value)


def test_nesting_that_can_be_read_and_not_be_held_against_a_type_is_refused_in_one_line():
    for depth in range(100, 1_000, 50):
        try:
            checked(read_json('{"a":' * depth + "1" + "}" * depth, "file"), dict[str, Any], "file")
        except InputError as error:
            assert str(error) == "file: nested too deeply to be one of our files"


def test_one_name_twice_among_very_many_is_found_at_once():
    names = ",".join(f'"{number}": 0' for number in range(200_000))
    began = time.process_time()
    with pytest.raises(InputError, match="'199999' is there twice"):
        read_json(f'{{{names}, "199999": 1}}', "file")
    assert time.process_time() - began < 5


def test_an_unknown_field_is_refused_at_any_depth():
    with pytest.raises(InputError, match="file: unknown field 'more'"):
        checked({"parts": [{"n": 1, "name": ""}, {"n": 1, "name": "", "more": 1}]}, Whole, "file")


@pytest.mark.parametrize("text", ['"\\ud800"', '["a\\uDC00"]', '{"\\udfff": 1}', '{"a": ["\\ud83d"]}'])
def test_half_of_a_character_is_refused_unless_it_may_be_there(text):
    with pytest.raises(InputError, match=r"^file: holds half of a character$"):
        read_json(text, "file")
    assert read_json(text, "file", halves=True) == json.loads(text)


def test_two_halves_are_a_character():
    assert read_json(b'["\\ud83d\\ude00", "\\\\ud800"]', "file") == ["😀", "\\ud800"]


def test_half_of_a_character_where_something_else_should_be_is_refused():
    with pytest.raises(InputError, match=r"^file: holds half of a character$"):
        checked("\ud800", dict[str, int], "file")
