"""One of several processes that train together in float64, and write the losses of each step and the last weights.

    python -m tests.training.steps.ranks_process OUT GIVEN

OUT is the folder of the files, one a case and rank. GIVEN is what `write_given` wrote.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from tvae.config import DataConfig, LossConfig, ModelConfig, RunConfig, TrainConfig, vae_and_tvae
from tvae.data import Notion, Split
from tvae.errors import InputError
from tvae.training.loop import Training
from tvae.training.rank import rank_of_process
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
    "conv": (replace(_SMALL, model=_CONV), 10),
    "cross-entropy": (replace(_SMALL, arms={"tvae": LossConfig(reconstruction="bernoulli")}), 10),
    "notions": (
        replace(_SMALL, arms={"tvae": LossConfig(), "tvae-parity": LossConfig(notion="parity")}, train=_BATCH_ALL),
        10,
    ),
    "no reconstruction": (replace(_SMALL, arms=vae_and_tvae(LossConfig(reconstruction_weight=0.0))), 10),
    "no loss": (
        replace(_SMALL, arms={"none": LossConfig(reconstruction_weight=0.0, kl_weight=0.0, triplet_weight=0.0)}),
        3,
    ),
}
"""Config of each case, and its number of steps."""


def new_training(config: RunConfig, images: np.ndarray, labels: np.ndarray) -> Training:
    """A training in float64 on the digits, whose parity is a second notion of similarity."""
    torch.set_default_dtype(torch.float64)
    names, parity = tuple(map(str, range(10))), Notion(labels % 2, ("even", "odd"))
    split = Split("train", images, labels, names)
    return Training(config, replace(split, notions={**split.notions, "parity": parity}))


def write_given(path: Path, split: Split) -> None:
    """Write the images and labels, and the state of the plain step's run of the first case at `GOES_ON_AFTER`.

    So no process imports what the digits come with, which takes longer than the steps.
    """
    training = new_training(_SMALL, split.images, split.labels)
    list(figures_of(training, GOES_ON_AFTER))
    state = {f"{name}/{key}": tensor.numpy() for name, arm in training.arms.items() for key, tensor in arm.state()}
    np.savez(path, **{"images": split.images, "labels": split.labels, **state})  # pyright: ignore[reportArgumentType]


def figures_of(training: Training, steps: int) -> Iterator[list[float]]:
    """The losses of all arms after each step, up to this many steps."""
    for report in training.reports():
        yield [figure for losses in report.arms.values() for figure in vars(losses).values()]
        if report.step == steps:
            return


def weights_of(training: Training) -> np.ndarray:
    """All weights and moments of all arms, one after the other."""
    return np.concatenate([tensor.numpy().ravel() for arm in training.arms.values() for _, tensor in arm.state()])


def main(out: Path, given: Mapping[str, np.ndarray]) -> None:
    """Train every case, and see that a refusal in one process, or a signal to it, is one to all."""
    rank = rank_of_process()
    assert rank is not None
    with joined(rank, torch.device("cpu")) as ranks:
        for case, (config, steps) in CASES.items():
            training = new_training(config, given["images"], given["labels"])
            figures = list(figures_of(training, steps))
            np.savez(out / f"{case} {rank.number}.npz", figures=figures, weights=weights_of(training))
        training = new_training(_SMALL, given["images"], given["labels"])
        if rank.number == 0:  # the others have it from this one
            training.step = GOES_ON_AFTER
            for name, arm in training.arms.items():
                arm.restore({key: given[f"{name}/{key}"] for key, _ in arm.state()})
        ranks.share_state(training)
        figures = list(figures_of(training, 2 * GOES_ON_AFTER))
        np.savez(out / f"going on {rank.number}.npz", figures=figures, weights=weights_of(training))
        (out / f"refusal {rank.number}.txt").write_text(_refusal(ranks))
        (out / f"stop {rank.number}.txt").write_text(_stop(ranks))


def _stop(ranks: Ranks) -> str:
    """Whether all stop, before and after Ctrl-C reaches the last rank alone."""
    with ranks.within_steps():
        before = ranks.stop_agreed()
        if ranks.rank.number == ranks.rank.count - 1:
            os.kill(os.getpid(), signal.SIGINT)
        return f"{before} {ranks.stop_agreed()}"


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
    main(Path(sys.argv[1]), dict(np.load(sys.argv[2])))
