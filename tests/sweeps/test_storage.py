"""Storage: each refusal in one line, without a password."""

from __future__ import annotations

import sqlite3

import pytest

from tests.sweeps.conftest import small_plan
from tvae.errors import InputError
from tvae.jobs.jobs import Jobs
from tvae.sweeps.study import Sweep
from tvae.sweeps.work import Worker


def refusal(url, runs, **options):
    with pytest.raises(InputError) as refused:
        Sweep.open("grid", url, runs, **options)
    line = str(refused.value)
    assert "\n" not in line and "secret" not in line
    return line


@pytest.mark.parametrize("url", ["redis://h", "journal.log", "file.journal", "journal:///x", "journalfile://x"])
def test_a_journal_is_refused_with_the_reason(runs, url):
    assert "the cell of a killed worker stays running for ever" in refusal(url, runs)


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("sweeps.sqlite3", "is no URL of a database"),
        ("sqlite://", "in memory is gone"),
        ("sqlite:///:memory:", "in memory is gone"),
        ("oracle://secret@h/x", "'oracle' is not possible"),
        ("nonsense://x", "nonsense"),
        ("postgresql://u:secret@h:port/x", "can't be read"),
    ],
)
def test_what_is_no_storage_is_refused(runs, url, words):
    assert words in refusal(url, runs)


def test_a_server_that_can_t_be_reached_is_refused(runs):
    pytest.importorskip("psycopg")
    line = refusal("postgresql://u:secret@127.0.0.1:1/x", runs)
    assert "postgresql://u:***@127.0.0.1:1/x can't be used" in line
    assert "Connection refused" in line


def test_a_driver_that_is_missing_is_named(runs, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "pymysql", None)
    monkeypatch.setitem(__import__("sys").modules, "MySQLdb", None)
    assert "mysql needs a driver: pip install pymysql" in refusal("mysql://u:secret@127.0.0.1/x", runs)


def test_a_file_that_is_not_there_is_not_made_by_looking(runs, url, tmp_path):
    assert "there is no sweep in" in refusal(url, runs)
    assert not (tmp_path / "storage.sqlite3").exists()
    sqlite3.connect(tmp_path / "storage.sqlite3").close()
    assert "there is no sweep in" in refusal(url, runs)


def test_a_folder_that_is_not_there_is_refused(runs, tmp_path):
    with pytest.raises(InputError, match="unable to open database file"):
        Sweep.start("grid", small_plan(), f"sqlite:///{tmp_path / 'nowhere' / 'x.sqlite3'}", runs)


def test_a_storage_that_is_read_only_is_shown_and_not_written(runs, url, start, tmp_path):
    start()
    read_only = f"sqlite:///file:{tmp_path / 'storage.sqlite3'}?mode=ro&uri=true"
    sweep = Sweep.open("grid", read_only, runs)
    assert len(sweep.states()) == 4
    sweep.close()
    with pytest.raises(InputError, match="readonly database"):
        Sweep.start("other", small_plan(), read_only, runs)
    sweep = Sweep.open("grid", read_only, runs, to_work=True)
    with pytest.raises(InputError, match="readonly database"):
        Worker(sweep, Jobs(runs)).work()
    sweep.close()


def test_another_version_of_optuna_is_refused(runs, url, start, tmp_path):
    start().close()
    with sqlite3.connect(tmp_path / "storage.sqlite3") as database:
        database.execute("UPDATE alembic_version SET version_num = 'v99.0.0.a'")
        database.execute("UPDATE version_info SET library_version = '99.0.0'")
    line = refusal(url, runs)
    assert "another version of Optuna" in line and "99.0.0" in line


def test_a_sweep_of_no_name_or_of_another_program_is_refused(runs, url, start):
    import optuna

    start()
    optuna.create_study(storage=url, study_name="theirs")
    with pytest.raises(InputError, match="no sweep 'nothing'; there are grid, theirs"):
        Sweep.open("nothing", url, runs)
    with pytest.raises(InputError, match="a study of another program"):
        Sweep.open("theirs", url, runs)
