import json

import pytest

from tests.cli.test_cli import SMALL, tvae
from tvae.jobs.jobs import Jobs
from tvae.runs.run import read_run


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("TVAE_RUNS", str(tmp_path / "runs"))
    return tmp_path / "runs"


def test_a_run_is_started_listed_watched_and_used(folder, tmp_path):
    started = tvae("jobs", "start", *SMALL, "--loss.margin", "0.5", "--name", "mine")
    assert started.returncode == 0, started.stderr
    run_id = started.stdout.strip()
    (row,) = json.loads(tvae("jobs", "list", "--json").stdout)
    assert set(row) == {"id", "state", "reason", "step", "steps"}
    assert (row["id"], row["steps"]) == (run_id, 2 * (1438 // 32))
    watched = tvae("jobs", "watch", run_id)
    assert watched.returncode == 0, watched.stderr
    assert f"{run_id}: done at step 88 of 88" in watched.stdout
    assert read_run(folder / run_id).config.arms["tvae"].margin == 0.5
    assert "mine" in tvae("jobs", "list").stdout
    assert json.loads(tvae("jobs", "list", "--json").stdout)[0]["state"] == "done"
    assert json.loads(tvae("evaluate", folder / run_id, "--margins", "0", "--json").stdout)["n"] == 359
    assert tvae("encode", folder / run_id, "--out", tmp_path / "means.npz").returncode == 0
    again = tvae("jobs", "resume", run_id)
    assert (again.returncode, again.stdout) == (2, "")
    assert "is done" in again.stderr


def test_a_run_is_stopped_and_resumed():
    run_id = tvae("jobs", "start", *SMALL, "--train.epochs", "50000").stdout.strip()
    stopped = tvae("jobs", "stop", run_id)
    assert stopped.returncode == 0
    assert f"{run_id}: stopped" in stopped.stdout
    assert tvae("jobs", "watch", run_id).returncode == 1
    assert tvae("jobs", "stop", run_id).returncode == 0
    assert tvae("jobs", "resume", run_id).returncode == 0
    assert json.loads(tvae("jobs", "list", "--json").stdout)[0]["state"] in ("queued", "running")
    assert tvae("jobs", "stop", run_id).returncode == 0


IMPOSSIBLE = (
    *((f"loss.{name}", ("nan", "-1", "1e300", "inf")) for name in ("margin", "triplet-weight", "kl-weight")),
    ("loss.reconstruction-weight", ("nan", "-1", "1e300", "inf")),
    ("train.epochs", ("0", "-1", "1000000")),
    ("train.batch-size", ("0", "-1", "1000000")),
    ("train.seed", ("-1", str(2**63))),
    ("train.learning-rate", ("nan", "0", "-1", "1e300")),
    ("model.latent-dim", ("0", "-1", "1000000")),
    ("model.hidden", ("0", "-1", "1000000")),
    ("seconds", ("nan", "0", "-1", "1e300", "inf")),
)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("jobs", "stop", "../.."), "not found"),
        (("jobs", "watch", "nothere"), "not found"),
        *((("jobs", "start", f"--{field}", value), f"{field}: ") for field, values in IMPOSSIBLE for value in values),
        *((("jobs", "start", f"--{field}", "text"), f"--{field}") for field, _ in IMPOSSIBLE),
        (("jobs", "start", "--data.name", "../.."), "data.name: unknown data set '../..'"),
        (("jobs", "start", "--train.batch-size", "60001"), "train.batch-size: 60001 is more than the 60000 images"),
        (("jobs", "start", "--name", "x" * 241), "name: "),
        (("jobs", "start", "--start-from", "nowhere"), "nowhere: no such folder"),
        (("jobs", "dance"), "unknown command 'jobs dance'"),
    ],
)
def test_wrong_input_is_one_line_and_starts_nothing(words, message, folder):
    done = tvae(*words)
    assert (done.returncode, done.stdout) == (2, "")
    assert message in done.stderr
    assert done.stderr.count("\n") == 1
    assert json.loads(tvae("jobs", "list", "--json").stdout) == []


def test_a_home_that_can_not_be_written_names_tvae_runs(monkeypatch):
    monkeypatch.delenv("TVAE_RUNS")
    monkeypatch.delenv("XDG_DATA_HOME", raising=False)
    monkeypatch.setenv("HOME", "/proc/nohome")
    done = tvae("jobs", "start", *SMALL)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert "the folder of runs can't be written" in done.stderr
    assert "TVAE_RUNS" in done.stderr and "/proc/nohome" in done.stderr


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("jobs", "start", "--data.name", "digits"), "arms: 2; a run has at most 1 here, so leave some out"),
        (("train", "--data.name", "digits", "--out", "new"), "arms: 2; a run has at most 1 here, so leave some out"),
        (
            ("jobs", "start", "--preset", "vae", "--data.name", "digits", "--seconds", "61"),
            "must be a finite number from 1 to 60",
        ),
    ],
)
def test_what_is_over_a_limit_is_one_line_and_starts_nothing(words, message, folder, tmp_path, monkeypatch):
    (tmp_path / "limits.toml").write_text("run_arms = 1\nrun_seconds = 60")
    monkeypatch.setenv("TVAE_LIMITS", str(tmp_path / "limits.toml"))
    monkeypatch.chdir(tmp_path)
    done = tvae(*words)
    assert done.returncode == 2 and message in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert not (tmp_path / "new").exists() and not Jobs(folder).runs()
