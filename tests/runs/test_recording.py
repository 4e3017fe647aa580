import math
import time
from dataclasses import replace
from itertools import pairwise
from types import SimpleNamespace

import numpy as np
import pytest

from tests.conftest import small_run_config
from tvae.config import ModelConfig
from tvae.errors import InputError
from tvae.runs.encodings import read_encoding
from tvae.runs.evaluation import encode_split
from tvae.runs.history import read_history
from tvae.runs.recording import Recording, record
from tvae.runs.resume_file import Standing, read_resume_file, write_resume_file
from tvae.runs.run import read_metrics, read_run
from tvae.runs.snapshots import SNAPSHOT_BUDGET, snapshot_steps, take_snapshot
from tvae.runs.weights import read_weights
from tvae.training.loop import Training


@pytest.fixture(scope="module")
def trained(tmp_path_factory, digits):
    folder = tmp_path_factory.mktemp("runs") / "small"
    for _ in record(small_run_config(), digits, folder, "python -m tvae train", half=True):
        pass
    return read_run(folder)


def test_snapshots_lie_at_squares_and_begin_at_the_start(trained):
    steps = trained.provenance.step
    count = 267 * 16 // 359  # so short a run keeps fewer
    assert trained.snapshots == tuple(sorted({round(steps * (k / count) ** 2) for k in range(count)}))
    assert trained.snapshots[0] == 0
    assert snapshot_steps(trained, 1_000) == {round(1_000 * (k / 24) ** 2) for k in range(24)}
    assert len(snapshot_steps(trained, 100)) == 8


def test_large_runs_keep_fewer_snapshots_within_the_budget(trained):
    large = replace(trained, config=replace(trained.config, model=ModelConfig(hidden=10_000, latent_dim=500)))
    steps = snapshot_steps(large, 1_000)
    assert 0 < len(steps) < 24
    weights = 2 * (64 * 10_000 + 10_000 * 1_000 + 500 * 10_000 + 10_000 * 64)  # float16, without the biases
    assert len(steps) * 2 * weights <= SNAPSHOT_BUDGET
    giant = replace(trained, config=replace(trained.config, model=ModelConfig(hidden=16_384, latent_dim=1_024)))
    assert snapshot_steps(giant, 1_000) == frozenset()


def test_a_snapshot_is_the_model_of_its_step(trained, digits):
    step = trained.snapshots[5]
    training = Training(small_run_config(), digits.train)
    for report in training.reports():
        if report.step == step:
            break
    kept = read_weights(trained.at(step), "tvae")
    for name, tensor in training.arms["tvae"].model.state_dict().items():
        np.testing.assert_array_equal(kept[name], tensor.numpy().astype(np.float16).astype(np.float32))
    assert trained.at(step).epoch == step / (len(digits.train) // small_run_config().train.batch_size)
    assert trained.at(step).at(None) == trained


def test_a_snapshot_s_encoding_is_what_its_weights_encode(trained, digits):
    shot = trained.at(trained.snapshots[-1])
    kept, fresh = read_encoding(shot, "test"), encode_split(shot, digits.test)
    assert kept is not None
    for arm in ("vae", "tvae"):
        np.testing.assert_allclose(kept.means[arm], fresh.means[arm], rtol=1e-3, atol=1e-4)
        np.testing.assert_array_equal(kept.arms[arm].errors, fresh.arms[arm].errors)
    ended = read_encoding(trained, "test")
    assert ended is not None
    assert not np.allclose(ended.means["tvae"], kept.means["tvae"], atol=1e-4)


def test_a_snapshot_without_its_encoding_was_torn_and_is_not_offered(trained, tmp_path):
    import shutil

    copy = read_run(shutil.copytree(trained.folder, tmp_path / "copy"))
    last = copy.snapshots[-1]
    (copy.folder / "snapshots" / str(last) / "encoding-test.npz").unlink()
    (copy.folder / "snapshots" / "no-number").mkdir()
    assert copy.snapshots == trained.snapshots[:-1]
    with pytest.raises(InputError, match=f"no snapshot at step {last}; it keeps 0, "):
        copy.at(last)


def test_half_precision_keeps_the_numbers_within_a_tenth_of_a_point(trained, digits, tmp_path):
    for _ in record(small_run_config(), digits, tmp_path / "full", "python -m tvae train"):
        pass
    full, half = read_metrics(tmp_path / "full"), read_metrics(trained.folder)
    assert full is not None
    assert half is not None
    for arm, numbers in full["arms"].items():
        for margin, share in numbers["triplet_accuracy"].items():
            assert half["arms"][arm]["triplet_accuracy"][margin] == pytest.approx(share, abs=1e-3)
        assert half["arms"][arm]["reconstruction"] == pytest.approx(numbers["reconstruction"], rel=1e-3)
    files = {path.name: path.stat().st_size for path in trained.folder.glob("*.safetensors")}
    assert all(size < 0.6 * (tmp_path / "full" / name).stat().st_size for name, size in files.items())


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "run").mkdir()
    return tmp_path / "run"


@pytest.mark.parametrize("step", [89, 100])  # the end of an epoch, and the middle of one
def test_a_run_that_was_left_and_gone_on_with_ends_as_one_that_never_was(step, trained, digits, folder):
    config, resume_file = small_run_config(), folder.parent / "resume.safetensors"
    recording = Recording(config, digits, folder, "", half=True, resume_file=resume_file)
    reports = recording.reports()
    while next(reports).step < step:
        pass
    reports.close()
    left = read_run(folder).provenance
    assert (left.step, left.finished) == (step, False)
    again = Recording(config, digits, folder, "", half=True, resume_file=resume_file)
    assert again.seconds >= recording.seconds - 0.1 > 0
    assert [report.step for report in again.reports()] == list(range(step + 1, trained.provenance.step + 1))
    ended = read_run(folder)
    assert (ended.provenance.finished, ended.provenance.started) == (True, left.started)
    assert ended.snapshots == trained.snapshots
    for arm in config.arms:
        for name, tensor in read_weights(trained, arm).items():
            np.testing.assert_array_equal(read_weights(ended, arm)[name], tensor)
    histories = [[{**row, "images_per_second": 0} for row in read_history(run.folder)] for run in (ended, trained)]
    assert histories[0] == histories[1]


def test_a_warm_start_begins_with_the_other_run_s_weights(trained, digits, folder):
    for _ in record(small_run_config(), digits, folder, "", start_from=trained):
        break
    run = read_run(folder)
    for arm in run.config.arms:
        for name, tensor in read_weights(trained, arm).items():
            np.testing.assert_array_equal(read_weights(run.at(0), arm)[name], tensor)
    assert run.provenance.started_from == f"{trained.name} at step {trained.step:,}"


def test_weights_are_saved_each_epoch_and_what_a_resume_needs_with_each_snapshot_too(digits, folder, monkeypatch):
    monkeypatch.setattr("tvae.runs.recording.KEEPING_SHARE", math.inf)
    config, resume_file = small_run_config(), folder.parent / "resume.safetensors"
    recording = Recording(config, digits, folder, "python -m tvae train", resume_file=resume_file)
    steps, epoch = recording.training.steps, recording.training.steps_per_epoch
    ends, shots = {epoch, 2 * epoch}, snapshot_steps(recording.run, steps) - {0}
    assert shots and not ends & shots
    for report in recording.reports():
        if report.step in ends:
            assert read_run(folder).provenance.step == report.step
        if report.step in ends | shots:
            assert read_resume_file(resume_file, config, digits.train.image_shape)[0].step == report.step
    assert not resume_file.exists()
    assert not read_run(folder).provenance.half_precision


def test_the_resume_file_takes_a_fiftieth_of_the_time(digits, folder, monkeypatch):
    now, kept = 0.0, []

    def written(*_: object) -> None:
        nonlocal now
        now += 1.0
        kept.append(now)

    monkeypatch.setattr("tvae.runs.recording.write_resume_file", written)
    monkeypatch.setattr("tvae.runs.recording.finish", lambda *_, **__: None)
    monkeypatch.setattr("tvae.runs.recording.time", SimpleNamespace(monotonic=lambda: now))
    recording = Recording(small_run_config(), digits, folder, "", resume_file=folder.parent / "resume.safetensors")
    for _ in recording.reports():
        now += 1.0
    *on_the_way, _ = kept  # once more at the end
    assert len(on_the_way) > 3
    assert all(later - earlier >= 50 for earlier, later in pairwise(on_the_way))


def test_saving_the_weights_takes_a_fiftieth_of_the_time(digits, folder, monkeypatch):
    """Also of a data set whose epochs are a few steps; the last weights are saved all the same."""
    now, saved = 0.0, []

    def written(*arguments: object, **_: object) -> None:
        nonlocal now
        now += 1.0
        saved.append(now)

    monkeypatch.setattr("tvae.runs.recording.write_weights", written)
    monkeypatch.setattr("tvae.runs.recording.finish", lambda *_, **__: None)
    monkeypatch.setattr("tvae.runs.recording.time", SimpleNamespace(monotonic=lambda: now))
    usual = small_run_config()
    config = replace(usual, train=replace(usual.train, epochs=60, batch_size=256))  # five steps an epoch
    for report in Recording(config, digits, folder, "").reports():
        now += 1.0
        last = report.step == report.steps
    first, *on_the_way, _ = saved
    assert last and first == 1.0 and len(on_the_way) > 3
    assert all(later - earlier >= 50 for earlier, later in pairwise(on_the_way))


def test_a_resumed_run_with_a_time_budget_keeps_the_number_of_steps_that_it_had_settled_on(digits, folder, monkeypatch):
    monkeypatch.setattr("tvae.runs.recording.finish", lambda *_, **__: None)
    config, resume_file = small_run_config(), folder.parent / "resume.safetensors"
    stood = Standing(step=3, steps=20, seconds=1.0, waiting={"count": 0, "arms": {}})
    write_resume_file(resume_file, Training(config, digits.train), stood)
    recording = Recording(config, digits, folder, "", seconds=1_000.0, resume_file=resume_file)
    assert recording.budget == 1_000.0
    reports = list(recording.reports())
    assert [report.step for report in reports] == list(range(4, 21))
    assert {report.steps for report in reports} == {20}


def test_slow_snapshots_of_a_run_with_a_time_budget_are_few(digits, folder, monkeypatch):
    def slow(*arguments) -> None:
        time.sleep(0.05)
        take_snapshot(*arguments)

    monkeypatch.setattr("tvae.runs.recording.take_snapshot", slow)
    monkeypatch.setattr("tvae.runs.recording.finish", lambda *_, **__: None)
    usual = small_run_config()
    for _ in record(replace(usual, train=replace(usual.train, epochs=1_000)), digits, folder, "", seconds=1.0):
        pass
    assert 1 < len(read_run(folder).snapshots) <= 5


def test_a_folder_that_holds_something_or_can_not_be_written_is_refused(digits, folder):
    note = folder / "note.txt"
    note.write_text("mine")
    for refused, told in ((folder, "is not empty"), (note / "run", "can't be written")):
        with pytest.raises(InputError, match=told):
            next(record(small_run_config(), digits, refused, ""))
    assert list(folder.iterdir()) == [note]
