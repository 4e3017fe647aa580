"""Trackers: what they are told of a run, read back, and that none of them ends it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from tensorboardX.proto.event_pb2 import Event  # pyright: ignore[reportAttributeAccessIssue] (made at run time)

from tests.cli.test_cli import tvae
from tvae.config import DataConfig, RunConfig, TrainConfig
from tvae.data import load_dataset
from tvae.errors import InputError
from tvae.export.trackers import names, opening
from tvae.export.trackers.names import check_trackers
from tvae.export.trackers.opening import opened_trackers
from tvae.export.trackers.tracking import ArmValues, Tracker, Tracking, tracked
from tvae.runs.history import read_history
from tvae.runs.recording import Recording
from tvae.runs.run import read_metrics

ROOT = Path(__file__).parents[2]
SMALL = ("--data.name", "digits", "--train.epochs", "1", "--train.batch-size", "64")
CONFIG = RunConfig(data=DataConfig(name="digits"), train=TrainConfig(epochs=2, batch_size=64))


def trained(folder: Path, trackers: Mapping[str, Tracker], warnings: list[str]) -> int:
    """Train a small run in this folder, followed by the trackers; returns the number of its reports."""
    dataset = load_dataset("digits")
    recording = Recording(CONFIG, dataset, folder, "a test")
    tracking = Tracking(trackers, recording.training.steps_per_epoch, warnings.append)
    return sum(1 for _ in tracked(recording.reports(), recording, dataset.test, tracking, warnings.append))


def events(folder: Path) -> Iterator[Event]:
    """The events in the files of a folder, read as TensorBoard's protocol says."""
    for path in sorted(folder.iterdir()):
        content = path.read_bytes()
        while content:  # a record: its length as 8 bytes, a checksum of 4, its bytes, a checksum of 4
            length = int.from_bytes(content[:8], "little")
            yield Event.FromString(content[12 : 12 + length])
            content = content[16 + length :]


def scalars(folder: Path) -> dict[str, list[tuple[int, float]]]:
    """Steps and values of each scalar."""
    found: dict[str, list[tuple[int, float]]] = {}
    for event in events(folder):
        for value in event.summary.value:
            if value.WhichOneof("value") == "simple_value":
                found.setdefault(value.tag, []).append((event.step, value.simple_value))
    return found


def test_event_files_have_losses_live_accuracy_settings_and_final_metrics(tmp_path):
    warnings: list[str] = []
    steps = trained(tmp_path, opened_trackers(["tensorboard"], CONFIG, tmp_path, warnings.append), warnings)
    history, metrics = read_history(tmp_path), read_metrics(tmp_path)
    assert metrics is not None and steps == 44 and warnings == []
    assert sorted(path.name for path in (tmp_path / "events").iterdir()) == ["tvae", "vae"]
    for arm in CONFIG.arms:
        values = scalars(tmp_path / "events" / arm)
        for term in ("reconstruction", "kl", "triplet", "total"):
            told = values[f"loss/{term}"]
            assert [step for step, _ in told] == [row["step"] for row in history]
            assert [value for _, value in told] == pytest.approx([row["arms"][arm][term] for row in history], abs=1e-4)
        (first, share), *_ = values["live/triplet_accuracy_m0.1"]
        assert 0 < first <= steps and 0 < share < 1
        for margin, accuracy in metrics["arms"][arm]["triplet_accuracy"].items():
            ((_, final),) = values[f"final/triplet_accuracy_m{margin}"]
            assert final == pytest.approx(accuracy, abs=1e-6)
        assert values["final/kl"][0][1] == pytest.approx(metrics["arms"][arm]["kl"], rel=1e-5)
        tags = {value.tag: value for event in events(tmp_path / "events" / arm) for value in event.summary.value}
        text = next(value for tag, value in tags.items() if "settings" in tag).tensor.string_val[0].decode()
        assert f"| loss.triplet-weight | {CONFIG.arms[arm].triplet_weight} |" in text
        assert "_hparams_/session_start_info" in tags


class Raising:
    """A tracker that fails at each call."""

    def __init__(self, calls: list[str]) -> None:
        self.calls = calls

    def log(self, step: int, values: ArmValues) -> None:
        self.calls.append("log")
        raise RuntimeError("the disk of\nanother program is full")

    def end(self, metrics: ArmValues) -> None:
        self.calls.append("end")
        raise KeyError("run")


class RaisingAtTheEnd(Raising):
    def log(self, step: int, values: ArmValues) -> None:
        self.calls.append("log")


@pytest.mark.parametrize(("kind", "last"), [(Raising, "log"), (RaisingAtTheEnd, "end")])
def test_a_tracker_that_fails_ends_no_run_and_is_told_no_more(tmp_path, kind, last):
    calls: list[str] = []
    warnings: list[str] = []
    assert trained(tmp_path, {"broken": kind(calls)}, warnings) == 44
    assert read_metrics(tmp_path) is not None
    assert len(warnings) == 1 and warnings[0].startswith("broken is no longer written: ")
    assert calls[-1] == last and calls.count(last) == 1


def test_a_tracker_that_can_t_be_opened_is_left_out_with_a_warning(tmp_path, monkeypatch):
    def refuse(*_: object) -> Tracker:
        raise PermissionError("no")

    monkeypatch.setattr(opening, "_tracker", refuse)
    warnings: list[str] = []
    assert opened_trackers(["tensorboard"], CONFIG, tmp_path, warnings.append) == {}
    assert warnings == ["tensorboard is not written: PermissionError: no"]


def test_a_run_that_is_left_early_has_no_final_metrics(tmp_path):
    dataset = load_dataset("digits")
    recording = Recording(CONFIG, dataset, tmp_path, "a test")
    warnings: list[str] = []
    trackers = opened_trackers(["tensorboard"], CONFIG, tmp_path, warnings.append)
    tracking = Tracking(trackers, recording.training.steps_per_epoch, warnings.append)
    reports = tracked(recording.reports(), recording, dataset.test, tracking, warnings.append)
    for report in reports:
        if report.step == 10:
            break
    reports.close()
    values = scalars(tmp_path / "events" / "tvae")
    assert values["loss/kl"][-1][0] == 10 and not [name for name in values if name.startswith("final/")]
    assert warnings == []


def test_what_is_not_installed_is_said_before_anything_is_trained(monkeypatch):
    monkeypatch.setitem(names.PACKAGES, "mlflow", ("tvae_none_of_this_name", "mlflow-skinny"))
    with pytest.raises(InputError, match="log: mlflow needs mlflow-skinny; pip install mlflow-skinny"):
        check_trackers(["tensorboard", "mlflow"])


def test_the_command_writes_them_into_the_run_s_folder(tmp_path):
    done = tvae("train", "--out", tmp_path / "run", *SMALL, "--log", "tensorboard")
    assert done.returncode == 0, done.stderr
    for arm in ("vae", "tvae"):
        assert scalars(tmp_path / "run" / "events" / arm)["loss/total"][-1][0] == 22


def followed_by(folder: Path, tracker: str) -> None:
    """Train a small run in a process of its own: these packages change much of the one that imports them."""
    words = ["train", "--out", str(folder), *SMALL, "--log", tracker]
    done = subprocess.run([sys.executable, "-m", "tvae", *words], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0 and done.stderr == "", done.stderr


def printed(script: str, argument: Path) -> Any:
    """What a script prints as JSON."""
    environment = {**os.environ, "MLFLOW_DISABLE_TELEMETRY": "true"}
    command = [sys.executable, "-c", script, argument.as_posix()]
    done = subprocess.run(command, capture_output=True, text=True, env=environment)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


MLFLOW_READER = """
import json, sys
from mlflow import MlflowClient
client = MlflowClient(tracking_uri=f"sqlite:///{sys.argv[1]}")
runs = client.search_runs([client.get_experiment_by_name("TVAE Explorer").experiment_id])
print(json.dumps({run.info.run_name: {
    "status": run.info.status, "params": run.data.params, "metrics": run.data.metrics,
    "steps": [metric.step for metric in client.get_metric_history(run.info.run_id, "loss/kl")],
} for run in runs}))
"""


def test_mlflow_s_own_client_reads_the_run_of_each_arm(tmp_path):
    followed_by(tmp_path / "one", "mlflow")
    runs = printed(MLFLOW_READER, tmp_path / "mlflow.db")
    metrics, history = read_metrics(tmp_path / "one"), read_history(tmp_path / "one")
    assert metrics is not None and set(runs) == {"one/vae", "one/tvae"}
    for arm, figures in metrics["arms"].items():
        run = runs[f"one/{arm}"]
        assert run["status"] == "FINISHED" and run["params"]["train.epochs"] == "1"
        assert run["params"]["loss.triplet-weight"] == ("0.0" if arm == "vae" else "15.0")
        assert run["steps"] == [row["step"] for row in history]
        assert run["metrics"]["loss/kl"] == pytest.approx(history[-1]["arms"][arm]["kl"], abs=1e-4)
        assert run["metrics"]["final/triplet_accuracy_m0.1"] == figures["triplet_accuracy"]["0.1"]
        assert "live/triplet_accuracy_m0" in run["metrics"]


WANDB_READER = """
import json, pathlib, sys
from wandb.proto.wandb_internal_pb2 import Record
content = pathlib.Path(sys.argv[1]).read_bytes()
place, part, rows, config, summary, name = 7, b"", [], {}, {}, ""  # after what says which program wrote it
while place + 7 <= len(content):  # LevelDB's log: blocks of 32,768 bytes, of records that are in one part or several
    if (left := 32768 - place % 32768) < 7:
        place += left
        continue
    length, kind = int.from_bytes(content[place + 4 : place + 6], "little"), content[place + 6]
    part += content[place + 7 : place + 7 + length]
    place += 7 + length
    if kind not in (1, 4):
        continue
    record, part = Record.FromString(part), b""
    for item in record.run.config.update:
        config[item.key] = json.loads(item.value_json)
    name = record.run.display_name or name
    if record.history.item:
        rows.append({"/".join(i.nested_key) or i.key: json.loads(i.value_json) for i in record.history.item})
    for item in record.summary.update:
        summary["/".join(item.nested_key) or item.key] = json.loads(item.value_json)
print(json.dumps({"name": name, "rows": rows, "config": config, "summary": summary}))
"""


def test_the_offline_files_of_weights_and_biases_hold_the_run_of_each_arm(tmp_path):
    followed_by(tmp_path / "one", "wandb")
    files = list((tmp_path / "one" / "wandb").glob("offline-run-*/run-*.wandb"))
    runs = {run["name"]: run for run in (printed(WANDB_READER, file) for file in files)}
    metrics, history = read_metrics(tmp_path / "one"), read_history(tmp_path / "one")
    assert metrics is not None and set(runs) == {"one/vae", "one/tvae"}
    for arm, figures in metrics["arms"].items():
        run = runs[f"one/{arm}"]
        assert run["config"]["train.epochs"] == 1
        told = [row for row in run["rows"] if "loss/kl" in row]
        assert [row["step"] for row in told] == [row["step"] for row in history]
        assert told[-1]["loss/kl"] == pytest.approx(history[-1]["arms"][arm]["kl"], abs=1e-4)
        assert run["summary"]["final/triplet_accuracy_m0.1"] == figures["triplet_accuracy"]["0.1"]
