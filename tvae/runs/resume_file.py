"""Everything needed to resume, in one safetensors file.

The batch of a step is a function of the seed and the step (see `training/triplet_sampler`), so no random state is kept.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import safetensors.numpy

from tvae.config import RunConfig
from tvae.errors import require
from tvae.model.layers import ImageShape, architecture
from tvae.runs.metrics_form import WaitingRow
from tvae.system.array_files import Weights, parse_weights, safetensors_record
from tvae.system.files import read_bounded, write_atomically
from tvae.system.strict_json import Amount, Whole
from tvae.training.loop import Training

_PARTS = ("weight", "exp_avg", "exp_avg_sq")
_KEY = "tvae.resume"


@dataclass(frozen=True, kw_only=True)
class Standing:
    """State of a run beside its tensors: steps, seconds and the unfinished row of its history."""

    step: Whole
    steps: Whole
    """Steps in all: with a time budget they are known only on the way."""
    seconds: Amount
    """Seconds of training so far."""
    waiting: WaitingRow
    """Sums that the next row of the history is to average."""

    def __post_init__(self) -> None:
        require(self.step <= self.steps, "step", self.step, f"at most {self.steps:,}")


def write_resume_file(path: Path, training: Training, standing: Standing) -> None:
    """Write all that is needed to resume.

    Raises:
        OSError: the disk is full; the file as it was stands.
    """
    tensors = {
        # By rows, as safetensors says of all memory that it is given; the fast step keeps some by columns.
        f"{arm}/{name}": np.ascontiguousarray(tensor.cpu().numpy())
        for arm, trained in training.arms.items()
        for name, tensor in trained.state()
    }
    write_atomically(path, safetensors.numpy.save(tensors, {_KEY: json.dumps(vars(standing))}))


def read_resume_file(path: Path, config: RunConfig, image_shape: ImageShape) -> tuple[Standing, dict[str, Weights]]:
    """Standing of the run, and each arm's tensors for `Arm.restore`.

    Raises:
        InputError: cut, garbled, of other names or shapes, or with a value that is not finite.
    """
    arm_shapes = architecture(image_shape, config.model).weight_shapes()
    shapes = {
        f"{arm}/{part}/{name}": shape for arm in config.arms for part in _PARTS for name, shape in arm_shapes.items()
    }
    header_limit = 100_000 + 200 * len(shapes) + 4_000 * len(config.arms)
    values = sum(int(np.prod(shape)) for shape in shapes.values())
    content = read_bounded(path, 8 + header_limit + 4 * values)
    tensors = parse_weights(content, shapes, str(path), header_limit)
    standing = safetensors_record(content, f"{path}: does not say where the run stood", _KEY, Standing, header_limit)
    return standing, {
        arm: {name.removeprefix(f"{arm}/"): tensors[name] for name in tensors if name.startswith(f"{arm}/")}
        for arm in config.arms
    }
