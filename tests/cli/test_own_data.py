"""data add, list, show, remove, restore; an own data set is trained on, measured and encoded by its name."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from tests.cli.test_cli import tvae
from tests.data.own.made_sources import (
    class_files,
    hub_table,
    image_array,
    picture_bytes,
    png,
    write_files,
    write_parquet,
    write_zip,
)
from tvae.data.own import OwnDatasets
from tvae.jobs.files import JobFiles
from tvae.jobs.jobs import Jobs
from tvae.jobs.worker_processes import collect_ended_workers, worker_process
from tvae.runs.run import read_run

ROOT = Path(__file__).parents[2]
SMALL = ["--model.hidden", "8", "--model.latent-dim", "2", "--train.epochs", "1", "--train.batch-size", "8"]


@pytest.fixture
def folder(tmp_path, monkeypatch) -> Path:
    """Folder of the data sets of a test."""
    monkeypatch.setenv("TVAE_DATA", str(tmp_path / "data"))
    return tmp_path / "data"


def test_what_was_understood_and_what_was_kept_are_printed(tmp_path, folder):
    files = class_files(each=30) | {"cat/bad.png": b"hello", "dog/wide.png": png(99, 40)}
    done = tvae("data", "add", write_zip(tmp_path / "pets.zip", files), "--name", "pets")
    assert done.returncode == 0 and done.stderr == ""
    understood, kept = done.stdout.split("pets: 61 images of 28 × 28, grey (train 49, test 12)")
    for line in (
        "pets.zip: pictures in class folders, 61 images",
        "pixels: 28 × 28 (60), 40 × 40 (1); 61 grey, 0 in colour",
        "2 classes by class: cat (30, such as cat/0.png), dog (31, such as dog/0.png)",
        "splits: none given",
        "left out: 1",
        "cat/bad.png: this is no picture that can be read",
    ):
        assert line in understood
    assert "private" in kept and "test split: 20 % of each class, drawn with seed 0" in kept
    assert tvae("data", "show", "pets").stdout.strip() in done.stdout


def test_json_of_add_list_and_show(tmp_path, folder):
    assert tvae("data", "list", "--json").stdout == "[]\n"
    assert "data add SOURCE --name NAME" in tvae("data", "list").stdout
    source = write_files(tmp_path / "pets", class_files())
    added = json.loads(tvae("data", "add", source, "--name", "pets", "--size", "64", "--shared", "--json").stdout)
    assert (added["name"], added["n"], added["image_shape"], added["shared"]) == ("pets", 10, [64, 64, 1], True)
    assert (
        json.loads(tvae("data", "list", "--json").stdout)
        == [added]
        == [json.loads(tvae("data", "show", "pets", "--json").stdout)]
    )
    assert re.search(r"pets +│ 10 ", tvae("data", "list").stdout)


def test_share_and_private(tmp_path, folder):
    added = tvae("data", "add", write_files(tmp_path / "pets", class_files()), "--name", "pets")
    assert "python -m tvae data share pets" in added.stdout
    assert tvae("data", "share", "pets").stdout == "pets: shared with the app\n"
    assert json.loads(tvae("data", "show", "pets", "--json").stdout)["shared"] is True
    assert tvae("data", "share", "pets", "--private").stdout == "pets: private\n"
    assert json.loads(tvae("data", "show", "pets", "--json").stdout)["shared"] is False


def test_remove_and_restore(tmp_path, folder):
    tvae("data", "add", write_files(tmp_path / "pets", class_files()), "--name", "pets")
    done = tvae("data", "remove", "pets")
    assert done.stdout == "pets: removed; for a day `python -m tvae data restore pets` brings it back\n"
    assert json.loads(tvae("data", "list", "--json").stdout) == []
    wrong = tvae("data", "show", "pets")
    assert (wrong.returncode, wrong.stderr.count("\n")) == (2, 1) and "data restore pets" in wrong.stderr
    assert tvae("data", "restore", "pets").stdout == "pets: is back, 10 images\n"
    assert [d["name"] for d in json.loads(tvae("data", "list", "--json").stdout)] == ["pets"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["data", "add", "{tmp}/none", "--name", "a"], "none: there is no such file or folder"),
        (["data", "add", "{tmp}/pets"], "--name"),
        (["data", "add", "{tmp}/pets", "--name", "a b"], "name: 'a b' is not possible"),
        (["data", "add", "{tmp}/pets", "--name", "mnist"], "name: mnist is the name of a public data set"),
        (["data", "add", "{tmp}/pets", "--name", "a", "--size", "30"], "--size"),
        (["data", "add", "{tmp}/pets", "--name", "a", "--test-share", "2"], "test-share: 2.0 is not possible"),
        (
            ["data", "add", "{tmp}/pets", "--name", "a", "--label", "writer"],
            "label: no column 'writer'; there are class",
        ),
        (
            ["data", "add", "{tmp}/pets", "--name", "a", "--split", "given"],
            "split: pets doesn't give each image a split",
        ),
        (["data", "add", "{tmp}/pets", "--name", "a", "--most", "1"], "most: 1 is not possible"),
        (["data", "show", "none"], "data set 'none': there is none of this name"),
        (["data", "remove", "none"], "data set 'none': there is none of this name"),
        (["data", "share", "none"], "there is none of this name"),
        (["data", "restore", "none"], "none of this name was removed within a day"),
    ],
)
def test_wrong_input_is_one_line(tmp_path, folder, arguments, message):
    write_files(tmp_path / "pets", class_files())
    done = tvae(*(word.format(tmp=tmp_path) for word in arguments))
    assert (done.returncode, done.stderr.count("\n")) == (2, 1), done.stderr
    assert message in done.stderr and not list(folder.glob("own/*.json"))


def npz(tmp_path: Path) -> Path:
    parts = {"train": 32, "val": 8, "test": 16}
    arrays = {f"{part}_images": np.stack([image_array(n) for n in range(count)]) for part, count in parts.items()}
    arrays |= {f"{part}_labels": (np.arange(count) % 2)[:, None] for part, count in parts.items()}
    np.savez(tmp_path / "a.npz", **arrays)  # type: ignore[arg-type]
    return tmp_path / "a.npz"


def parquet(tmp_path: Path) -> Path:
    for name, count in (("train", 32), ("test", 16)):
        table = hub_table([png(n) for n in range(count)], [n % 2 for n in range(count)], ["cat", "dog"])
        write_parquet(tmp_path / "hub" / f"{name}-00000-of-00001.parquet", table)
    return tmp_path / "hub"


def table(tmp_path: Path) -> Path:
    write_files(tmp_path, {f"{n}.png": png(n) for n in range(48)})
    rows = [f"{n}.png,{('cat', 'dog')[n % 2]},{'train' if n < 32 else 'test'}" for n in range(48)]
    (tmp_path / "a.csv").write_text("path,label,split\n" + "\n".join(rows))
    return tmp_path / "a.csv"


@pytest.mark.parametrize("made", [npz, parquet, table])
def test_train_evaluate_and_encode_work_on_it(tmp_path, folder, made):
    assert tvae("data", "add", made(tmp_path), "--name", "mine").returncode == 0
    done = tvae("train", "--out", tmp_path / "run", "--data.name", "mine", *SMALL)
    assert done.returncode == 0, done.stderr
    metrics = json.loads(tvae("evaluate", tmp_path / "run", "--json").stdout)
    assert (metrics["dataset"], metrics["n"]) == ("mine", 16)
    assert tvae("encode", tmp_path / "run", "--split", "train", "--out", tmp_path / "means.npz").returncode == 0
    assert np.load(tmp_path / "means.npz")["labels"].tolist() == [n % 2 for n in range(32)]


def test_a_run_whose_data_set_was_removed_still_opens_and_says_what_is_missing(tmp_path, folder):
    tvae("data", "add", npz(tmp_path), "--name", "mine")
    tvae("train", "--out", tmp_path / "run", "--data.name", "mine", *SMALL)
    tvae("data", "remove", "mine")
    done = tvae("evaluate", tmp_path / "run")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1) and "data restore mine" in done.stderr
    tvae("data", "add", write_files(tmp_path / "pets", class_files()), "--name", "mine")
    done = tvae("evaluate", tmp_path / "run")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1), "other images of the same name are noticed"
    assert tvae("layouts", tmp_path / "run").returncode == 0


def test_colour_images_are_trained_on_and_measured(tmp_path, folder):
    files = {f"{n % 2}/{n}.png": picture_bytes(image_array(n, 32, 3)) for n in range(20)}
    assert tvae("data", "add", write_files(tmp_path / "a", files), "--name", "mine").returncode == 0
    done = tvae("train", "--out", tmp_path / "run", "--data.name", "mine", *SMALL, "--model.kind", "conv")
    assert done.returncode == 0, done.stderr
    assert read_run(tmp_path / "run").image_shape == (32, 32, 3)
    assert json.loads(tvae("evaluate", tmp_path / "run", "--json").stdout)["n"] == 4


def test_a_background_run_goes_on_while_its_data_set_is_removed(tmp_path, folder, monkeypatch):
    monkeypatch.setenv("TVAE_RUNS", str(tmp_path / "runs"))
    tvae("data", "add", npz(tmp_path), "--name", "mine")
    options = [*SMALL[:-3], "400", *SMALL[-2:]]
    run_id = tvae("jobs", "start", "--data.name", "mine", *options).stdout.strip()
    jobs = Jobs()
    until(lambda: jobs.run(run_id).step > 0 or jobs.run(run_id).over)
    OwnDatasets(folder).remove("mine", None)
    worker = worker_process(JobFiles(jobs.folder / run_id))
    until(lambda: jobs.run(run_id).over)
    if worker is not None:
        until(lambda: collect_ended_workers() or not worker.is_running())
    assert jobs.run(run_id).state == "done", jobs.run(run_id).reason
    second = tvae("jobs", "start", "--data.name", "mine", *options)
    assert second.returncode == 2 and "data restore mine" in second.stderr


def until(is_so) -> None:
    end = time.monotonic() + 300
    while not is_so():
        assert time.monotonic() < end
        time.sleep(0.05)


def test_a_folder_of_data_sets_can_be_named(tmp_path, folder):
    elsewhere = tmp_path / "elsewhere"
    tvae("data", "add", npz(tmp_path), "--name", "mine", "--dir", elsewhere)
    assert json.loads(tvae("data", "list", "--json").stdout) == []
    assert tvae("train", "--out", tmp_path / "run", "--data.name", "mine", "--dir", elsewhere, *SMALL).returncode == 0
    assert tvae("evaluate", tmp_path / "run", "--dir", elsewhere).returncode == 0


def test_an_interrupted_add_leaves_nothing(tmp_path, folder):
    source = write_files(tmp_path / "pets", class_files())
    script = (
        "import sys, tvae.data.own.keeping as keeping\n"
        "def stop(*_): raise KeyboardInterrupt\n"
        "keeping.write_kept_file = stop\n"
        "from tvae.__main__ import run\nsys.exit(run())"
    )
    command = [sys.executable, "-c", script, "data", "add", str(source), "--name", "mine"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, env={**os.environ})
    assert done.returncode == 130 and done.stderr.count("\n") == 1
    assert [path for path in folder.rglob("*") if path.is_file() and path.suffix != ".lock"] == []
