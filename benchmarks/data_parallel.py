"""Data-parallel steps in one and two processes, against the plain step in one, in turns.

The pair of arms is trained on the CPU. Where other work runs on the machine, its clock says little, and processor
seconds say what the exchange between the processes costs: N processes on as many free cores are at best N / (their
processor seconds over the plain step's) times as fast as one core is with the plain step.
"""

from __future__ import annotations

import argparse
import json
import os
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch

from benchmarks.convolutional_step import MODEL, tinted_digits
from tvae.config import ModelConfig, RunConfig, TrainConfig
from tvae.data import Split, load_dataset
from tvae.training.loop import Training
from tvae.training.rank import rank_of_process
from tvae.training.ranks import joined

WAYS = {"plain step, one process": 0, "1 process": 1, "2 processes": 2}
"""Number of processes of each way; 0 takes the plain step."""
WARM = 1
"""First steps, which are not counted."""


@dataclass(frozen=True)
class Case:
    """A network, and a batch size."""

    name: str
    model: ModelConfig
    batch_size: int
    steps: int
    """Steps that are counted."""


CASES = (
    Case("the paper's network", ModelConfig(), 128, 20),
    Case("the paper's network", ModelConfig(), 1_024, 3),
    Case("convolutional", MODEL, 64, 3),
    Case("convolutional", MODEL, 256, 2),
)


def split_of(case: Case) -> Split:
    """MNIST's digits; for the convolutional network in colour."""
    if case.model.kind == "conv":
        return tinted_digits(2_000)
    return load_dataset("mnist").train.part("train", np.arange(5_000))


def measured_cases() -> Iterator[tuple[float, float]]:
    """Seconds by the clock, and of this process's processor, of a step of each case."""
    for case in CASES:
        config = RunConfig(model=case.model, train=TrainConfig(batch_size=case.batch_size, epochs=100, device="cpu"))
        begun = (0.0, 0.0)
        for report in Training(config, split_of(case)).reports():
            now = (time.perf_counter(), time.process_time())
            if report.step == WARM:
                begun = now
            if report.step == WARM + case.steps:
                yield (now[0] - begun[0]) / case.steps, (now[1] - begun[1]) / case.steps
                break


def train_all() -> None:
    """Measure every case in this process, which may be one of several, and print that as JSON."""
    rank = rank_of_process()
    if rank is None:
        measured = list(measured_cases())
    else:
        with joined(rank, torch.device("cpu")):
            measured = list(measured_cases())
    print(json.dumps(measured))


def turn(processes: int) -> list[tuple[float, float]]:
    """Seconds by the clock, and of all processes' processors, of a step of each case."""
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    if processes:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = str(free.getsockname()[1])
        environment |= {"WORLD_SIZE": str(processes), "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port}
    command = [sys.executable, "-m", "benchmarks.data_parallel", "--rank"]
    started = []
    for rank in range(max(1, processes)):
        own = {"RANK": str(rank), "LOCAL_RANK": str(rank)} if processes else {}
        started.append(subprocess.Popen(command, env=environment | own, stdout=subprocess.PIPE, text=True))
    ranks = [json.loads(process.communicate()[0]) for process in started]
    return [
        (max(clock for clock, _ in of_ranks), sum(processor for _, processor in of_ranks))
        for of_ranks in zip(*ranks, strict=True)
    ]


def main() -> None:
    """Print the table as Markdown."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--rank", action="store_true", help="be one of the processes that are measured")
    options = parser.parse_args()
    if options.rank:
        train_all()
        return
    turns: dict[str, list[list[tuple[float, float]]]] = {way: [] for way in WAYS}
    for _ in range(options.rounds):
        for way, processes in WAYS.items():
            turns[way].append(turn(processes))
    print(f"rounds: {options.rounds}, cores: {os.cpu_count()}; medians\n")
    print("| network | triplets a step | way | ms a step | processor ms a step | over the plain step's |")
    print("| --- | ---: | --- | ---: | ---: | ---: |")
    for number, case in enumerate(CASES):
        plain = statistics.median(one[number][1] for one in turns["plain step, one process"])
        for way, of_way in turns.items():
            clock = statistics.median(one[number][0] for one in of_way)
            processor = statistics.median(one[number][1] for one in of_way)
            figures = f"{1_000 * clock:,.1f} | {1_000 * processor:,.1f} | {processor / plain:.2f}"
            print(f"| {case.name} | {case.batch_size:,} | {way} | {figures} |")


if __name__ == "__main__":
    main()
