"""A run that somebody sent, put into a folder: every file checked, what can be measured left to be measured."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tvae.checkpoints import (
    CARD,
    CONFIG,
    HISTORY,
    METRICS,
    SNAPSHOTS,
    Run,
    read_arm,
    read_history,
    read_run,
    write_config,
)
from tvae.config import InputError
from tvae.data import train_size
from tvae.files import write_atomically

LARGEST_CONFIG = 2**20


def take_in_run(members: Mapping[str, bytes], folder: Path) -> Run:
    """Write the members of a run's zip (see `run_zip.run_members`) into an empty folder, and check them.

    Its metrics and model card are left out: what is said of the weights is measured here.

    Raises:
        InputError: settings that are impossible or on data that are not known here, weights that don't fit them, are
            missing or belong to no arm, a history that isn't one. What was written is to be removed.
    """
    if len(members[CONFIG]) > LARGEST_CONFIG:
        raise InputError(f"zip: {CONFIG} has {len(members[CONFIG]):,} bytes; it has at most {LARGEST_CONFIG:,}")
    for name, content in members.items():
        if name not in (METRICS, CARD):
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            write_atomically(path, content)
    try:
        run = read_run(folder)
        train_size(run.config.data.name)
        places = {folder} | {(folder / name).parent for name in members if name.startswith(f"{SNAPSHOTS}/")}
        for place in sorted(places):
            for arm in run.config.arms:
                read_arm(place / f"{arm}.safetensors", run.pixels, run.config.model)
        for name in members:
            if name.endswith(".safetensors") and Path(name).stem not in run.config.arms:
                raise InputError(f"{name}: the run has no such arm; it has {', '.join(run.config.arms)}")
        for place in places - {folder}:
            if not re.fullmatch("0|[1-9][0-9]*", place.name) or int(place.name) > run.step:
                raise InputError(f"{SNAPSHOTS}/{place.name[:20]}: no step of this run; it took {run.step:,}")
        for row in read_history(folder):
            if not _is_history(row, run):
                raise InputError(f"{HISTORY}: a line is not of a run's history: {json.dumps(row)[:80]}")
    except InputError as error:
        raise InputError(f"zip: {str(error).replace(f'{folder}/', '')}") from None
    write_config(run)  # as this program writes it, without whatever else stood there
    return run


def unmeasured_snapshots(run: Run) -> list[int]:
    """Steps of the snapshots whose weights are there and whose encoding is not, ascending."""
    folder = run.folder / SNAPSHOTS
    steps = [int(path.name) for path in folder.iterdir() if path.name.isdecimal()] if folder.is_dir() else []
    return sorted(set(steps) - set(run.snapshots))


def _is_history(row: Any, run: Run) -> bool:
    if not isinstance(row, dict) or not _is_number(row.get("step")) or not _is_number(row.get("epoch")):
        return False
    arms = row.get("arms")
    return (
        isinstance(arms, dict)
        and arms.keys() == run.config.arms.keys()
        and all(isinstance(terms, dict) and all(map(_is_number, terms.values())) for terms in arms.values())
    )


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
