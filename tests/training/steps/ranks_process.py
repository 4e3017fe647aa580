"""One of several processes that train together in float64, and write the losses of each step and the last weights.

    python -m tests.training.steps.ranks_process OUT [STATES]

OUT is the folder of the files, one a case and rank. STATES has what the plain step's run was at step `GOES_ON_AFTER`:
rank 0 alone reads it, and the others have it from there.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from tvae.config import DataConfig, LossConfig, ModelConfig, RunConfig, TrainConfig, vae_and_tvae
from tvae.data import Notion, Split, load_dataset
from tvae.errors import InputError
from tvae.system.ranks import rank_of_process
from tvae.training.loop import Training
from tvae.training.ranks import Ranks, joined

GOES_ON_AFTER = 20
_SMALL = RunConfig(
    data=DataConfig(name="digits"),
    model=ModelConfig(hidden=24, latent_dim=3),
    train=TrainConfig(batch_size=10, epochs=20, device="cpu"),  # 4 processes take 3, 3, 2 and 2 triplets
)
_ONE_ARM = {"tvae": LossConfig(margin=0.5)}
_BATCH_ALL = replace(_SMALL.train, triplets="batch-all")
_CONV = replace(_SMALL.model, kind="conv")
CASES: dict[str, tuple[RunConfig, int]] = {
    "sampled": (_SMALL, 200),
    "batch-all": (replace(_SMALL, train=_BATCH_ALL, arms=_ONE_ARM), 200),
    "conv": (replace(_SMALL, model=_CONV), 40),
    "cross-entropy": (replace(_SMALL, arms={"tvae": LossConfig(reconstruction="bernoulli")}), 20),
    "notions": (
        replace(_SMALL, arms={"tvae": LossConfig(), "tvae-parity": LossConfig(notion="parity")}, train=_BATCH_ALL),
        20,
    ),
    "no reconstruction": (replace(_SMALL, arms=vae_and_tvae(LossConfig(reconstruction_weight=0.0))), 20),
    "no loss": (
        replace(
            _SMALL, arms={"none": LossConfig(reconstruction_weight=0.0, kl_weight=0.0, triplet_weight=0.0)}
        ),
        3,
    ),
}
"""Config of each case, and its number of steps."""


def new_training(config: RunConfig) -> Training:
    """A training in float64 on the digits, whose parity is a second notion of similarity."""
    torch.set_default_dtype(torch.float64)
    return Training(config, digits_with_parity())


def digits_with_parity() -> Split:
    """The training images of the digits, with a label column that says whether a digit is even."""
    digits = load_dataset("digits").train
    parity = Notion(digits.labels % 2, ("even", "odd"))
    return replace(digits, notions={**digits.notions, "parity": parity})


def figures_of(training: Training, steps: int) -> Iterator[list[float]]:
    """The losses of all arms after each step, up to this many steps."""
    for report in training.reports():
        yield [figure for losses in report.arms.values() for figure in vars(losses).values()]
        if report.step == steps:
            return


def weights_of(training: Training) -> np.ndarray:
    """All weights and moments of all arms, one after the other."""
    return np.concatenate([tensor.numpy().ravel() for arm in training.arms.values() for _, tensor in arm.state()])


def main(out: Path, states: Path | None) -> None:
    """Train every case, and see that a refusal in one process is one in all."""
    rank = rank_of_process()
    assert rank is not None
    with joined(rank, torch.device("cpu")) as ranks:
        for case, (config, steps) in CASES.items():
            training = new_training(config)
            figures = list(figures_of(training, steps))
            np.savez(out / f"{case} {rank.number}.npz", figures=figures, weights=weights_of(training))
        if states is not None:
            training = new_training(_SMALL)
            if rank.number == 0:
                training.step = GOES_ON_AFTER
                with np.load(states) as arrays:
                    for name, arm in training.arms.items():
                        arm.restore({key: arrays[f"{name}/{key}"] for key, _ in arm.state()})
            ranks.share_state(training)
            figures = list(figures_of(training, 2 * GOES_ON_AFTER))
            np.savez(out / f"going on {rank.number}.npz", figures=figures, weights=weights_of(training))
        (out / f"refusal {rank.number}.txt").write_text(_refusal(ranks))


def _refusal(ranks: Ranks) -> str:
    """What `agreed` says where the last rank alone refuses."""

    def prepared() -> None:
        if ranks.rank.number == ranks.rank.count - 1:
            raise InputError("no such data here")

    try:
        ranks.agreed(prepared)
    except InputError as error:
        return str(error)
    return ""


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]) if len(sys.argv) > 2 else None)
