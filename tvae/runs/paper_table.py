"""The paper's Table 1, and the arms of a run that stand beside its two models."""

from __future__ import annotations

from tvae.config import LossConfig, RunConfig
from tvae.runs.comparison import arm_trained_with

PAPER = {"VAE": 0.7508, "TVAE": 0.9560}
"""Triplet accuracies on MNIST of Table 1 (Ishfaq, Hoogi and Rubin 2018), at a margin that is not given."""
PAPER_DATA = "mnist"
"""The data set of Table 1: on any other its numbers are no reference."""


def paper_arms(config: RunConfig) -> dict[str, str]:
    """The paper's name of each arm that stands beside one of the paper's two models; none on other data than MNIST.

    The TVAE stands beside the arm of that name, or beside the one that was trained as our preset says.
    """
    if config.data.name != PAPER_DATA:
        return {}
    tvae = "tvae" if "tvae" in config.arms else arm_trained_with(config.arms, LossConfig())
    named = {
        next((arm for arm, loss in config.arms.items() if loss.triplet_weight == 0), None): "VAE",
        tvae: "TVAE",
    }
    return {arm: name for arm, name in named.items() if arm is not None}


def literal_arm(config: RunConfig) -> str | None:
    """The first arm whose three weights are those of the paper's Eq. 2 as it is written, 1 each; None without one.

    Eq. 2 gives no margin, and the paper no epochs and no batch, so these are not compared.
    """
    return next(
        (
            arm
            for arm, loss in config.arms.items()
            if loss.triplet_weight == loss.kl_weight == loss.reconstruction_weight == 1
        ),
        None,
    )
