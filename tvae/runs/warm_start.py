"""Start from the weights of another run."""

from __future__ import annotations

from tvae.config import LossConfig, RunConfig
from tvae.errors import InputError
from tvae.model.heads import head_shapes, without_heads
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
    return {arm: _weights_for(loss, start, arm) for arm, loss in config.arms.items()}


def _weights_for(loss: LossConfig, start: Run, arm: str) -> Weights:
    """The weights of an arm to start from, with the parameters that its loss adds where this loss adds the same."""
    weights = read_weights(start, arm)
    added = head_shapes(loss, start.config.model.latent_dim, 1).keys()
    own = head_shapes(start.config.arms[arm], start.config.model.latent_dim, 1).keys()
    same = added == own and loss.notion == start.config.arms[arm].notion
    return weights if same else without_heads(weights)


def shown_step(run: Run) -> str:
    """Name of the run and the step whose weights are shown, in words."""
    return f"{run.name} at step {run.step:,}"
