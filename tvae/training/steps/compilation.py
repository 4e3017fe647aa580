"""Parts of the machine code of the CPU steps, and which of them a run needs.

Importing this file imports neither torch nor numba: the app's server asks it what is still to be compiled.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING

from tvae.config import RunConfig, Step, TrainConfig
from tvae.system.compiled import Part

if TYPE_CHECKING:
    from tvae.data import Split

_IMAGES = 32
_SIDE = 8


def step_parts(kind: Step) -> tuple[Part, ...]:
    """Parts of this kind of step, fast-float32 or fast-bfloat16.

    In float32 one part serves all images; in bfloat16 images that are mostly 0 have one, and other images another.
    """
    return tuple(dict.fromkeys((_part(kind, True), _part(kind, False))))


@cache
def usual_kind() -> Step:
    """The kind that the fast step is on this processor."""
    from tvae.training.steps.products_type import has_bfloat16_instructions

    return "fast-bfloat16" if has_bfloat16_instructions() else "fast-float32"


def parts_of_run(config: RunConfig, split: Split) -> tuple[Part, ...]:
    """The parts that a run's steps on this training split need; none where torch brings them compiled."""
    import torch.distributed as processes

    from tvae.training.loop import resolve_device
    from tvae.training.steps.mean_gradients import takes_mean_gradients
    from tvae.training.steps.sparse_kernels import is_mostly_empty

    train = config.train
    if processes.is_available() and processes.is_initialized():  # their step is one of torch's
        return ()
    if train.step == "plain" or config.model.kind == "conv" or resolve_device(train.device).type != "cpu":
        return ()
    kind = usual_kind() if train.step == "fast" else train.step
    drawn = is_mostly_empty(split.images)
    around = any(takes_mean_gradients(loss, loss.triplets or train.triplets) for loss in config.arms.values())
    return (_part(kind, drawn), _part(kind, drawn, around=True)) if around else (_part(kind, drawn),)


def _part(kind: Step, drawn: bool, *, around: bool = False) -> Part:
    """The part of this kind of step on images that are mostly 0, or on others.

    Args:
        around: that of losses whose gradient by the means is computed between two halves of a step (see
            `mean_gradients`): few runs have one, so it is not compiled in advance.
    """
    name = kind if kind == "fast-float32" else f"{kind} of {'drawn' if drawn else 'filled'} images"
    name += " around the means" if around else ""
    return Part(name, Path(__file__), partial(_take_steps, kind, drawn, around))


def _take_steps(kind: Step, drawn: bool, around: bool) -> None:
    """Take two steps of one arm on a few images of noise."""
    import numpy as np

    from tvae.data import Split
    from tvae.training.loop import Training

    images = np.random.default_rng(0).integers(1, 256, (_IMAGES, _SIDE, _SIDE, 1)).astype(np.uint8)
    if drawn:
        images[:, 1:] = 0
    split = Split("train", images, np.arange(_IMAGES) % 2, ("even", "odd"))
    train = TrainConfig(step=kind, batch_size=_IMAGES // 2, device="cpu")
    config = replace(RunConfig(), train=train)
    loss = config.arms["tvae"]
    if around:
        loss = replace(loss, triplet_form="sigmoid", surgery=1.0, classifier_weight=1.0, prior="by-class")
    config = replace(config, arms={"tvae": loss})
    for report in Training(config, split).reports():
        if report.step == 2:
            break
