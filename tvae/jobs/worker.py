"""Worker process: python -m tvae.jobs.worker ID [DATA].

The first thing it does is to take the lock of its run (see `worker_processes`), so only the modules needed for
that are imported at the top. With DATA, the name of a data set, it loads that data set and waits for a run (see
`idle_workers`).
"""

from __future__ import annotations

import contextlib
import importlib
import os
import sys
from typing import TYPE_CHECKING

import psutil

from tvae.data import dataset_identity, load_dataset
from tvae.errors import InputError
from tvae.jobs.files import READY, JobFiles
from tvae.jobs.idle_workers import is_idle, mark_idle, wait_for_run
from tvae.system.child_process import lower_priority, offer_to_end_first
from tvae.system.privacy import keep_files_private
from tvae.system.process_identity import this_process
from tvae.system.process_lock import take_lock
from tvae.system.user_folders import own_run_folder, runs_folder

if TYPE_CHECKING:
    from pathlib import Path

    from tvae.data import Dataset

NICENESS = 5
"""Niceness of a worker: lower priority than the app, so that its pages stay quick."""


def main(arguments: list[str]) -> int:
    """Execute the run that the arguments name; 0 once its final state is written, whichever that is.

    Raises:
        InputError: there is no such run, or it has a worker.
        OSError: its files can't be written.
    """
    run_id, *data = arguments
    runs = runs_folder().absolute()
    waiting = runs / READY
    place = own_run_folder(waiting if (waiting / run_id).is_dir() else runs, run_id)
    files = JobFiles(runs / run_id)
    lock = take_lock(files.lock)
    if lock is None:
        raise InputError(f"run {run_id}: another worker has it")
    if files.spec.exists():  # a run that was over and is resumed
        files.write_state({**files.progress(), "state": "queued"})
    if data:
        mark_idle(place, dataset_identity(data[0]))
    starter = psutil.Process().parent()  # which waits for the next line
    files.write_process(this_process())
    lower_priority(NICENESS)
    offer_to_end_first()
    dataset = None
    if data:
        with contextlib.suppress(Exception):  # a run that was given this worker meanwhile finds out itself, and says so
            dataset = load_dataset(data[0])
            _make_ready(dataset, place)
    if wait_for_run(runs, run_id, starter):
        from tvae.jobs.execution import Execution

        Execution(runs, run_id, dataset).execute()
    return 0


def _make_ready(dataset: Dataset, place: Path) -> None:
    """Take two training steps on the data set, so that every module and the machine code are loaded.

    What machine code lacks is compiled before, by this process or another. A run that claims this worker meanwhile says
    itself that it waits for that.
    """
    from tvae.config import DataConfig, RunConfig, TrainConfig
    from tvae.metrics.kernels.compilation import COUNTING
    from tvae.system.compiled import compile_parts
    from tvae.training.live_accuracy import LiveAccuracy
    from tvae.training.loop import Training
    from tvae.training.steps.compilation import parts_of_run

    importlib.import_module("tvae.runs.recording")
    config = RunConfig(data=DataConfig(name=dataset.name), train=TrainConfig(step="fast"))
    compile_parts((*parts_of_run(config, dataset.train), COUNTING), go_on=lambda: is_idle(place))
    if not is_idle(place):
        return
    training = Training(config, dataset.train)
    live = LiveAccuracy(dataset.test, lambda row: None)
    for report in training.reports():
        live.measure_if_due(training, report.epoch, 0.0)
        if report.step == 2:
            break
    live.close()


if __name__ == "__main__":
    try:
        keep_files_private()
        status = main(sys.argv[1:])
    except (InputError, OSError, ValueError) as problem:
        sys.stderr.write(f"{problem}\n")
        status = 2
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)  # at once: everything is written, and the lock must become free
