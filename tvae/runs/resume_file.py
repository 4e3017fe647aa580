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
from tvae.model.heads import MOST_CLASSES, head_shapes
from tvae.model.layers import ImageShape, architecture
from tvae.runs.metrics_form import WaitingRow
from tvae.runs.weights import classes_in
from tvae.system.array_files import Weights, parse_weights, safetensors_header, safetensors_record
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
    largest = _shapes(config, image_shape, dict.fromkeys(config.arms, MOST_CLASSES))
    header_limit = 100_000 + 200 * len(largest) + 4_000 * len(config.arms)
    values = sum(int(np.prod(shape)) for shape in largest.values())
    content = read_bounded(path, 8 + header_limit + 4 * values)
    shapes = _shapes(config, image_shape, _classes(config, content, str(path), header_limit))
    tensors = parse_weights(content, shapes, str(path), header_limit)
    standing = safetensors_record(content, f"{path}: does not say where the run stood", _KEY, Standing, header_limit)
    return standing, {
        arm: {name.removeprefix(f"{arm}/"): tensors[name] for name in tensors if name.startswith(f"{arm}/")}
        for arm in config.arms
    }


def _shapes(config: RunConfig, image_shape: ImageShape, classes: dict[str, int]) -> dict[str, tuple[int, ...]]:
    """Shapes of all tensors of a run's resume file, whose arms' heads have so many classes."""
    network = architecture(image_shape, config.model).weight_shapes()
    latent_dim = config.model.latent_dim
    return {
        f"{arm}/{part}/{name}": shape
        for arm, loss in config.arms.items()
        for part in _PARTS
        for name, shape in (network | head_shapes(loss, latent_dim, classes[arm])).items()
    }


def _classes(config: RunConfig, content: bytes, where: str, header_limit: int) -> dict[str, int]:
    """Number of classes of each arm's heads in a resume file; 0 where it has none.

    Raises:
        InputError: a head is missing.
    """
    header = safetensors_header(content, where, header_limit)
    heads = {
        arm: [f"{arm}/{_PARTS[0]}/{name}" for name in head_shapes(loss, config.model.latent_dim, 1)]
        for arm, loss in config.arms.items()
    }
    return {arm: classes_in(header, names, where) if names else 0 for arm, names in heads.items()}
