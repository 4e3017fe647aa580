"""Export by the command line: what it says, and what it refuses in one line."""

from __future__ import annotations

from pathlib import Path

import pyarrow.parquet as pq
import pytest

from tests.cli.test_cli import tvae

DIGITS = Path(__file__).parents[2] / "checkpoints" / "digits"


def test_export_writes_what_was_asked_for_and_says_so(tmp_path):
    out = tmp_path / "a.parquet"
    done = tvae("export", DIGITS, "--to", "atlas", "--out", out, "--arm", "tvae", "--no-images")
    assert (done.returncode, done.stdout) == (
        0,
        f"{out}: atlas of tvae, 359 test images, without the images themselves\n",
    )
    columns = pq.read_schema(out).names
    assert "image" not in columns and "vae_latent" not in columns and "tvae_latent" in columns


@pytest.mark.parametrize(
    ("form", "out", "told"),
    [
        ("torch", "t", "torch of vae, tvae, has no images"),
        ("atlas", "a.parquet", "atlas of vae, tvae, 359 test images, with the images themselves"),
    ],
)
def test_each_export_says_whether_it_has_images_and_leaves_what_is_there(tmp_path, form, out, told):
    done = tvae("export", DIGITS, "--to", form, "--out", tmp_path / out)
    assert done.stdout == f"{tmp_path / out}: {told}\n"
    again = tvae("export", DIGITS, "--to", form, "--out", tmp_path / out)
    assert (again.returncode, again.stdout) == (2, "")
    assert again.stderr == f"tvae: out: {tmp_path / out} is there already; name another path, or remove it first\n"


def test_a_split_that_the_run_keeps_no_encoding_of_is_encoded(tmp_path):
    done = tvae("export", DIGITS, "--to", "atlas", "--out", tmp_path / "a.parquet", "--split", "train")
    assert done.returncode == 0, done.stderr
    assert pq.read_metadata(tmp_path / "a.parquet").num_rows == 1_438
    assert "python -m tvae layouts RUN" in done.stdout  # the maps that are kept are of the test split


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--to", "csv", "--out", "a"), "to: 'csv' is not known; there are projector, atlas, onnx, hub, torch, bundle"),
        (("--to", "atlas", "--out", "a.csv"), "out: 'a.csv' must end in .parquet; atlas is one file"),
        (("--to", "torch", "--out", "a", "--arm", "b"), "arm: 'b' is none of the run's; it has vae, tvae"),
        (("--to", "torch", "--out", "/proc/none/a"), "/proc/none"),
        (("--to", "torch", "--out", "a", "--split", "validation"), "split: this run has no validation split"),
    ],
)
def test_what_can_t_be_exported_is_refused_in_one_line(tmp_path, monkeypatch, options, told):
    monkeypatch.chdir(tmp_path)
    done = tvae("export", DIGITS, *options)
    assert done.returncode == 2
    assert told in done.stderr and done.stderr.count("\n") == 1
    assert not list(tmp_path.iterdir())
