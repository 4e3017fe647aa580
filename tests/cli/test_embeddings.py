"""embeddings add, list, remove, restore; commands that need a run refuse embeddings in one line."""

from __future__ import annotations

import json

import numpy as np
import pytest

from tvae.cli.parsing import main


@pytest.fixture
def pair(tmp_path, monkeypatch) -> list[str]:
    """Two files with vectors of the same rows, beside an empty folder of runs."""
    monkeypatch.setenv("TVAE_RUNS", str(tmp_path / "runs"))
    generator, labels = np.random.default_rng(0), np.arange(20) % 2
    for name, columns in (("a", 3), ("b", 5)):
        np.savez(tmp_path / f"{name}.npz", z=generator.normal(size=(20, columns)), labels=labels)
    return [str(tmp_path / "a.npz"), str(tmp_path / "b.npz")]


def test_they_are_added_listed_removed_and_brought_back(pair, capsys):
    assert main(["embeddings", "add", *pair, "--name", "two", "--names", "CLIP", "SimCLR"]) == 0
    said = capsys.readouterr().out
    for line in ("20 rows, 2 classes, no images", "a: a.npz, z, 3 numbers a row", "two: CLIP against SimCLR"):
        assert line in said
    assert main(["embeddings", "list", "--json"]) == 0
    (plain,) = json.loads(capsys.readouterr().out)
    assert (plain["name"], plain["n"], plain["arms"]["SimCLR"]["columns"]) == ("two", 20, 5)
    assert main(["embeddings", "remove", "two"]) == 0
    assert main(["embeddings", "list", "--json"]) == 0
    assert capsys.readouterr().out.endswith("[]\n")
    assert main(["embeddings", "restore", "two"]) == 0
    assert main(["embeddings", "add", *pair, "--name", "two"]) == 2
    assert "there is a run or a comparison two already" in capsys.readouterr().err


def test_what_needs_a_run_refuses_them_in_one_line(pair, tmp_path, capsys):
    assert main(["embeddings", "add", *pair, "--name", "two", "--json"]) == 0
    folder = str(tmp_path / "runs" / "two")
    out = ["--out", str(tmp_path / "out.npz")]
    for command in (["evaluate"], ["layouts"], ["encode", *out], ["export", "--to", "report", *out], ["classifier"]):
        capsys.readouterr()
        assert main([command[0], folder, *command[1:]]) == 2
        said = capsys.readouterr().err
        assert "no encoder, no decoder and no training" in said and said.count("\n") == 1
    assert not (tmp_path / "out.npz").exists()
