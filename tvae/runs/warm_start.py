"""Start from the weights of another run."""

from __future__ import annotations

from tvae.config import RunConfig
from tvae.errors import InputError
from tvae.runs.run import Run
from tvae.runs.weights import read_weights
from tvae.system.array_files import Weights


def starting_weights(start: Run, config: RunConfig) -> dict[str, Weights]:
    """Each arm's first weights: those of the arm of the same name in another run, at its snapshot or its end.

    Raises:
        InputError: other images or another network, no arm of that name, or weights that can't be read.
    """
    for field, own, other in (
        ("data.name", config.data.name, start.config.data.name),
        ("data.validation-share", config.data.validation_share, start.config.data.validation_share),
        ("model.kind", config.model.kind, start.config.model.kind),
        ("model.hidden", config.model.hidden, start.config.model.hidden),
        ("model.latent-dim", config.model.latent_dim, start.config.model.latent_dim),
    ):
        if own != other:
            raise InputError(f"{field}: {own!r}, but run {start.name} to start from has {other!r}; they must be equal")
    if missing := [arm for arm in config.arms if arm not in start.config.arms]:
        others = ", ".join(start.config.arms)
        raise InputError(f"arms: run {start.name} to start from has no arm {missing[0]!r}; it has {others}")
    return {arm: read_weights(start, arm) for arm in config.arms}


def shown_step(run: Run) -> str:
    """Name of the run and the step whose weights are shown, in words."""
    return f"{run.name} at step {run.step:,}"
