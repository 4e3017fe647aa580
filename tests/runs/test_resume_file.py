"""A run put down in a file and taken up again goes on to the bit, whatever the order of its weights in memory."""

import pytest

from tests.conftest import assert_both_end_alike
from tvae.config import ModelConfig, RunConfig, TrainConfig
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
    write_resume_file(tmp_path / "resume", one, Standing(step=4, steps=one.steps, seconds=1.0, waiting={}))
    standing, tensors = read_resume_file(tmp_path / "resume", config, 16)
    for name, arm in other.arms.items():
        arm.restore(tensors[name])
    other.step = standing.step
    assert_both_end_alike(one, reports, other)
