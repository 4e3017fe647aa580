"""Weights of a run's arms: <arm>.safetensors."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from pathlib import Path

import numpy as np
import safetensors.numpy

from tvae.config import LossConfig, ModelConfig
from tvae.errors import InputError
from tvae.model.heads import MOST_CLASSES, head_shapes
from tvae.model.layers import ImageShape, architecture
from tvae.model.network import Network
from tvae.runs.run import Run
from tvae.system.array_files import HEADER_LIMIT, TensorForm, Weights, parse_weights, safetensors_header
from tvae.system.files import read_bounded, write_atomically

_LARGEST = 1_000_000
"""Beyond it what a network computes is no longer finite; a trained one has weights of some tens."""


def write_weights(folder: Path, arms: Mapping[str, Weights], step: int, *, half: bool = False) -> None:
    """Write every arm's <arm>.safetensors, as float32 or as float16.

    Raises:
        ArithmeticError: a weight that is not finite, or that `read_weights` would refuse, in any arm; nothing is
            written, so that what was saved before stands.
        OSError: the folder can't be written.
    """
    most = min(_LARGEST, float(np.finfo(np.float16).max)) if half else _LARGEST
    for arm, weights in arms.items():
        for name, tensor in weights.items():
            if not np.abs(tensor).max(initial=0.0) <= most:  # NaN is not either
                raise ArithmeticError(
                    f"arm {arm}: {name} is not finite or beyond {most:,.0f} at step {step}; the weights saved before"
                    " are kept; train a new run with a smaller learning rate"
                )
    for arm, weights in arms.items():
        metadata = {"format": "pt", "arm": arm, "step": str(step)}
        kept = {name: tensor.astype(np.float16) for name, tensor in weights.items()} if half else weights
        write_atomically(folder / f"{arm}.safetensors", safetensors.numpy.save(kept, metadata))


def read_weights(run: Run, arm: str) -> Weights:
    """An arm's tensors as float32, checked against the run's config; the parameters that its loss adds among them.

    Raises:
        InputError: no such arm; a file that is missing, cut, garbled, foreign, of other names or shapes, or holds a
            value that is not finite or beyond any that training gives.
    """
    if arm not in run.config.arms:
        raise InputError(f"{run.folder}: no arm {arm!r}; it has {', '.join(run.config.arms)}")
    path = run.weights_folder / f"{arm}.safetensors"
    return read_arm(path, run.image_shape, run.config.model, run.config.arms[arm])


def read_arm(
    path: Path, image_shape: ImageShape, model: ModelConfig, loss: LossConfig, *, without_heads: bool = False
) -> Weights:
    """The tensors of a file that `write_weights` wrote, checked; see `read_weights`.

    Args:
        without_heads: whether the parameters that the loss adds may be missing.
    """
    shapes = architecture(image_shape, model).weight_shapes()
    largest = shapes | head_shapes(loss, model.latent_dim, MOST_CLASSES)
    values = sum(math.prod(shape) for shape in largest.values())
    content = read_bounded(path, 8 + HEADER_LIMIT + 4 * values)
    if heads := head_shapes(loss, model.latent_dim, 1):
        header = safetensors_header(content, str(path))
        if not without_heads or heads.keys() <= header.keys():
            shapes |= head_shapes(loss, model.latent_dim, classes_in(header, heads, str(path)))
    weights = parse_weights(content, shapes, str(path))
    for name, tensor in weights.items():
        if np.abs(tensor).max() > _LARGEST:
            raise InputError(f"{path}: tensor {name!r} holds a weight beyond {_LARGEST:,}; no trained network has one")
    return weights


def classes_in(header: Mapping[str, TensorForm], heads: Collection[str], where: str) -> int:
    """Number of classes of the heads in a safetensors file: the first one's, by which the others are then checked.

    Raises:
        InputError: one is missing, or it has no possible number of classes.
    """
    if missing := [name for name in heads if name not in header]:
        raise InputError(f"{where}: tensor {missing[0]!r} is missing")
    shape = header[next(iter(heads))]["shape"]
    if not shape or not 1 <= shape[0] <= MOST_CLASSES:
        raise InputError(f"{where}: tensor {next(iter(heads))!r} has shape {list(shape)}; it must have a row a class")
    return shape[0]


def network(run: Run, arm: str) -> Network:
    """The arm's network with its saved weights.

    Raises:
        InputError: no such arm, or weights that don't fit (see `read_weights`).
    """
    return Network(read_weights(run, arm), run.image_shape, run.config.model)
