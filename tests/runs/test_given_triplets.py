"""The run folder's copy of given triplets: its figures, in a zip of the run, and after resuming."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace

import numpy as np
import pytest

from tests.conftest import small_run_config
from tests.training.test_given_triplets import ink_triplets, run_of, shares_right
from tvae.data.triplets import GivenTriplets
from tvae.errors import InputError
from tvae.metrics.uncertainty.share import Share
from tvae.runs.comparison import training_differences
from tvae.runs.evaluation import encode_split, encode_triplets, evaluate, load_model
from tvae.runs.recording import Recording, record
from tvae.runs.run import read_metrics, read_run
from tvae.runs.run_zip import run_members, take_in_run, zip_run
from tvae.runs.triplets import PARTS, read_encoded_triplets, with_given_triplets


@pytest.fixture(scope="module")
def triplets(digits) -> GivenTriplets:
    rows = ink_triplets(digits.train.images, 403).rows[:400]
    contradicting = rows[:5, [0, 2, 1]]
    return GivenTriplets(np.concatenate([rows, rows[:50], contradicting]))


@pytest.fixture(scope="module")
def folder(tmp_path_factory, digits, triplets):
    folder = tmp_path_factory.mktemp("runs") / "ink"
    for _ in record(run_of(triplets), digits, folder, "python -m tvae train", triplets=triplets):
        pass
    return folder


def test_the_folder_holds_the_triplets_and_the_config_names_them(folder, triplets):
    run = read_run(folder)
    assert (folder / "triplets.npy").read_bytes() == triplets.content
    assert run.config.data.triplets == triplets.fingerprint
    assert (np.load(folder / "triplets.npy", allow_pickle=False) == triplets.rows).all()


def test_metrics_count_distinct_triplets_by_part_with_their_intervals(folder, digits, triplets):
    metrics = read_metrics(folder)
    assert metrics is not None
    about = metrics["given_triplets"]
    assert (about["given"], about["distinct"], about["contradictions"]) == (455, 405, 5)
    assert about["trained_on"] + about["held_out_by_triplet"] + about["held_out_by_image"] == 405
    run = read_run(folder)
    for arm in ("vae", "tvae"):
        for margin in (0.0, 0.1, 0.5):
            plain = shares_right(load_model(run, arm), digits.train.images, triplets, margin)
            for name, part in PARTS.items():
                figures = metrics["arms"][arm]["given_triplets"][name]
                accuracy, n = figures["accuracy"][f"{margin:g}"], about[name]
                assert accuracy == pytest.approx(plain[part], abs=1.01 / n)  # torch's sums round otherwise
                assert figures["interval"][f"{margin:g}"] == list(Share(round(accuracy * n), n).interval)


def test_evaluating_anew_gives_the_same_figures(folder, digits, triplets):
    run, metrics = read_run(folder), read_metrics(folder)
    margins = [0.0, 0.1, 0.2, 0.5, 1.0]
    anew = evaluate(run, encode_split(run, digits.test), margins)
    anew = with_given_triplets(anew, encode_triplets(run, digits.train, triplets), margins)
    assert metrics is not None and anew == metrics
    kept = read_encoded_triplets(run)
    assert kept is not None
    share = kept.share("tvae", "held_out_by_image", 0.0)
    figures = metrics["arms"]["tvae"]["given_triplets"]["held_out_by_image"]
    assert share is not None and share.value == figures["accuracy"]["0"]


def test_too_few_triplets_hold_none_out_and_their_share_is_none(digits, tmp_path):
    few = GivenTriplets(np.array([[0, 1, 2], [3, 4, 5]]))
    for _ in record(run_of(few, epochs=1), digits, tmp_path / "few", "", triplets=few):
        pass
    metrics = read_metrics(tmp_path / "few")
    assert metrics is not None
    assert metrics["given_triplets"]["held_out_by_triplet"] == 0
    figures = metrics["arms"]["tvae"]["given_triplets"]["held_out_by_triplet"]
    assert figures["accuracy"]["0"] is None and figures["interval"]["0"] is None


def test_a_run_without_given_triplets_has_none(digits, tmp_path):
    config = small_run_config()
    for _ in record(replace(config, train=replace(config.train, epochs=1)), digits, tmp_path / "run", ""):
        pass
    assert "given_triplets" not in (read_metrics(tmp_path / "run") or {"given_triplets": "no metrics"})
    assert read_encoded_triplets(read_run(tmp_path / "run")) is None
    assert not (tmp_path / "run" / "triplets.npy").exists()


def test_a_config_of_before_there_were_given_triplets_is_read(tmp_path, folder):
    shutil.copytree(folder, tmp_path / "old")
    plain = json.loads((tmp_path / "old" / "config.json").read_text())
    del plain["data"]["triplets"], plain["data"]["triplets_share"]
    (tmp_path / "old" / "config.json").write_text(json.dumps(plain))
    assert read_run(tmp_path / "old").config.data.triplets == ""


@pytest.mark.parametrize("content", [None, b"", b"\x93NUMPY\x01\x00garbage"])
def test_other_triplets_than_the_configs_are_refused(tmp_path, folder, content):
    shutil.copytree(folder, tmp_path / "run")
    path = tmp_path / "run" / "triplets.npy"
    if content is None:
        path.unlink()
    else:
        path.write_bytes(content)
    with pytest.raises(InputError, match=r"triplets\.npy: (can't be read|SHA-256 is)"):
        read_encoded_triplets(read_run(tmp_path / "run"))


def test_a_zip_takes_the_triplets_along(tmp_path, folder, triplets):
    members = run_members(zip_run(folder))
    (tmp_path / "in").mkdir()
    run = take_in_run(members, tmp_path / "in", None)
    assert (tmp_path / "in" / "triplets.npy").read_bytes() == triplets.content
    assert run.config.data.triplets == triplets.fingerprint


def test_a_zip_with_other_triplets_or_too_many_is_refused(tmp_path, folder):
    members = run_members(zip_run(folder))
    for name, content, line in (
        ("without", None, "triplets.npy: can't be read"),
        ("other", GivenTriplets(np.array([[0, 1, 2]])).content, "these are other triplets"),
    ):
        changed = {key: value for key, value in members.items() if key != "triplets.npy"}
        changed |= {} if content is None else {"triplets.npy": content}
        (tmp_path / name).mkdir()
        with pytest.raises(InputError, match=line):
            take_in_run(changed, tmp_path / name, None)
    plain = json.loads(members["config.json"])
    plain["data"]["triplets"] = ""
    (tmp_path / "extra").mkdir()
    with pytest.raises(InputError, match=r"triplets.npy: the settings of this run name no given triplets"):
        take_in_run({**members, "config.json": json.dumps(plain).encode()}, tmp_path / "extra", None)


def test_an_interrupted_run_resumes_from_its_own_copy(digits, tmp_path, triplets):
    config = run_of(triplets, epochs=1)
    (tmp_path / "whole").mkdir()
    (tmp_path / "cut").mkdir()
    for _ in Recording(config, digits, tmp_path / "whole", "", triplets=triplets).reports():
        pass
    options = {"triplets": triplets, "resume_file": tmp_path / "resume.safetensors"}
    for number, _ in enumerate(Recording(config, digits, tmp_path / "cut", "", **options).reports()):
        if number == 20:
            break
    for _ in Recording(config, digits, tmp_path / "cut", "", **options).reports():
        pass
    assert read_metrics(tmp_path / "whole") == read_metrics(tmp_path / "cut")


def test_the_card_and_the_comparison_tell_of_them(folder, triplets):
    card = (folder / "README.md").read_text()
    assert "given triplets held out by image, n = " in card
    run = read_run(folder)
    other = replace(run, config=replace(run.config, data=replace(run.config.data, triplets="", triplets_share=0.5)))
    differences = training_differences(run, other)
    assert differences["data.triplets"] == (f"given ({triplets.fingerprint[:8]})", "of the labels")
