"""`--data.triplets`: trained on and evaluated from the command line; wrong files are one line and leave nothing."""

from __future__ import annotations

import json

import numpy as np
import pytest

from tests.data.own.made_sources import class_files, take_in, write_files
from tests.training.test_given_triplets import ink_triplets
from tvae.cli.parsing import main
from tvae.runs.run import read_run
from tvae.runs.weights import read_weights

SMALL = ["--data.name", "digits", "--model.hidden", "16", "--model.latent-dim", "3", "--train.epochs", "1"]


@pytest.fixture
def given(tmp_path, digits):
    rows = ink_triplets(digits.train.images, 205).rows[:200]
    path = tmp_path / "persons folder" / "ink.csv"
    path.parent.mkdir()
    path.write_text("head,winner,loser\n" + "".join(f"{a},{p},{n}\n" for a, p, n in rows))
    return path


def test_train_and_evaluate(tmp_path, given, capsys):
    out = tmp_path / "run"
    assert main(["train", "--out", str(out), *SMALL, "--data.triplets", str(given)]) == 0
    printed = capsys.readouterr()
    assert "ink.csv: 200 triplets (commas between cells, columns head, winner, loser" in printed.err
    assert "given triplets, images held" in printed.out
    assert main(["evaluate", str(out), "--margins", "0", "0.5", "--json"]) == 0
    metrics = json.loads(capsys.readouterr().out)
    assert metrics["given_triplets"]["distinct"] == 200
    for arm in ("vae", "tvae"):
        parts = metrics["arms"][arm]["given_triplets"]
        assert parts.keys() == {"trained_on", "held_out_by_triplet", "held_out_by_image"}
        low, high = parts["trained_on"]["interval"]["0.5"]
        assert 0 <= low <= parts["trained_on"]["accuracy"]["0.5"] <= high <= 1
        assert metrics["arms"][arm]["triplet_accuracy"].keys() == {"0", "0.5"}  # of the labels, as it always was


def test_nothing_in_the_run_tells_the_persons_folder(tmp_path, given):
    out = tmp_path / "run"
    for option in (["--data.triplets", str(given)], [f"--data.triplets={given}"]):
        folder = out / option[0][-3:]
        assert main(["train", "--out", str(folder), *SMALL, *option]) == 0
        assert "data.triplets" in read_run(folder).provenance.command
        for path in folder.rglob("*"):
            assert path.is_dir() or b"persons folder" not in path.read_bytes(), path


def test_the_runs_copy_trains_the_same_run(tmp_path, given):
    assert main(["train", "--out", str(tmp_path / "one"), *SMALL, "--data.triplets", str(given)]) == 0
    copy = str(tmp_path / "one" / "triplets.npy")
    assert main(["train", "--out", str(tmp_path / "two"), *SMALL, "--data.triplets", copy]) == 0
    one, two = (read_run(tmp_path / name) for name in ("one", "two"))
    assert one.config == two.config
    first, second = (read_weights(run, "tvae") for run in (one, two))
    assert all((first[name] == second[name]).all() for name in first)


@pytest.mark.parametrize(
    ("content", "options", "line"),
    [
        ("0,1,2\n0,1,1438\n", [], "bad.csv: line 2: row 1438 is out of range; the 1,438 training images are 0 to 1437"),
        ("", [], "bad.csv: is empty"),
        ("a.png,b.png,c.png\n", [], "bad.csv: line 1: 'a.png' is no row, and this data set keeps no names"),
        ("0,1,2\n", ["--preset", "best"], "data.triplets: train.triplets all forms triplets of labels"),
        ("0,1,2\n", ["--data.triplets-share", "0"], "data.triplets-share: 0.0 is not possible"),
        ("0,1,2\n", ["--data.validation-share", "0.2"], "so data.validation-share must be 0"),
    ],
)
def test_wrong_input_is_one_line_and_leaves_nothing(tmp_path, capsys, content, options, line):
    path = tmp_path / "bad.csv"
    path.write_text(content)
    out = tmp_path / "run"
    assert main(["train", *options, "--out", str(out), *SMALL, "--data.triplets", str(path)]) == 2
    error = capsys.readouterr().err
    assert line in error and "Traceback" not in error
    assert not out.exists()


def test_a_missing_file_is_one_line(tmp_path, capsys):
    assert main(["train", "--out", str(tmp_path / "run"), *SMALL, "--data.triplets", "none.csv"]) == 2
    assert (
        capsys.readouterr().err
        == "tvae: none.csv: can't be read (No such file or directory); name a file of triplets\n"
    )


def test_odd_one_out_rows(tmp_path, capsys):
    path = tmp_path / "odd.txt"
    path.write_text("".join(f"{row} {row + 1} {row + 2}\n" for row in range(20)))
    assert main(["train", "--out", str(tmp_path / "run"), *SMALL, "--data.triplets", str(path), "--odd-one-out"]) == 0
    assert "odd.txt: 40 triplets" in capsys.readouterr().err
    assert len(np.load(tmp_path / "run" / "triplets.npy")) == 40


def test_images_of_an_own_data_set_by_name(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("TVAE_DATA", str(tmp_path / "kept"))
    take_in(write_files(tmp_path / "pets", class_files(each=12)), tmp_path / "kept", "pets")
    path = tmp_path / "by_name.csv"
    path.write_text("anchor,positive,negative\ncat/1.png,dog/1.png,cat/2.png\n")
    own = ["--data.name", "pets", *SMALL[2:], "--train.batch-size", "4"]
    status = main(["train", "--out", str(tmp_path / "run"), *own, "--data.triplets", str(path)])
    error = capsys.readouterr().err
    if status == 2:  # one of the three is a test image; the line says so of one of them
        assert "no training image is called" in error
        path.write_text("anchor,positive,negative\n" + _three_training_images(tmp_path / "kept"))
        assert main(["train", "--out", str(tmp_path / "run"), *own, "--data.triplets", str(path)]) == 0
        error = capsys.readouterr().err
    assert "images by name" in error


def _three_training_images(folder) -> str:
    from tvae.data import image_names

    names = image_names("pets", folder).names
    assert names is not None and names[0].startswith("cat/")
    return ",".join(names[:3]) + "\n"
