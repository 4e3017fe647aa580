"""Messages of errors as a page shows them, without folders and commands of the server."""

from __future__ import annotations

import errno

import pytest

from tvae.errors import InputError
from tvae.ui.style.reasons import reason_of


@pytest.mark.parametrize(
    ("text", "on_page"),
    [
        ("/srv/runs/a/config.json: not an object", "config.json: not an object"),
        ("a file in ~/.cache/tvae/mnist, and 'x' in '/data/y z'", "a file in mnist, and 'x' in 'y z'"),
        ("https://a.org/a/b and/or 3 / 4 of D(a)/D(b)", "https://a.org/a/b and/or 3 / 4 of D(a)/D(b)"),
        ("margin: -1 is not possible", "margin: -1 is not possible"),
    ],
)  # fmt: skip
def test_of_a_path_the_last_part_is_left(text, on_page):
    assert reason_of(InputError(text)) == on_page
    assert reason_of(text) == on_page


def test_folders_of_the_app_are_left_out_whatever_is_in_their_names(monkeypatch, tmp_path):
    monkeypatch.setenv("TVAE_RUNS", str(tmp_path / "my own runs"))
    assert reason_of(InputError(f"{tmp_path}/my own runs/a: holds no config.json")) == "a: holds no config.json"


def test_an_error_of_the_system_says_the_file_and_why():
    assert (
        reason_of(OSError(errno.ENOSPC, "No space left on device", "/srv/runs/a.npz"))
        == "a.npz: No space left on device"
    )
    assert reason_of(OSError("plain")) == "plain"


def test_what_helps_at_a_terminal_is_a_note_that_no_page_shows():
    error = InputError("unknown data set 'x'", at_terminal="`python -m tvae data list` names your own")
    assert reason_of(error) == "unknown data set 'x'"
    assert error.__notes__ == ["`python -m tvae data list` names your own"]
