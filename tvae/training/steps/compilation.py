"""Whether the CPU steps are compiled on this machine, and compiling them beforehand."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from tvae.config import RunConfig, TrainConfig
from tvae.data import Split
from tvae.training.steps.products_type import has_bfloat16_instructions


def kernels_are_compiled() -> bool:
    """Whether machine code of the steps' present sources is on the disk; else the first step takes half a minute."""
    from tvae.system.compiled import is_compiled

    return is_compiled(Path(__file__))


def is_to_be_compiled(config: RunConfig) -> bool:
    """Whether this run's steps must be compiled before the first; torch brings its convolutions compiled."""
    return config.train.step != "plain" and config.model.kind == "mlp" and not kernels_are_compiled()


def compile_steps(split: Split) -> None:
    """Take two steps of each compiled kind that this processor is made for, so that their machine code is kept."""
    from tvae.training.loop import Training

    for kind in ("fast-float32", "fast-bfloat16")[: 1 + has_bfloat16_instructions()]:
        for triplets in ("sampled", "batch-all"):
            train = TrainConfig(step=kind, triplets=triplets, batch_size=min(32, len(split)), device="cpu")
            for report in Training(replace(RunConfig(), train=train), split).reports():
                if report.step == 2:
                    break
