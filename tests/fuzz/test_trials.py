"""A trial notices whatever gets through a reader; the command prints it and keeps the file."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fuzz import __main__ as command
from tests.fuzz.changes import changed_json
from tests.fuzz.readers import READERS
from tests.fuzz.trials import ABSENT, GENERATE, Reader, trial
from tvae.errors import InputError


def raises(error: Exception):
    def read(content: bytes) -> object:
        raise error

    return read


def busy(content: bytes) -> None:
    end = time.process_time() + 5.1
    while time.process_time() < end:
        pass


@pytest.mark.parametrize(
    ("read", "refused", "escaped"),
    [
        (lambda content: content, False, ""),
        (lambda content: ABSENT, True, ""),
        (raises(InputError("wrong")), True, ""),
        (raises(InputError("")), True, "an empty message"),
        (raises(OSError("two\nlines")), True, "a message with a control character"),
        (raises(OSError("x" * 10_000)), True, "a message of many characters"),
        (raises(KeyError("x")), False, "KeyError"),
        (raises(MemoryError()), False, "MemoryError"),
        (lambda content: bytearray(500 * 2**20).count(1), False, "more than 400 MB"),
        (busy, False, "more than 5 s of a processor"),
    ],
)
def test_what_gets_through_is_noticed(read, refused, escaped):
    outcome = trial(Reader("planted", st.binary(), read, (InputError, OSError)), b"")
    assert outcome.refused == refused
    assert outcome.escaped.startswith(escaped) and bool(outcome.escaped) == bool(escaped)


def test_the_command_prints_and_keeps_what_got_through(monkeypatch, tmp_path, capsys):
    planted = Reader("planted", st.just(b"odd"), raises(TypeError()))
    monkeypatch.setitem(READERS, "planted", lambda: planted)
    assert command.fuzz("planted", 0.001, tmp_path / "kept") > 0
    printed = capsys.readouterr().out
    assert "planted" in printed and "TypeError (tests/fuzz/test_trials.py" in printed
    assert [path.read_bytes() for path in (tmp_path / "kept").iterdir()] == [b"odd"]


def test_changes_leave_the_valid_value_as_it_is():
    plain = {"a": [1, {"b": "c"}], "d": None}

    @settings(GENERATE, max_examples=100, derandomize=True)
    @given(changed_json(plain))
    def change(content: bytes) -> None:
        assert content

    change()
    assert plain == {"a": [1, {"b": "c"}], "d": None}
