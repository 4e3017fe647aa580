"""A run that is resumed under another number of threads ends equal to the bit: every arm's step runs on one thread."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from tests.conftest import small_run_config
from tvae.config import ModelConfig, RunConfig
from tvae.data import Dataset, Split
from tvae.runs.recording import Recording
from tvae.runs.run import read_run
from tvae.runs.weights import read_weights


@pytest.fixture(autouse=True)
def threads() -> Iterator[None]:
    """Restores torch's number of threads afterwards."""
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


def few(split: Split, count: int) -> Split:
    return replace(split, images=split.images[:count].copy(), labels=split.labels[:count].copy(), notions={})


@pytest.fixture
def data(digits) -> Dataset:
    """Some images: the loss of a step and the order of sums are what counts here."""
    return replace(digits, train=few(digits.train, 200), test=few(digits.test, 100))


def ended(config: RunConfig, data: Dataset, folder: Path, *threads: int) -> dict[str, bytes]:
    """Train a run to its end, each part of five steps under another number of threads; the bytes of its weights."""
    folder.mkdir()
    for number in threads:
        torch.set_num_threads(number)
        reports = Recording(config, data, folder, "train", resume_file=folder / "resume").reports()
        for _ in zip(range(5), reports, strict=False):
            pass
        reports.close()
    for _ in Recording(config, data, folder, "train", resume_file=folder / "resume").reports():
        pass
    assert read_run(folder).provenance.finished
    run = read_run(folder)
    tensors = {f"{arm}/{name}": tensor for arm in config.arms for name, tensor in read_weights(run, arm).items()}
    return {name: tensor.tobytes() for name, tensor in tensors.items()}


@pytest.mark.parametrize("step", ["plain", "fast-float32", "fast-bfloat16", "convolutions"])
def test_a_run_that_is_resumed_under_another_number_of_threads_ends_equal_to_the_bit(step, tmp_path, data):
    config = small_run_config()
    train = replace(config.train, epochs=2, batch_size=16, step="plain" if step == "convolutions" else step)
    model = ModelConfig(kind="conv", hidden=8, latent_dim=4) if step == "convolutions" else config.model
    config = replace(config, model=model, train=train)
    one = ended(config, data, tmp_path / "one", 1)
    assert ended(config, data, tmp_path / "two", 2) == one
    assert ended(config, data, tmp_path / "in turns", 2, 1, 4) == one


def test_what_is_measured_of_equal_weights_under_other_threads_is_equal_but_for_rounding(tmp_path, data):
    config = replace(small_run_config(), train=replace(small_run_config().train, epochs=1, batch_size=50))
    for number in (1, 2):
        ended(config, data, tmp_path / str(number), number)
    one, two = (np.load(tmp_path / name / "encoding-test.npz") for name in ("1", "2"))
    assert sorted(one) == sorted(two)
    for name in one:
        np.testing.assert_allclose(one[name], two[name], atol=1e-5)
