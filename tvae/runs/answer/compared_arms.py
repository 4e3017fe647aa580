"""The two arms of a run that the answer compares."""

from __future__ import annotations

from collections.abc import Sequence

from tvae.runs.run import Run


def compared_arms(run: Run, arms: Sequence[str]) -> tuple[str, ...]:
    """The first and the last of these arms, one without a triplet term before one that has it; or the only one."""
    if len(arms) < 2:
        return tuple(arms)
    first, last = arms[0], arms[-1]
    losses = run.config.arms
    return (last, first) if losses[first].triplet_weight and not losses[last].triplet_weight else (first, last)
