"""Heads: parameters that a loss adds to the network, such as a classifier or centres of classes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

from tvae.config import LossConfig

_PREFIX = "heads."
CLASSIFIER_WEIGHT, CLASSIFIER_BIAS = f"{_PREFIX}classifier_weight", f"{_PREFIX}classifier_bias"
CENTRES = f"{_PREFIX}class_centres"
MOST_CLASSES = 100_000

_T = TypeVar("_T")


def head_shapes(loss: LossConfig, latent_dim: int, classes: int) -> dict[str, tuple[int, ...]]:
    """Shapes of the parameters that a loss adds, by their names among an arm's weights; none as a rule.

    All begin at 0: so the first step is that of a network without them, and the network's own start stays what the
    seed gives.
    """
    shapes: dict[str, tuple[int, ...]] = {}
    if loss.classifier_weight:
        shapes |= {CLASSIFIER_WEIGHT: (classes, latent_dim), CLASSIFIER_BIAS: (classes,)}
    if loss.prior == "by-class":
        shapes[CENTRES] = (classes, latent_dim)
    return shapes


def is_head(name: str) -> bool:
    """Whether a weight of this name belongs to a head."""
    return name.startswith(_PREFIX)


def without_heads(weights: Mapping[str, _T]) -> dict[str, _T]:
    """The weights of the encoder and the decoder alone."""
    return {name: weight for name, weight in weights.items() if not is_head(name)}
