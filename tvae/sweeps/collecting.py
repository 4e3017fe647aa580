"""Runs of a sweep brought in from other machines, and the figures of all seeds put beside them."""

from __future__ import annotations

import json
import time
from collections import defaultdict
from collections.abc import Callable, Iterable

from tvae.config import RunConfig
from tvae.errors import InputError
from tvae.jobs.job import Job
from tvae.jobs.jobs import Jobs
from tvae.runs.run import read_run
from tvae.runs.run_zip import LARGEST_RUN
from tvae.runs.seeds.figures import SeedFigures
from tvae.runs.seeds.file import write_seed_figures
from tvae.sweeps.group_run import LOOK_EVERY, measured_figures
from tvae.sweeps.results import Results
from tvae.sweeps.study import GroupState, Sweep
from tvae.system.files import read_bounded
from tvae.system.owner import Owner


def collect(
    sweep: Sweep, jobs: Jobs, results: Results, owner: Owner = None, say: Callable[[str], None] = lambda line: None
) -> int:
    """Bring in the finished runs of a sweep that lie in its results and not in this folder of runs; their number.

    Each is measured again, as any run that is brought in.

    Raises:
        InputError: there are no results, or one is no run of this sweep.
        OSError: the disk is full.
    """
    here, groups, count = done_runs(jobs, owner), sweep.groups, 0
    for group_id, path in results.finished().items():
        group = groups.get(group_id)
        if group is None:
            raise InputError(f"results: {path} is of no run of sweep {sweep.name!r}")
        if _key(group.config) in here:
            continue
        title = group.title(sweep.name)
        run_id = jobs.starter.take_in(read_bounded(path, LARGEST_RUN), owner, name=title)
        while not (job := jobs.run(run_id)).over:
            time.sleep(LOOK_EVERY)
        if job.state != "done":
            raise InputError(f"results: {path}: run {run_id} {job.state}: {job.reason}")
        if job.config != group.config:
            jobs.trash.delete(run_id, owner)
            raise InputError(f"results: {path} has other settings than group {group_id} of sweep {sweep.name!r}")
        say(f"{title}: run {run_id}")
        count += 1
    return count


def gather_seeds(states: Iterable[GroupState], jobs: Jobs, owner: Owner = None) -> int:
    """Put the figures of all seeds beside each run of a sweep in this folder of runs; the number of these runs.

    They are written as `tvae seeds` does, and the page "Which weight?" then shows each of them with its seeds. A run's
    own figures are those of its folder.

    Raises:
        OSError: the disk is full.
    """
    here = done_runs(jobs, owner)
    by_part: dict[tuple[str, ...], list[GroupState]] = defaultdict(list)
    for state in states:
        if state.state == "done":
            by_part[tuple(state.group.config.arms)].append(state)
    count = 0
    for part in by_part.values():
        if len(part) < 2:
            continue
        figures: list[SeedFigures] = [state.figures for state in part]
        for state in part:
            job = here.get(_key(state.group.config))
            if job is not None:
                run = read_run(job.folder)
                others = [of_seed for of_seed in figures if of_seed.seed != state.group.seed]
                write_seed_figures(run, [measured_figures(run), *others])
                count += 1
    return count


def done_runs(jobs: Jobs, owner: Owner) -> dict[str, Job]:
    """The runs in a folder of runs that are done, by their settings."""
    return {_key(job.config): job for job in reversed(jobs.runs(owner)) if job.state == "done"}


def _key(config: RunConfig) -> str:
    return json.dumps(config.to_json())
