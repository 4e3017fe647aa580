"""Memory of processes: of any one, and of a training run from epoch to epoch."""

from __future__ import annotations

import os
from pathlib import Path

from tvae.config import RunConfig, TrainConfig
from tvae.data import Split
from tvae.training.loop import Training


def memory_of(pid: int) -> float:
    """MiB of memory that a process has in use (RSS), and all processes that it started."""
    lines = Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines()
    own = next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmRSS"))
    children = " ".join(path.read_text(encoding="utf-8") for path in Path(f"/proc/{pid}/task").glob("*/children"))
    return own + sum(memory_of(int(child)) for child in children.split())


def after_epochs(split: Split, epochs: int) -> list[float]:
    """MiB that this process holds after each epoch of the paper's pair of arms."""
    training = Training(RunConfig(train=TrainConfig(epochs=epochs, step="fast")), split)
    ends = (report for report in training.reports() if report.step % training.steps_per_epoch == 0)
    return [memory_of(os.getpid()) for _ in ends]
