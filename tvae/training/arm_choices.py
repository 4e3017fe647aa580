"""Checks that a run's kind of step can train the losses of its arms."""

from __future__ import annotations

from collections.abc import Collection

import torch

from tvae.config import RunConfig
from tvae.errors import InputError


def check_arm_choices(
    config: RunConfig, device: torch.device, processes: int, arms_without_triplets: Collection[str]
) -> None:
    """Check that each arm's loss can be trained, before anything is.

    The plain step takes every choice, and so do the fast steps of the CPU. The fast step of a GPU and that of several
    processes take the hinge of sampled and of batch-all triplets.

    Args:
        processes: number of those that train the run together, 0 where each takes steps of its own.
        arms_without_triplets: arms whose notion of similarity has no triplets.

    Raises:
        InputError: a choice that the step doesn't take, or that the labels rule out.
    """
    stacked = device.type != "cpu" and config.train.step != "plain" and config.model.kind == "mlp"
    for arm, loss in config.arms.items():
        formed = loss.triplets or config.train.triplets
        choices = list(loss.choices)
        if loss.triplet_weight and formed not in ("sampled", "batch-all"):
            choices.append(f"triplets {formed}")
        if choices and processes:
            raise InputError(f"arms.{arm}: {choices[0]} is trained in one process; start this run without torchrun")
        if choices and stacked:
            raise InputError(
                f"train.step: {config.train.step!r} on a GPU can't train arm {arm} ({choices[0]}); right is plain"
            )
        if arm in arms_without_triplets and (loss.classifier_weight or loss.prior != "standard"):
            raise InputError(f"arms.{arm}: {choices[0]} takes labels of two classes at least")
        if loss.triplet_weight and formed == "semi-hard" and loss.margin == 0:
            raise InputError(f"arms.{arm}: at margin 0 no triplet is semi-hard; loss.margin must be above 0")
