"""Says which losses only some kinds of step train, and checks a run's before it begins."""

from __future__ import annotations

from collections.abc import Collection

from tvae.config import RunConfig
from tvae.errors import InputError


def beyond_hinges(config: RunConfig) -> dict[str, str]:
    """First choice of each arm that is more than the hinge of sampled or of batch-all triplets, by the arm's name.

    The plain step takes every choice, and so do the fast steps of the CPU. The fast step of a GPU and that of several
    processes take arms that are not named here.
    """
    beyond = {}
    for arm, loss in config.arms.items():
        formed = loss.triplets or config.train.triplets
        choices = list(loss.choices)
        if loss.triplet_weight and formed not in ("sampled", "batch-all"):
            choices.append(f"triplets {formed}")
        if choices:
            beyond[arm] = choices[0]
    return beyond


def check_arm_choices(config: RunConfig, processes: int, arms_without_triplets: Collection[str]) -> None:
    """Check that each arm's loss can be trained, before anything is.

    Args:
        processes: number of those that train the run together, 0 where each takes steps of its own.
        arms_without_triplets: arms whose notion of similarity has no triplets.

    Raises:
        InputError: a choice that the step doesn't take, or that the labels rule out.
    """
    for arm, choice in beyond_hinges(config).items():
        if processes:
            raise InputError(f"arms.{arm}: {choice} is trained in one process; start this run without torchrun")
        loss = config.arms[arm]
        if arm in arms_without_triplets and (loss.classifier_weight or loss.prior != "standard"):
            raise InputError(f"arms.{arm}: {choice} takes labels of two classes at least")
        if loss.triplet_weight and (loss.triplets or config.train.triplets) == "semi-hard" and loss.margin == 0:
            raise InputError(f"arms.{arm}: at margin 0 no triplet is semi-hard; loss.margin must be above 0")
