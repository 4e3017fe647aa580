"""A validation split on the command line: held out, never trained on, measured and encoded by name."""

from __future__ import annotations

import json

import numpy as np
import pytest

from tvae.cli.parsing import main
from tvae.data import load_dataset
from tvae.runs.run import read_run

SMALL = ["--data.name", "digits", "--model.hidden", "8", "--model.latent-dim", "3"]
SMALL += ["--train.epochs", "1", "--train.batch-size", "64"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs") / "held"
    assert main(["train", "--out", str(folder), *SMALL, "--data.validation-share", "0.2", "--json"]) == 0
    return folder


def test_the_run_says_which_images_it_held_out(folder):
    held = load_dataset("digits", validation_share=0.2)
    assert held.validation is not None
    provenance = read_run(folder).provenance
    assert provenance.train.n == len(held.train) and provenance.train.fingerprint == held.train.fingerprint
    assert provenance.validation is not None
    assert provenance.validation.fingerprint == held.validation.fingerprint
    held_out = f"The validation split, n = {len(held.validation)}, was not trained on"
    assert held_out in (folder / "README.md").read_text()


def test_each_split_is_measured_and_encoded_by_its_name(folder, tmp_path, capsys):
    held = load_dataset("digits", validation_share=0.2)
    errors = set()
    for split in (held.train, held.validation, held.test):
        assert split is not None
        capsys.readouterr()
        assert main(["evaluate", str(folder), "--split", split.name, "--margins", "0", "--json"]) == 0
        metrics = json.loads(capsys.readouterr().out)
        assert (metrics["split"], metrics["n"]) == (split.name, len(split))
        errors.add(metrics["arms"]["vae"]["reconstruction"])
        out = tmp_path / f"{split.name}.npz"
        assert main(["encode", str(folder), "--split", split.name, "--out", str(out)]) == 0
        arrays = np.load(out)
        assert arrays["tvae"].shape == (len(split), 3)
        np.testing.assert_array_equal(arrays["labels"], split.labels)
    assert len(errors) == 3


@pytest.mark.parametrize("command", [["evaluate"], ["encode", "--out", "{out}"]])
def test_a_run_without_one_refuses_it_in_one_line(command, tmp_path, capsys):
    words = [word.format(out=tmp_path / "out.npz") for word in command]
    status = main([words[0], "checkpoints/digits", *words[1:], "--split", "validation"])
    said = capsys.readouterr().err
    assert status == 2 and said.count("\n") == 1
    assert "this run has no validation split" in said
    assert not (tmp_path / "out.npz").exists()


@pytest.mark.parametrize(
    ("share", "said"),
    [
        ("0.6", "data.validation-share: 0.6 is not possible; it must be a finite number from 0 to 0.5"),
        ("1e-5", "1e-05 of the largest class, which has 146 images, makes none; it must be more than 0.00342"),
    ],
)
def test_an_impossible_share_is_refused_in_one_line_and_leaves_no_folder(share, said, tmp_path, capsys):
    status = main(["train", "--out", str(tmp_path / "new"), *SMALL, "--data.validation-share", share])
    line = capsys.readouterr().err
    assert status == 2 and line.count("\n") == 1 and said in line
    assert not (tmp_path / "new").exists()


def test_weights_do_not_go_on_with_images_that_were_held_out(folder):
    from dataclasses import replace

    from tvae.config import DataConfig
    from tvae.errors import InputError
    from tvae.runs.warm_start import starting_weights

    run = read_run(folder)
    assert starting_weights(run, run.config).keys() == run.config.arms.keys()
    with pytest.raises(InputError, match=r"data\.validation-share: 0\.0, but run held to start from has 0\.2"):
        starting_weights(run, replace(run.config, data=DataConfig(name="digits")))
