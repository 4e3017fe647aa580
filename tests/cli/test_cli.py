"""Output, files and exit status of each command, and the files that a killed command leaves."""

from __future__ import annotations

import contextlib
import io
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

from tvae.cli.parsing import main
from tvae.data import load_dataset
from tvae.runs.run import read_run
from tvae.runs.weights import network, read_weights

ROOT = Path(__file__).parents[2]
SMALL = [
    "--data.name",
    "digits",
    "--model.hidden",
    "16",
    "--model.latent-dim",
    "3",
    "--train.epochs",
    "2",
    "--train.batch-size",
    "32",
    "--train.seed",
    "5",
]


class Done(NamedTuple):
    """Exit status and output of a command."""

    returncode: int
    stdout: str
    stderr: str


def tvae(*arguments: object) -> Done:
    """Run a command in this process: torch alone takes seconds to import."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        status = main([str(word) for word in arguments])
    return Done(status, out.getvalue(), err.getvalue())


@pytest.fixture(scope="module")
def run_folder(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("cli") / "run"
    done = tvae("train", "--out", folder, *SMALL, "--loss.margin", "0.5", "--loss.triplet-weight", "2")
    assert done.returncode == 0, done.stderr
    assert "triplet accuracy, margin 0.5" in done.stdout
    return folder


def test_train_keeps_its_settings(run_folder):
    run = read_run(run_folder)
    assert run.config.train.seed == 5
    assert run.config.model.latent_dim == 3
    assert run.config.arms["tvae"].margin == 0.5
    assert run.config.arms["tvae"].triplet_weight == 2
    assert run.config.arms["vae"].triplet_weight == 0
    assert "--loss.margin 0.5" in run.provenance.command
    assert run.provenance.command in (run_folder / "README.md").read_text()


def test_evaluate_prints_one_json_object(run_folder):
    done = tvae("evaluate", run_folder, "--margins", "0", "0.1", "0.5", "1", "--json")
    assert done.returncode == 0, done.stderr
    metrics = json.loads(done.stdout)
    assert (metrics["dataset"], metrics["split"], metrics["n"]) == ("digits", "test", 359)
    kept = json.loads((run_folder / "metrics.json").read_text())
    for arm in ("vae", "tvae"):
        values = metrics["arms"][arm]
        assert list(values["triplet_accuracy"]) == ["0", "0.1", "0.5", "1"]
        assert all(0 <= share <= 1 for share in values["triplet_accuracy"].values())
        assert {"reconstruction", "kl", "knn_accuracy"} <= values.keys()
        assert values["triplet_accuracy"]["0.1"] == kept["arms"][arm]["triplet_accuracy"]["0.1"]


def test_a_convolutional_run_is_trained_measured_and_encoded(tmp_path):
    trained = tvae("train", "--out", tmp_path / "run", *SMALL, "--model.kind", "conv")
    assert trained.returncode == 0, trained.stderr
    measured = tvae("evaluate", tmp_path / "run", "--json")
    assert measured.returncode == 0, measured.stderr
    kept = json.loads((tmp_path / "run" / "metrics.json").read_text())
    assert json.loads(measured.stdout)["arms"]["tvae"]["knn_accuracy"] == kept["arms"]["tvae"]["knn_accuracy"]
    out = tmp_path / "means.npz"
    assert tvae("encode", tmp_path / "run", "--split", "test", "--out", out).returncode == 0
    plain = network(read_run(tmp_path / "run"), "tvae")
    with np.load(out) as arrays:
        np.testing.assert_allclose(
            plain.encoded(load_dataset("digits").test.images).means, arrays["tvae"], atol=1e-4, rtol=1e-3
        )
    assert "convolutions and twice 16 hidden units" in (tmp_path / "run" / "README.md").read_text()


def test_encode_writes_the_means(run_folder, tmp_path):
    out = tmp_path / "means.npz"
    done = tvae("encode", run_folder, "--split", "test", "--out", out)
    assert done.returncode == 0, done.stderr
    with np.load(out) as arrays:
        assert set(arrays.files) == {"vae", "tvae", "labels"}
        assert arrays["vae"].dtype == np.float32
        assert arrays["tvae"].shape == (359, 3)
        assert arrays["labels"].shape == (359,)


def test_layouts_are_written_into_the_run_folder(run_folder):
    done = tvae("layouts", run_folder)
    assert done.returncode == 0, done.stderr
    assert len(list((run_folder / "layouts").iterdir())) == 3


def test_warm_compiles_and_says_where_machine_code_is_kept(tmp_path):
    done = tvae("warm")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("compiled in ")
    assert any(Path(done.stdout.strip().rpartition(" kept in ")[2]).glob("tvae-kernels-*/**/*.nbi"))


def test_fetch_prints_where_the_data_came_from():
    done = tvae("data", "fetch", "digits")
    assert done.returncode == 0
    assert "scikit-learn" in done.stdout


def test_a_former_name_of_a_command_works_and_is_not_listed():
    assert tvae("judge", "--help").stdout == tvae("classifier", "--help").stdout
    assert tvae("judge", "none").stderr == tvae("classifier", "none").stderr != ""
    assert "classifier" in tvae("--help").stdout
    assert "judge" not in tvae("--help").stdout


@pytest.mark.parametrize("arguments", [(), ("--help",), ("train", "--help"), ("evaluate", "--help")])
def test_help_is_no_error(arguments):
    done = tvae(*arguments)
    assert done.returncode == 0
    assert "python -m tvae" in done.stdout
    assert done.stderr == ""


WRONG = [
    (["train", "--out", "{tmp}/new", "--loss.margin", "nan"], "loss.margin"),
    (["train", "--out", "{tmp}/new", "--loss.margin", "inf"], "loss.margin"),
    (["train", "--out", "{tmp}/new", "--loss.margin", "-1"], "loss.margin"),
    (["train", "--out", "{tmp}/new", "--loss.margin", "wide"], "--loss.margin"),
    (["train", "--out", "{tmp}/new", "--loss.triplet-weight", "-0.1"], "loss.triplet-weight"),
    (["train", "--out", "{tmp}/new", "--loss.kl-weight", "inf"], "loss.kl-weight"),
    (["train", "--out", "{tmp}/new", "--train.epochs", "0"], "train.epochs"),
    (["train", "--out", "{tmp}/new", "--model.latent-dim", "0"], "model.latent-dim"),
    (["train", "--out", "{tmp}/new", "--model.latent-dim", "1000000000"], "model.latent-dim"),
    (["train", "--out", "{tmp}/new", "--data.name", "digits", "--train.batch-size", "5000"], "train.batch-size"),
    (["train", "--out", "{tmp}/new", "--data.name", "cifar"], "cifar"),
    (["train", "--out", "{tmp}/new", "--preset", "worst"], "--preset"),
    (["train", "--out", "{tmp}/full", "--data.name", "digits"], "not empty"),
    (["train", "--out", "{tmp}/full/file/below", "--data.name", "digits"], "can't be written"),
    (["train"], "--out"),
    (["train", "--out", "{tmp}/new", "--loss.margn", "1"], "--loss.margin"),
    (["evaluate", "{tmp}/none"], "no such folder"),
    (["evaluate", "{tmp}/full"], "config.json"),
    (["evaluate", "{run}", "--margins", "0", "nan"], "margin"),
    (["evaluate", "{run}", "--margins", "-1"], "margin"),
    (["evaluate", "{run}", "--split", "dev"], "dev"),
    (["encode", "{run}", "--out", "{tmp}/none/means.npz"], "means.npz"),
    (["data", "fetch", "cifar"], "cifar"),
    (["data", "fetch", "mnist", "--dir", "{tmp}/full/file"], "file"),
    (["data", "fetch"], "Missing from python -m tvae data fetch"),
    (["layouts", "{tmp}/none"], "no such folder"),
    (["layouts", "{tmp}/full"], "config.json"),
    (["classifier", "{tmp}/none"], "no such folder"),
    (["classifier", "{run}", "--dir"], "--dir"),
    (["encode", "{run}"], "--out"),
    (["encode", "{run}", "--out", "{tmp}/means.csv"], "are written as .npz, not as 'means.csv'"),
    (["jobs", "resume", "none"], "not found"),
    (["jobs", "start", "--preset", "ladder", "--loss.margin", "3"], "--loss: preset 'ladder' sets the losses"),
    (["jobs"], "unknown command 'jobs'"),
    (["data"], "unknown command 'data'"),
    (["--version"], "unknown command"),
    ([""], "unknown command"),
    (["dance"], "the commands are data fetch, data add"),
    (["data", "dance"], "unknown command 'data dance'"),
]


@pytest.mark.parametrize(("arguments", "message"), WRONG, ids=[" ".join(a) for a, _ in WRONG])
def test_wrong_input_is_one_line_and_status_2(arguments, message, run_folder, tmp_path):
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "file").touch()
    done = tvae(*(word.format(tmp=tmp_path, run=run_folder) for word in arguments))
    assert done.returncode == 2, done.stderr
    assert done.stderr.count("\n") == 1, done.stderr
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "new" / "config.json").exists()


def test_a_device_that_is_not_there_leaves_no_folder(tmp_path, monkeypatch):
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    done = tvae("train", "--out", tmp_path / "new", *SMALL, "--train.device", "cuda")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "train.device" in done.stderr
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("there", [False, True], ids=["new", "empty before"])
def test_a_refused_batch_size_leaves_no_folder_that_was_not_there(tmp_path, monkeypatch, there):
    monkeypatch.setenv("TVAE_RUNS", str(tmp_path))
    folder = tmp_path / "above" / "new"
    if there:
        folder.mkdir(parents=True)
    done = tvae("train", "--out", folder, "--data.name", "digits", "--train.batch-size", "5000")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "batch" in done.stderr
    assert folder.exists() == folder.parent.exists() == there


def test_ctrl_c_before_the_first_file_leaves_no_folder(tmp_path, monkeypatch):
    def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("tvae.data.load_dataset", interrupted)
    assert tvae("train", "--out", tmp_path / "new", *SMALL).returncode == 130
    assert not (tmp_path / "new").exists()


def test_an_evaluation_of_other_data_is_refused(run_folder, tmp_path):
    copy = shutil.copytree(run_folder, tmp_path / "copy")
    plain = json.loads((copy / "config.json").read_text())
    plain["provenance"]["test"]["fingerprint"] = "0" * 64
    (copy / "config.json").write_text(json.dumps(plain))
    done = tvae("evaluate", copy)
    assert done.returncode == 2
    assert "trained on another test split" in done.stderr


@pytest.mark.parametrize("end_signal", [signal.SIGKILL, signal.SIGINT])
def test_a_run_ended_at_any_moment_leaves_a_loadable_checkpoint(tmp_path, end_signal):
    folder = tmp_path / "run"
    long = [*SMALL[:-4], "--train.epochs", "5000", "--train.batch-size", "32"]
    worker = subprocess.Popen(
        [sys.executable, "-m", "tvae", "train", "--out", str(folder), *long],
        cwd=ROOT,
        stderr=subprocess.PIPE,
        text=True,
    )
    deadline = time.monotonic() + 60
    while not (folder / "tvae.safetensors").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    time.sleep(0.5)
    worker.send_signal(end_signal)
    try:
        _, stderr = worker.communicate(timeout=60)
    finally:
        worker.kill()  # where whoever runs the tests has it ignore this signal, it would train for hours
    run = read_run(folder)
    assert not run.provenance.finished
    for arm in run.config.arms:
        read_weights(run, arm)
    if end_signal == signal.SIGINT:
        assert worker.returncode == 130
        assert "Traceback" not in stderr


def test_a_full_disk_is_reported_and_what_was_saved_is_kept(tmp_path):
    """A file-size limit plays the full disk: the history grows past it while weights still fit."""
    folder = tmp_path / "run"
    script = (
        "import resource, signal, sys; signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (40_000, 40_000))\n"
        "from tvae.cli.parsing import main; sys.exit(main(sys.argv[1:]))"
    )
    arguments = ["train", "--out", str(folder), *SMALL[:-4], "--train.epochs", "120", "--train.batch-size", "32"]
    done = subprocess.run(
        [sys.executable, "-c", script, *arguments], cwd=ROOT, capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode != 0
    assert "Traceback" not in done.stderr
    assert "File too large" in done.stderr
    run = read_run(folder)
    for arm in run.config.arms:
        read_weights(run, arm)


def test_the_parsers_message_is_read_out_of_a_frame_of_lines_too():
    done = subprocess.run(
        [sys.executable, "-m", "tvae", "train", "--out", "new", "--loss.margin", "wide"],
        cwd=ROOT,
        capture_output=True,
        encoding="utf-8",
        env=os.environ | {"PYTHONIOENCODING": "utf-8"},
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr == (
        "tvae: Error parsing --loss.margin: could not convert string to float: 'wide'; expected --loss.margin FLOAT\n"
    )


def test_the_module_runs_as_a_program():
    done = subprocess.run(
        [sys.executable, "-m", "tvae", "evaluate", "none"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "tvae: none: no such folder; name the folder of a run, such as checkpoints/mnist\n"
