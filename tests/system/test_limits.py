"""The file of limits: defaults, the host's own lines, wrong values in one line, and a change without a start anew."""

from __future__ import annotations

import dataclasses
import tomllib

import pytest

from tvae.errors import InputError
from tvae.system.limits import DEFAULTS, SETTING, Limits, limits


@pytest.fixture
def file(tmp_path, monkeypatch):
    """The file that the host writes."""
    monkeypatch.setenv(SETTING, str(tmp_path / "own.toml"))
    return tmp_path / "own.toml"


def test_the_defaults_are_all_in_the_commented_file(tmp_path, monkeypatch):
    monkeypatch.delenv(SETTING, raising=False)
    monkeypatch.setenv("TVAE_RUNS", str(tmp_path))
    lines = DEFAULTS.read_text().splitlines()
    values = tomllib.loads("\n".join(lines))
    assert [entry.name for entry in dataclasses.fields(Limits)] == list(values)
    assert dataclasses.asdict(limits()) == values
    assert all(lines[place - 1].startswith("# ") for place, line in enumerate(lines) if " = " in line)


def test_the_hosts_lines_take_the_place_of_the_defaults_at_once(file):
    file.write_text("person_runs = 3")
    assert (limits().person_runs, limits().images) == (3, 1_000_000)
    file.write_text("person_runs = 4\nimages = 5")
    assert (limits().person_runs, limits().images) == (4, 5)


def test_it_may_lie_in_the_folder_of_runs(tmp_path, monkeypatch):
    monkeypatch.delenv(SETTING, raising=False)
    monkeypatch.setenv("TVAE_RUNS", str(tmp_path))
    (tmp_path / "limits.toml").write_text("run_arms = 2")
    assert limits().run_arms == 2


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("person_runs = 0", "person_runs: 0 is not possible; it must be a whole number of at least 1"),
        ("person_runs = -1", "person_runs: -1 is not possible"),
        ("person_runs = 1.5", "person_runs: 1.5 is not possible"),
        ("person_runs = true", "person_runs: True is not possible"),
        ("person_runs = 'many'", "person_runs: 'many' is not possible"),
        ("run_arms = 65", "run_arms: 65 is not possible; it must be a whole number from 1 to 64"),
        ("peson_runs = 3", "peson_runs is no limit; known are person_runs, server_runs"),
        ("[person]\nruns = 3", "person is no limit"),
        ("person_runs =", "no TOML"),
        ("a" * 2**17, "65,536"),
        (b"\xff", "no TOML"),
        (f"person_runs = {'9' * 5_000}", "no TOML"),
        ("a = " + "[" * 50_000, "no TOML"),
    ],
)
def test_wrong_values_are_refused_in_one_line_that_names_the_file(file, content, message):
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(InputError) as refused:
        limits()
    line = str(refused.value)
    assert message in line and "own.toml" in line and "\n" not in line


def test_a_named_file_that_is_missing_is_no_default(file):
    with pytest.raises(InputError, match="can't be read"):
        limits()
    file.mkdir()
    with pytest.raises(InputError, match="not a file"):
        limits()
