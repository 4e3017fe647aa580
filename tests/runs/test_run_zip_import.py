import io
import json
import zipfile
from pathlib import Path

import numpy as np
import pytest
import safetensors.numpy

from tests.data.own.made_sources import class_files, write_files
from tests.jobs.test_jobs import ended
from tvae.data import DataUnavailable
from tvae.data.own import default_choices, keep, understand
from tvae.errors import InputError
from tvae.jobs.files import READY
from tvae.jobs.jobs import Jobs
from tvae.runs.encodings import read_curves, read_encoding
from tvae.runs.history import read_history
from tvae.runs.run import read_metrics, read_run
from tvae.runs.run_zip import run_members, take_in_run, zip_run

DIGITS = Path(__file__).parents[2] / "checkpoints" / "digits"


@pytest.fixture
def members() -> dict[str, bytes]:
    return run_members(zip_run(DIGITS))


def test_a_run_that_was_taken_away_is_taken_in_and_measured_anew(tmp_path):
    jobs = Jobs(tmp_path)
    run_id = jobs.starter.take_in(zip_run(DIGITS), "me", name="from elsewhere")
    job = ended(jobs, run_id)
    assert (job.state, job.name, job.step) == ("done", "from elsewhere", read_run(DIGITS).step)
    taken, shipped = read_run(job.folder), read_run(DIGITS)
    assert taken.config == shipped.config
    assert taken.snapshots == shipped.snapshots
    assert read_history(job.folder) == read_history(DIGITS)
    mine, theirs = read_metrics(job.folder), read_metrics(DIGITS)
    assert mine is not None
    assert theirs is not None
    for arm in taken.config.arms:
        assert mine["arms"][arm]["triplet_accuracy"]["0"] == pytest.approx(theirs["arms"][arm]["triplet_accuracy"]["0"])
    assert read_encoding(taken, "test") is not None
    assert read_curves(taken, "test") is not None
    assert jobs.may_control(run_id, "me")
    assert not jobs.may_control(run_id, "you")


def test_what_a_zip_says_of_itself_is_not_believed(members, tmp_path):
    metrics = json.loads(members["metrics.json"])
    metrics["arms"]["tvae"]["triplet_accuracy"]["0"] = 1.0
    members["metrics.json"] = json.dumps(metrics).encode()
    members["README.md"] = b"the best run there ever was"
    take_in_run(members, tmp_path, None)
    assert read_metrics(tmp_path) is None
    assert not (tmp_path / "README.md").exists()


def edited(config: bytes, edit) -> bytes:
    plain = json.loads(config)
    edit(plain)
    return json.dumps(plain).encode()


def of_weights(content: bytes, weight: float) -> bytes:
    tensors = dict(safetensors.numpy.load(content))
    name = next(iter(tensors))
    tensors[name] = np.full_like(tensors[name], weight)
    return safetensors.numpy.save(tensors)


def provenance(edit):
    return lambda m: m.update({"config.json": edited(m["config.json"], lambda config: edit(config["provenance"]))})


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda m: m.update({"vae.safetensors": m["vae.safetensors"][:1000]}), "not a whole safetensors file"),
        (lambda m: m.update({"vae.safetensors": of_weights(m["vae.safetensors"], np.nan)}), "not finite"),
        (lambda m: m.pop("vae.safetensors"), "vae.safetensors: can't be read"),
        (lambda m: m.update({"other.safetensors": m["vae.safetensors"]}), "the run has no such arm"),
        (lambda m: m.update({"snapshots/0/vae.safetensors": b"x"}), "cut short"),
        (lambda m: m.pop("snapshots/0/vae.safetensors"), "can't be read"),
        (
            lambda m: m.update({f"snapshots/00/{a}.safetensors": m[f"{a}.safetensors"] for a in ("vae", "tvae")}),
            "snapshots/00: no step of this run",
        ),
        (
            lambda m: m.update({f"snapshots/99999999/{a}.safetensors": m[f"{a}.safetensors"] for a in ("vae", "tvae")}),
            "no step of this run",
        ),
        (lambda m: m.update({"config.json": b"{}"}), "config.json"),
        (lambda m: m.update({"config.json": b" " * 2**21}), "bytes; it has at most"),
        (
            lambda m: m.update({"config.json": edited(m["config.json"], lambda c: c["data"].update(name="cats"))}),
            "cats",
        ),
        (
            lambda m: m.update({"config.json": edited(m["config.json"], lambda c: c["model"].update(hidden=700))}),
            "has shape",
        ),
        (lambda m: m.update({"history.jsonl": b'{"step": "x"}\n'}), "line 1: step: Expected int, got str"),
        (lambda m: m.update({"history.jsonl": b'{"step": 1, "epoch": 1, "arms": {"vae": {}}}\n'}), "line 1: arms"),
        (lambda m: m.update({"history.jsonl": b'{"step": 1, "epoch": 1, "arms": {}}\n'}), "a row is of other arms"),
        (lambda m: m.update({"history.jsonl": b'{"step": 1' + b"0" * 5_000 + b"}\n"}), "5,001 characters"),
        (lambda m: m.update({"history.jsonl": b'{"step": 1, "step": 2}\n'}), "'step' is there twice"),
        (lambda m: m.update({"vae.safetensors": of_weights(m["vae.safetensors"], 3e38)}), "a weight beyond 1,000,000"),
        (provenance(lambda p: p.update(step="abc")), "provenance: step: Expected int, got str"),
        (provenance(lambda p: p["train"].update(n=1)), "train.batch-size: 64 is not possible"),
        (provenance(lambda p: p["train"].update(n=1437)), "another train split"),
        (provenance(lambda p: p["test"].update(fingerprint="0" * 64)), "another test split"),
        (
            provenance(lambda p: [p[split].update(height=4, width=16) for split in ("train", "test")]),
            "another train split",
        ),
        (provenance(lambda p: p["class_names"].reverse()), "class_names: not those of 'digits' by class"),
        (provenance(lambda p: p["class_names"].pop()), "class_names: not those of 'digits' by class"),
        (provenance(lambda p: p.update(notion="slant")), "class_names: not those of 'digits' by class"),
        (provenance(lambda p: p.update(validation=p["test"])), "validation: 'digits' has no such split"),
        (lambda m: m.update({"history.jsonl": b"nothing\n"}), "history.jsonl"),
        (lambda m: m.update({"replay/test.safetensors": m["vae.safetensors"]}), "not the replay of this run"),
        (lambda m: m.update({"replay/test.safetensors": b"x"}), "replay/test.safetensors"),
    ],
)
def test_what_is_no_run_is_refused_by_name_and_nothing_is_kept(change, said, members, tmp_path):
    change(members)
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_STORED) as archive:
        for name, inside in members.items():
            archive.writestr(name, inside)
    jobs = Jobs(tmp_path)
    with pytest.raises(InputError, match=said) as refused:
        jobs.starter.take_in(content.getvalue(), "me")
    assert str(tmp_path) not in str(refused.value)
    assert jobs.runs() == []
    assert [path for path in (tmp_path / READY).iterdir() if path.is_dir()] == []


def test_a_run_on_data_that_are_not_here_is_held_against_them_when_it_is_measured(members, tmp_path, monkeypatch):
    def unavailable(*_, **__):
        raise DataUnavailable("not here")

    monkeypatch.setattr("tvae.runs.run_zip.load_dataset", unavailable)
    assert take_in_run(members, tmp_path, None).step == read_run(DIGITS).step


@pytest.mark.parametrize("notion", ["", "slant"])
def test_a_run_on_anothers_data_set_is_refused_as_if_there_were_none(notion, members, tmp_path, monkeypatch):
    """What is wrong by that data set, such as its number of images or its label columns, would tell of it."""
    monkeypatch.setenv("TVAE_DATA", str(tmp_path / "data"))
    members["config.json"] = edited(members["config.json"], lambda c: c["data"].update(name="pets", notion=notion))
    refusals = []
    for folder in ("none", "private"):
        if folder == "private":
            pets = understand(write_files(tmp_path / "pets", class_files()))
            keep(pets, default_choices(pets), "pets", tmp_path / "data", owner="you")
        with pytest.raises(InputError, match="unknown data set 'pets'") as refused:
            take_in_run(members, tmp_path / folder, "me")
        refusals.append(str(refused.value))
    assert refusals[0] == refusals[1]
