import json
from dataclasses import replace

import numpy as np
import pytest
import safetensors.numpy

from tests.conftest import small_run_config
from tvae.errors import InputError
from tvae.runs.recording import Recording, record
from tvae.runs.replays.recorded import MOST_MOMENTS, REPLAY, read_replay, replay_rows, replay_steps
from tvae.runs.run import read_run
from tvae.training.loop import Training


@pytest.fixture(scope="module")
def trained(tmp_path_factory, digits):
    folder = tmp_path_factory.mktemp("runs") / "small"
    for _ in record(small_run_config(), digits, folder, ""):
        pass
    return read_run(folder)


def rewritten(run, folder, tensors=None, header=None):
    """A copy of the run whose replay has other tensors or another header."""
    content = (run.folder / REPLAY).read_bytes()
    length = int.from_bytes(content[:8], "little")
    own = json.loads(content[8 : 8 + length])["__metadata__"]
    (folder / REPLAY).parent.mkdir(parents=True)
    changed = safetensors.numpy.load(content) | (tensors or {})
    (folder / REPLAY).write_bytes(safetensors.numpy.save(changed, header or own))
    return type(run)(folder, run.config, run.provenance)


def test_a_replay_holds_the_means_of_its_moments_to_half_a_level(trained, digits):
    replay = read_replay(trained)
    assert replay is not None
    np.testing.assert_array_equal(replay.rows, np.arange(len(digits.test)))
    steps = replay.steps.tolist()
    assert steps[0] == 0
    assert steps[-1] == trained.step
    training = Training(small_run_config(), digits.train)
    pixels = digits.test.pixels()
    moments = {0: training.means_of(pixels)}
    moments |= {report.step: training.means_of(pixels) for report in training.reports() if report.step in steps}
    for moment, step in enumerate(steps):
        for arm, means in moments[step].items():
            level = replay.scales[arm][moment]
            np.testing.assert_allclose(level, np.abs(means).max(axis=0) / 127, rtol=1e-6)
            assert (np.abs(replay.means(arm)[moment] - means) <= 0.501 * level).all()


def test_moments_double_at_first_and_are_even_later():
    steps = sorted(replay_steps(9_360, 128, 2_000))
    assert steps[:8] == [0, 1, 2, 4, 8, 16, 32, 64]
    assert steps[-1] == 9_360
    assert len(steps) == MOST_MOMENTS
    assert set(np.diff(steps[9:]).tolist()) <= {183, 184}
    assert len(replay_steps(936, 128, 2_000)) <= 22  # encoding is 2 % of a short run's work
    assert max(replay_steps(5, 16, 359)) == 5


def test_a_run_of_many_arms_follows_fewer_images(trained, digits):
    loss = trained.config.arms["tvae"]
    arms = {f"w{place}": loss for place in range(64)}
    config = replace(trained.config, arms=arms, model=replace(trained.config.model, latent_dim=20))
    many = replace(trained, config=config)
    rows = replay_rows(many, digits.test)
    assert 0 < 60 * 64 * 20 * len(rows) <= 6 * 2**20
    assert len(np.unique(digits.test.labels[rows])) == 10


def test_a_resumed_run_has_the_replay_of_one_that_ran_through(trained, digits, tmp_path):
    folder, resume_file = tmp_path / "run", tmp_path / "resume.safetensors"
    folder.mkdir()
    recording = Recording(small_run_config(), digits, folder, "", resume_file=resume_file)
    reports = recording.reports()
    for report in reports:
        if report.step == 100:
            break
    reports.close()
    again = Recording(small_run_config(), digits, folder, "", resume_file=resume_file)
    for _ in again.reports():
        pass
    assert (folder / REPLAY).read_bytes() == (trained.folder / REPLAY).read_bytes()


def test_a_run_of_before_there_were_replays_has_none(trained, tmp_path):
    assert read_replay(type(trained)(tmp_path, trained.config, trained.provenance)) is None


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("rows", lambda rows: rows[::-1].copy()),
        ("rows", lambda rows: rows + 1),
        ("steps", lambda steps: np.zeros_like(steps)),
        ("scales/vae", lambda scales: scales * np.float32("nan")),
        ("scales/vae", lambda scales: scales[1:]),
        ("codes/tvae", lambda codes: codes.astype(np.int16)),
        ("codes/other", lambda _: np.zeros(1, np.int8)),
    ],
)
def test_what_is_no_replay_of_the_run_is_refused(trained, tmp_path, name, change):
    tensors = safetensors.numpy.load((trained.folder / REPLAY).read_bytes())
    with pytest.raises(InputError, match="not the replay of this run"):
        read_replay(rewritten(trained, tmp_path / "run", {name: change(tensors.get(name))}))


def test_another_version_and_a_cut_file_are_refused(trained, tmp_path):
    header = {"tvae.replay": json.dumps({"version": 2, "test": trained.provenance.test.fingerprint})}
    with pytest.raises(InputError, match="not the replay"):
        read_replay(rewritten(trained, tmp_path / "version", header=header))
    cut = rewritten(trained, tmp_path / "cut")
    (cut.folder / REPLAY).write_bytes((cut.folder / REPLAY).read_bytes()[:-5])
    with pytest.raises(InputError, match="not a whole safetensors file"):
        read_replay(cut)
