"""The doctor's findings on a machine that is as it should be, and on one where each thing in turn is wrong."""

from __future__ import annotations

import importlib.metadata
import shutil
import sqlite3
from pathlib import Path
from types import SimpleNamespace

import pytest

from tvae.data.loading import LocalCopy
from tvae.jobs import doctor
from tvae.jobs.doctor import Finding, findings
from tvae.jobs.queue import JobQueue


@pytest.fixture(autouse=True)
def folders(tmp_path, monkeypatch) -> Path:
    """Folders of this test's own, which do not exist yet, and data sets of which only the digits are here."""
    for variable in ("TVAE_RUNS", "TVAE_DATA", "XDG_DATA_HOME", "XDG_CACHE_HOME"):
        monkeypatch.setenv(variable, str(tmp_path / variable))
    monkeypatch.setattr(doctor, "local_copy", lambda name: LocalCopy(() if name == "digits" else ("images",), ()))
    return tmp_path


def found(subject: str) -> list[Finding]:
    return [finding for finding in findings() if finding.subject == subject]


def one(subject: str) -> Finding:
    (finding,) = found(subject)
    return finding


def test_a_new_machine_is_right_and_nothing_is_made_on_it(folders):
    everything = findings()
    assert [finding for finding in everything if finding.verdict == "wrong"] == []
    assert all(finding.advice for finding in everything if finding.verdict != "right")
    assert all("\n" not in finding.text + finding.advice for finding in everything)
    assert list(folders.iterdir()) == []


@pytest.mark.parametrize(
    ("subject", "variable"),
    [
        ("folder of runs", "TVAE_RUNS"),
        ("folder of data sets", "TVAE_DATA"),
        ("folder of selections", "XDG_DATA_HOME"),
        ("folder of layouts", "XDG_CACHE_HOME"),
    ],
)
def test_a_folder_that_can_not_be_written_is_named_with_its_variable(folders, monkeypatch, subject, variable):
    (folders / "file").touch()
    monkeypatch.setenv(variable, str(folders / "file" / "below"))
    finding = one(subject)
    assert finding.verdict == "wrong"
    assert str(folders / "file") in finding.text and "Not a directory" in finding.text
    assert variable in finding.advice


def test_a_full_disk_is_wrong_and_each_disk_is_named_once(monkeypatch):
    monkeypatch.setattr(shutil, "disk_usage", lambda path: SimpleNamespace(free=1000))
    assert one("disk").verdict == "wrong"


def test_the_limits_in_use_and_what_runs_take_of_the_disk(folders, monkeypatch):
    monkeypatch.delenv("TVAE_LIMITS", raising=False)
    file, runs = folders / "TVAE_RUNS" / "limits.toml", folders / "TVAE_RUNS"
    defaults, disk = found("limits")
    assert defaults.text.startswith("the defaults") and str(file) in defaults.text and "TVAE_LIMITS" in defaults.text
    assert (defaults.verdict, disk) == (
        "right",
        Finding("limits", "right", "runs take 0.0 of 200 GB (server_disk_gb)"),
    )
    runs.mkdir()
    file.write_text("server_disk_gb = 1")
    assert found("limits")[0] == Finding("limits", "right", f"{file} in place of the defaults")
    for bytes_used, verdict, words in ((900_000_000, "better", "0.9 of 1 GB"), (1_000_000_000, "wrong", "1.0 of 1 GB")):
        monkeypatch.setattr(doctor, "bytes_in", lambda folder, used=bytes_used: used)
        _, disk = found("limits")
        assert disk.verdict == verdict and words in disk.text and "delete runs" in disk.advice


@pytest.mark.parametrize(
    ("content", "words"),
    [(None, "can't be read"), ("person_runs = 0", "person_runs: 0 is not possible"), ("peson_runs = 1", "is no limit")],
    ids=["missing", "a wrong value", "no such limit"],
)
def test_a_wrong_file_of_limits_is_one_line_with_what_to_do(folders, monkeypatch, content, words):
    file = folders / "own.toml"
    monkeypatch.setenv("TVAE_LIMITS", str(file))
    if content is not None:
        file.write_text(content)
    finding = one("limits")
    assert finding.verdict == "wrong" and words in finding.text and str(file) in finding.text
    assert finding.advice.startswith(f"mend {file}, or take TVAE_LIMITS out")
    assert "\n" not in finding.text
    monkeypatch.delenv("TVAE_LIMITS")
    runs = folders / "TVAE_RUNS"
    runs.mkdir()
    (runs / "limits.toml").write_text("person_runs = 0")
    assert one("limits").advice.startswith(f"mend {runs / 'limits.toml'}, or remove it")


def test_packages_that_are_not_as_tested(monkeypatch):
    version = importlib.metadata.version

    def other(package: str) -> str:
        if package == "rich":
            raise importlib.metadata.PackageNotFoundError(package)
        return {"plotly": "6.0.0", "torch": f"{version('torch').partition('+')[0]}+cu130"}.get(package) or version(
            package
        )

    monkeypatch.setattr(importlib.metadata, "version", other)
    missing, differing = found("packages")
    assert (missing.verdict, missing.text) == ("wrong", "missing: rich")
    assert differing.verdict == "better" and differing.text.startswith("not as tested together: plotly 6.0.0 (tested: ")
    assert "torch" not in differing.text


@pytest.mark.parametrize(("cuda", "words"), [(None, "built for the processor alone"), ("13.0", "can't use it")])
def test_a_gpu_that_torch_does_not_use(folders, monkeypatch, cuda, words):
    import torch

    monkeypatch.setattr(doctor, "NVIDIA", (folders,))
    monkeypatch.setattr(torch.version, "cuda", cuda)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    finding = one("GPU")
    assert finding.verdict == "better" and words in finding.text and finding.advice


def test_kernels_that_are_not_compiled_yet(folders, monkeypatch):
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(folders / "numba"))
    assert one("kernels").advice == "python -m tvae warm"


def test_a_wrong_file_of_a_data_set_is_named_with_the_command_that_replaces_it(monkeypatch):
    flaws = {"mnist": LocalCopy(("a",), ("passed over ~/a: checksum",)), "usps": LocalCopy((), ("passed over ~/b",))}
    monkeypatch.setattr(doctor, "local_copy", lambda name: flaws.get(name, LocalCopy((), ())))
    verdicts = {finding.text: (finding.verdict, finding.advice) for finding in found("data sets")}
    assert verdicts["mnist: passed over ~/a: checksum"] == ("wrong", "python -m tvae data fetch mnist")
    assert verdicts["usps: passed over ~/b"] == ("better", "python -m tvae data fetch usps")


def test_an_own_data_set_that_can_not_be_read(folders):
    own = folders / "TVAE_DATA" / "own"
    own.mkdir(parents=True)
    (own / "mine.json").write_text("{")
    assert one("own data sets").verdict == "wrong" and "mine" in one("own data sets").text


def test_the_queue_is_counted_and_a_broken_one_is_wrong(folders):
    runs = folders / "TVAE_RUNS"
    runs.mkdir()
    JobQueue(runs).add("left")
    assert one("queue") == Finding(
        "queue",
        "right",
        "0 of 1 at once (TVAE_RUNS_AT_ONCE) train, 0 wait; 1 without a worker, which the next run drops",
    )
    (runs / "queue.sqlite3").write_bytes(b"not a database at all" * 300)
    with pytest.raises(sqlite3.DatabaseError), sqlite3.connect(runs / "queue.sqlite3") as database:
        database.execute("SELECT * FROM queue")
    finding = one("queue")
    assert finding.verdict == "wrong" and "queue.sqlite3" in finding.advice
