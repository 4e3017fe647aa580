"""A run resumed from its file goes on equal to the bit, whatever the order of its weights in memory."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import safetensors.numpy

from tests.conftest import assert_both_end_alike
from tvae.config import ModelConfig, RunConfig, TrainConfig
from tvae.errors import InputError
from tvae.runs.resume_file import Standing, read_resume_file, write_resume_file
from tvae.training.loop import Training


@pytest.mark.parametrize("step", ["plain", "fast-float32", "fast-bfloat16"])
def test_a_run_taken_up_again_goes_on_to_the_bit(blobs, tmp_path, step):
    train = TrainConfig(epochs=2, batch_size=10, step=step)
    config = RunConfig(model=ModelConfig(hidden=8, latent_dim=3), train=train)
    one, other = Training(config, blobs), Training(config, blobs)
    reports = one.reports()
    for _ in range(4):
        next(reports)
    write_resume_file(
        tmp_path / "resume", one, Standing(step=4, steps=one.steps, seconds=1.0, waiting={"count": 0, "arms": {}})
    )
    standing, tensors = read_resume_file(tmp_path / "resume", config, (4, 4, 1))
    for name, arm in other.arms.items():
        arm.restore(tensors[name])
    other.step = standing.step
    assert_both_end_alike(one, reports, other)


CONFIG = RunConfig(model=ModelConfig(hidden=8, latent_dim=3), train=TrainConfig(epochs=2, batch_size=10))
STANDING = {"step": 4, "steps": 12, "seconds": 1.5, "waiting": {"count": 1, "arms": {"vae": {"kl": 2.5}}}}


@pytest.fixture
def kept(blobs, tmp_path) -> Path:
    path = tmp_path / "resume"
    write_resume_file(path, Training(CONFIG, blobs), Standing(**STANDING))
    return path


def rewritten(path: Path, standing: object, change: Callable[[dict[str, np.ndarray]], object] = lambda tensors: None):
    tensors = safetensors.numpy.load_file(path)
    change(tensors)
    safetensors.numpy.save_file(tensors, path, {"tvae.resume": json.dumps(standing)})


@pytest.mark.parametrize("changed", [{}, {"step": 0}, {"step": 12}, {"seconds": 1}])
def test_where_a_run_stood_is_read(kept, changed):
    rewritten(kept, STANDING | changed)
    assert read_resume_file(kept, CONFIG, (4, 4, 1))[0] == Standing(**(STANDING | changed))


@pytest.mark.parametrize(
    "standing",
    [
        *(STANDING | changed for changed in (
            {"step": -1}, {"step": 13}, {"step": 4.0}, {"step": True}, {"steps": 12.5}, {"seconds": "long"},
            {"seconds": None}, {"waiting": []}, {"more": 1},
        )),
        {"step": 4},
        [],
        None,
    ],
)  # fmt: skip
def test_a_file_that_does_not_say_where_the_run_stood_is_refused(kept, standing):
    rewritten(kept, standing)
    with pytest.raises(InputError, match="resume: does not say where the run stood"):
        read_resume_file(kept, CONFIG, (4, 4, 1))
    safetensors.numpy.save_file(safetensors.numpy.load_file(kept), kept)
    with pytest.raises(InputError, match="resume: does not say where the run stood"):
        read_resume_file(kept, CONFIG, (4, 4, 1))


def test_another_run_s_file_a_cut_one_and_one_without_finite_numbers_are_refused(kept):
    content = kept.read_bytes()
    for length in (0, 7, 100, len(content) - 1):
        kept.write_bytes(content[:length])
        with pytest.raises(InputError, match="resume: "):
            read_resume_file(kept, CONFIG, (4, 4, 1))
    kept.write_bytes(content)
    with pytest.raises(InputError, match="has shape"):
        read_resume_file(kept, CONFIG, (5, 5, 1))
    for change, told in (
        (lambda tensors: tensors.popitem(), "is missing"),
        (lambda tensors: tensors.update(other=np.zeros(1, np.float32)), "unknown tensor 'other'"),
        (lambda tensors: next(iter(tensors.values())).fill(np.nan), "not finite"),
    ):
        kept.write_bytes(content)
        rewritten(kept, STANDING, change)
        with pytest.raises(InputError, match=told):
            read_resume_file(kept, CONFIG, (4, 4, 1))
    kept.write_bytes(content + bytes(2**20))
    with pytest.raises(InputError, match="a file of this kind has at most"):
        read_resume_file(kept, CONFIG, (4, 4, 1))
