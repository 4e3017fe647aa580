"""Time that a sweep takes, at the speed of a run that this machine has trained."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from tvae.config import RunConfig
from tvae.data import image_shape, test_size, train_size
from tvae.jobs.job import Job
from tvae.runs.measuring import expected_seconds
from tvae.sweeps.plan import Plan
from tvae.training.expected_time import step_seconds

FEWEST_STEPS = 100
"""Steps that a run must have taken for its speed to count: the first ones are slow."""


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """About how long a sweep takes."""

    seconds: float
    """All runs, one after the other."""
    longest: float
    """The longest run."""
    like: str
    """Id of the run that this machine trained at the speed it is made from; empty: as measured for the product."""


def estimate(plan: Plan, jobs: Iterable[Job]) -> Estimate:
    """About how long a sweep takes here.

    Args:
        jobs: runs of this machine, the newest first: the first done one with the same network on the same images
            gives the speed.

    Raises:
        InputError: a network that is not possible for these images.
    """
    like = next((job for job in jobs if _is_alike(job, plan.config)), None)
    factor = 1.0 if like is None else like.seconds / like.step / _step_seconds(like.config)
    seconds = [_run_seconds(group.config, factor) for group in plan.groups()]
    return Estimate(seconds=sum(seconds), longest=max(seconds), like="" if like is None else like.id)


def _is_alike(job: Job, config: RunConfig) -> bool:
    return (
        job.state == "done"
        and job.trains
        and job.seconds > 0
        and job.step >= FEWEST_STEPS
        and (job.config.data.name, job.config.model) == (config.data.name, config.model)
        and (job.config.train.batch_size, job.config.train.step) == (config.train.batch_size, config.train.step)
    )


def _run_seconds(config: RunConfig, factor: float) -> float:
    data, train = config.data, config.train
    steps = train.steps(train_size(data.name, validation_share=data.validation_share))
    return factor * steps * _step_seconds(config) + expected_seconds(test_size(data.name), len(config.arms))


def _step_seconds(config: RunConfig) -> float:
    return step_seconds(image_shape(config.data.name), config.model, config.train.batch_size, len(config.arms))
