"""Several processes that train one run, against the plain step in this one, in float64."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch

from tests.conftest import ROOT
from tests.training.steps import ranks_process
from tests.training.steps.ranks_process import CASES, GOES_ON_AFTER
from tvae.data import Dataset

RANKS = (1, 2, 4)
PATIENCE = 600
"""Seconds until the processes are given up; alone on two cores they take fifteen."""


@pytest.fixture(scope="module")
def float64() -> Iterator[None]:
    """Makes torch's new tensors float64."""
    dtype = torch.get_default_dtype()
    yield torch.set_default_dtype(torch.float64)
    torch.set_default_dtype(dtype)


@pytest.fixture(scope="module")
def ranks(float64, digits: Dataset, tmp_path_factory: pytest.TempPathFactory) -> dict[int, Path]:
    """Folder of what each process wrote, by the number of processes."""
    given = tmp_path_factory.mktemp("given") / "given.npz"
    ranks_process.write_given(given, digits.train)
    folders = {count: tmp_path_factory.mktemp(f"ranks{count}") for count in RANKS}
    started = [process for count in RANKS for process in start_ranks(count, folders[count], given)]
    try:
        for process in started:
            output, _ = process.communicate(timeout=PATIENCE)
            assert process.returncode == 0, output
    finally:
        for process in started:
            process.kill()
            process.wait()
    return folders


@pytest.fixture(scope="module")
def plain(float64, digits: Dataset) -> dict[str, dict[str, np.ndarray]]:
    """Losses of each step and last weights of the plain step's run of each case."""
    runs = {}
    for case, (config, steps) in CASES.items():
        training = ranks_process.new_training(config, digits.train.images, digits.train.labels)
        figures = list(ranks_process.figures_of(training, steps))
        runs[case] = {"figures": np.array(figures), "weights": ranks_process.weights_of(training)}
    return runs


def start_ranks(count: int, *arguments: Path) -> list[subprocess.Popen[str]]:
    """Start the processes with the variables that torchrun sets."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "tests.training.steps.ranks_process", *map(str, arguments)]
    common = {**os.environ, "WORLD_SIZE": str(count), "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port)}
    return [
        subprocess.Popen(
            command,
            cwd=ROOT,
            env={**common, "RANK": str(rank), "LOCAL_RANK": str(rank), "OMP_NUM_THREADS": "1"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for rank in range(count)
    ]


@pytest.mark.parametrize("count", RANKS)
@pytest.mark.parametrize("case", CASES)
def test_ranks_take_the_plain_step(case, count, plain, ranks):
    """A batch of ten triplets, which four processes share unequally: the losses of every step, and the last weights."""
    expected = plain[case]
    for rank in range(count):
        with np.load(ranks[count] / f"{case} {rank}.npz") as own:
            assert own["figures"].shape == (CASES[case][1], expected["figures"].shape[1])
            np.testing.assert_allclose(own["figures"], expected["figures"], rtol=1e-9, atol=1e-12)
            np.testing.assert_allclose(own["weights"], expected["weights"], rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("count", RANKS)
def test_all_ranks_have_equal_weights(count, ranks):
    for case in CASES:
        weights = [np.load(ranks[count] / f"{case} {rank}.npz")["weights"] for rank in range(count)]
        for other in weights[1:]:
            np.testing.assert_array_equal(weights[0], other)


@pytest.mark.parametrize("count", RANKS)
def test_ranks_go_on_from_what_rank_0_has(count, plain, ranks):
    for rank in range(count):
        with np.load(ranks[count] / f"going on {rank}.npz") as own:
            expected = plain["sampled"]["figures"][GOES_ON_AFTER : 2 * GOES_ON_AFTER]
            np.testing.assert_allclose(own["figures"], expected, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("count", RANKS)
def test_what_one_rank_refuses_is_refused_by_all(count, ranks):
    """The last one refuses with its own words; the others name it."""
    texts = [(ranks[count] / f"refusal {rank}.txt").read_text() for rank in range(count)]
    assert texts == [f"rank {count - 1}: no such data here"] * (count - 1) + ["no such data here"]


@pytest.mark.parametrize("count", RANKS)
def test_a_signal_to_one_rank_stops_all_after_the_same_step(count, ranks):
    assert {(ranks[count] / f"stop {rank}.txt").read_text() for rank in range(count)} == {"False True"}
