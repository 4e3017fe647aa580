"""The commands on sweeps: wrong input in one line, and nothing is laid out by it."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from io import StringIO
from pathlib import Path

import pytest

from tests.cli.test_cli import tvae
from tvae.cli.parsing import main

ROOT = Path(__file__).parents[2]
SMALL = ("--data.name", "digits", "--model.hidden", "16", "--train.epochs", "1", "--train.batch-size", "32")
GRID = ("--margins", "0.2", "1", "--weights", "3", "10")


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("TVAE_RUNS", str(tmp_path / "runs"))
    return tmp_path / "runs"


def test_a_sweep_is_started_and_shown(folder, capsys):
    assert main(["sweep", "start", "grid", *SMALL, *GRID, "--seeds", "0", "1"]) == 0
    said = capsys.readouterr().out
    assert "grid: laid out; 4 cells, seeds 0, 1: 2 runs of 4 cells beside the VAE, on the same batches" in said
    assert "10% of the training images are held out to choose on" in said
    assert (folder / "sweeps.sqlite3").is_file()
    assert main(["sweep", "start", "grid", *SMALL, *GRID, "--seeds", "0", "1"]) == 0
    assert "grid: was laid out already" in capsys.readouterr().out
    assert main(["sweep", "show", "grid", "--margins", "0", "0.5", "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert shown["runs"] == {"done": 0, "running": 0, "waiting": 2, "failed": 0}
    assert [cell["arm"] for cell in shown["cells"]] == ["vae", "m0.2-w3", "m0.2-w10", "m1-w3", "m1-w10"]
    assert shown["cells"][1]["triplet_accuracy"]["0.5"] == {"mean": None, "sd": None, "by_seed": []}
    assert main(["sweep", "show", "grid"]) == 0
    assert "runs: 2 waiting" in capsys.readouterr().out


def test_the_ladder_that_ships_is_laid_out_by_one_command(capsys):
    assert main(["sweep", "start", "ladder", "--preset", "ladder", "--train.step", "fast", "--half"]) == 0
    assert "11 cells, seeds 0, 1, 2: 3 runs of 11 cells beside the VAE" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (("start", "grid", *SMALL), "margins: none, so there is no cell to train"),
        (("start", "grid", *SMALL, "--margins", "1", "--weights"), "weights"),
        (("start", "grid", *SMALL, "--margins", "1", "1", "--weights", "3"), "margins: 1 is there twice"),
        (("start", "grid", *SMALL, "--margins", "1", "--weights", "0", "3"), "weights: 0 is the VAE"),
        (("start", "grid", *SMALL, "--margins", "-1", "--weights", "3"), "margin"),
        (("start", "grid", *SMALL, *GRID, "--seeds", "1", "1"), "seeds: 1 is there twice"),
        (("start", "../grid", *SMALL, *GRID), "name: '../grid' is not possible"),
        (("start", "grid", *SMALL, *GRID, "--train.seed", "3"), "train.seed: a sweep has seeds; give them as --seeds"),
        (
            ("start", "grid", *SMALL, *GRID, "--loss.margin", "3"),
            "a sweep has many; give them as --margins",
        ),
        (("start", "grid", *SMALL, *GRID, "--loss.triplet-weight", "3"), "give them as --weights"),
        (("start", "grid", *SMALL, *GRID, "--arms.x.notion", "slant"), "--loss.notion is the notion of all"),
        (("start", "grid", *SMALL, *GRID, "--cells-a-run", "0"), "cells-a-run: 0 is not possible"),
        (("start", "grid", *SMALL, *GRID, "--heartbeat", "0"), "heartbeat: 0 is not possible"),
        (("start", "grid", *SMALL, *GRID, "--storage", "redis://h"), "JournalStorage is not taken"),
        (("start", "grid", *SMALL, *GRID, "--storage", "sqlite:////nowhere/x"), "unable to open database file"),
        (("start", "grid", *GRID, "--data.name", "nothing"), "nothing"),
        (("start", "grid", *SMALL, *GRID, "--train.batch-size", "5000"), "train.batch-size: 5000"),
        (("work", "grid"), "storage: there is no sweep in"),
        (("show", "grid"), "storage: there is no sweep in"),
        (("show", "grid", "--margins", "0.03"), "margins: accuracies are kept"),
        (("search", "grid", "--trials", "0"), "trials: 0 is not possible"),
        (("collect", "grid", "--results", "/nowhere"), "storage: there is no sweep in"),
        (("collect", "grid"), "results"),
        (("nothing",), "unknown command 'sweep nothing'"),
    ],
    ids=lambda value: "" if isinstance(value, str) else " ".join(value[-2:]),
)
def test_wrong_input_is_one_line_and_nothing_is_laid_out(folder, capsys, arguments, line):
    assert main(["sweep", *arguments]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert line in said.err and said.err.count("\n") == 1
    assert not (folder / "sweeps.sqlite3").exists()


MANY = ("--margins", *map(str, range(1, 1001)), "--weights", *map(str, range(1, 1001)))


def test_a_million_cells_are_asked_about(folder, capsys, monkeypatch):
    monkeypatch.setattr("sys.stdin", StringIO())
    assert main(["sweep", "start", "grid", *SMALL, *MANY]) == 2
    line = "3,000,000 trainings of an arm are many: 1,000 margins, 1,000 weights, 3 seeds; --yes lays them out"
    assert line in capsys.readouterr().err
    assert not (folder / "sweeps.sqlite3").exists()
    assert main(["sweep", "start", "grid", *SMALL, *MANY, "1001"]) == 2
    assert "3,003,000 trainings" in capsys.readouterr().err


@pytest.mark.parametrize("answer", ["n", "", "y"])
def test_a_person_at_a_terminal_is_asked(folder, capsys, monkeypatch, answer):
    ours, theirs = pty.openpty()
    os.write(ours, f"{answer}\n".encode())
    monkeypatch.setattr("tvae.sweeps.layout.MOST_UNASKED", 3)
    with os.fdopen(theirs, closefd=True) as terminal:
        monkeypatch.setattr("sys.stdin", terminal)
        status = main(["sweep", "start", "grid", *SMALL, *GRID, "--seeds", "0"])
    os.close(ours)
    said = capsys.readouterr().err
    assert "4 trainings of an arm are many: 2 margins, 2 weights, 1 seeds. Lay them out? [y/N]" in said
    assert (status, (folder / "sweeps.sqlite3").exists()) == ((0, True) if answer == "y" else (2, False))


def test_looking_at_commands_imports_no_optuna():
    script = "import sys, tvae.cli.parsing; print(*({'optuna', 'sqlalchemy', 'alembic'} & set(sys.modules)))"
    run = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert run.stdout.strip() == ""


def test_the_help_of_each_command_is_there():
    for command in ("start", "work", "show", "search", "collect"):
        assert tvae("sweep", command, "--help").returncode == 0
