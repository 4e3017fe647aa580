"""Preparation: a machine's first run, whose machine code is compiled as soon as the server starts.

    python -m tvae.jobs.preparation

compiles what is lacking, in the order in which a first run needs it. It has the priority of a worker, which is lower
than the app's: a run that waits for a part which this process compiles does not wait for a process that gets less of
the processor than the run itself. What it has not begun, the run's worker compiles meanwhile (`compile_parts`).
"""

from __future__ import annotations

import contextlib
from typing import NamedTuple

import psutil

from tvae.jobs.worker import NICENESS
from tvae.maps.compilation import MAPS
from tvae.metrics.kernels.compilation import COUNTING, MEASURING
from tvae.system.child_process import leave_no_zombie, lower_priority, offer_to_end_first, start_module
from tvae.system.compiled import Part, compile_parts, is_compiled_now, lacking, machine_code_folder
from tvae.system.privacy import keep_files_private
from tvae.training.steps.compilation import step_parts, usual_kind

MODULE = "tvae.jobs.preparation"


class Prepared(NamedTuple):
    """How far the preparation of this machine's first run is."""

    parts: int
    of: int


def first_run_parts() -> tuple[Part, ...]:
    """What a first run with the usual settings needs on some data set, in the order in which it needs it."""
    first, *others = step_parts(usual_kind())
    return first, COUNTING, *others, *MEASURING


def all_parts() -> tuple[Part, ...]:
    """All machine code of this program, what is needed first before the rest."""
    first = first_run_parts()
    return (*first, MAPS, *(part for part in step_parts("fast-float32") if part not in first))


def preparation() -> Prepared | None:
    """How far it is, while a process prepares; None where all is there, and where none prepares."""
    parts = first_run_parts()
    missing = lacking(parts)
    return Prepared(len(parts) - len(missing), len(parts)) if missing and is_compiled_now(parts) else None


def start_preparation() -> None:
    """Start a process that compiles what is lacking; none where nothing is, or where it could not be kept.

    It ends when this process has ended, after the part that it compiles.
    """
    if not lacking(all_parts()):
        return
    with contextlib.suppress(OSError):  # a server without its preparation still serves
        leave_no_zombie(start_module(MODULE))


def main() -> None:
    """Compile what is lacking, as long as the process lives that started this one."""
    keep_files_private()
    lower_priority(NICENESS)
    offer_to_end_first()
    starter = psutil.Process().parent()
    parts = all_parts()
    for part in parts:
        machine_code_folder(part.source).mkdir(parents=True, exist_ok=True)
    compile_parts(parts, go_on=lambda: starter is not None and psutil.Process().parent() == starter)


if __name__ == "__main__":
    main()
