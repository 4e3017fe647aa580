"""A run that several processes train together (torchrun), and going on with one that they began."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from tvae.config import RunConfig, with_default_notions
from tvae.errors import InputError
from tvae.jobs.files import JobFiles
from tvae.jobs.foreground import held_in_foreground
from tvae.runs.run import read_run
from tvae.system.process_lock import ProcessLock, take_lock

if TYPE_CHECKING:  # torch is imported only where a run is trained
    from tvae.data import Dataset
    from tvae.data.triplets import GivenTriplets
    from tvae.runs.recording import Recording
    from tvae.training.loop import Report, Training
    from tvae.training.ranks import Ranks


@contextlib.contextmanager
def recording_of_ranks(
    config: RunConfig,
    dataset: Dataset,
    folder: Path,
    command: str,
    *,
    half: bool,
    triplets: GivenTriplets | None,
) -> Iterator[Recording]:
    """Context in which rank 0 holds the folder of a run that it keeps: a new one, or an interrupted one of these ranks.

    Any number of ranks goes on with it. The arguments are those of `Recording`.

    Raises:
        InputError: the folder holds something else, a run of other settings, or one that is being trained; what
            `Recording` refuses.
    """
    from tvae.runs.recording import Recording, claimed_folder

    files = JobFiles(folder.absolute())
    goes_on = _is_interrupted(files)
    with contextlib.ExitStack() as held:
        if goes_on:
            held.enter_context(_lock(files))
            _check_same_settings(folder, config, dataset)
        else:
            held.enter_context(claimed_folder(folder))
        held.enter_context(held_in_foreground(folder))
        recording = Recording(config, dataset, folder, command, half=half, triplets=triplets, resume_file=files.resume)
        if not goes_on:
            files.folder.mkdir()
            held.enter_context(_lock(files))
        yield recording
    if recording.run.provenance.finished:
        shutil.rmtree(files.folder, ignore_errors=True)


def reports_of_ranks(
    ranks: Ranks, trained: Recording | Training, on_measured: Callable[[float], None]
) -> Generator[Report, None, None]:
    """Train to the end, with a report after each step, in every process alike.

    Args:
        trained: the recording in rank 0, the training in the others.
        on_measured: called while rank 0 evaluates the trained run, with the share of that work that is done.

    Raises:
        KeyboardInterrupt: a process was told to end; what was trained is saved, and the same command goes on.
        NonFiniteLoss: see `Recording.reports`.
        RankLost: another process has ended; as above.
    """
    from tvae.training.loop import Training

    def measured(share: float) -> None:
        ranks.stop_if_told()
        on_measured(share)

    if isinstance(trained, Training):
        training, reports = trained, trained.reports()
    else:
        training, reports = trained.training, trained.reports(measured)
    ranks.share_state(training)
    with ranks.within_steps(), contextlib.closing(reports):
        for report in reports:
            yield report
            if report.step < report.steps and ranks.stop_agreed():
                raise KeyboardInterrupt(f"stopped after step {report.step:,}; the same command goes on from there")


def _is_interrupted(files: JobFiles) -> bool:
    """Whether ranks have begun the run in this folder, and not ended it; what a worker trains has a spec."""
    if not files.folder.is_dir() or files.spec.exists():
        return False
    try:
        return files.resume.exists() or not read_run(files.run_folder).provenance.finished
    except InputError:
        return False


def _lock(files: JobFiles) -> ProcessLock:
    """The lock of a run among ranks, also outside of the folder of runs.

    Raises:
        InputError: others train it.
    """
    lock = take_lock(files.folder / "ranks.lock")
    if lock is None:
        raise InputError(f"--out: other processes train the run in {files.run_folder}; name a new folder")
    return lock


def _check_same_settings(folder: Path, config: RunConfig, dataset: Dataset) -> None:
    """Check that the interrupted run has these settings.

    Raises:
        InputError: it has others; the message names them.
    """
    own = with_default_notions(config, next(iter(dataset.train.notions))).settings()
    begun = read_run(folder).config.settings()
    others = [
        f"{name} {begun.get(name)!r}, here {own.get(name)!r}"
        for name in dict.fromkeys([*begun, *own])
        if begun.get(name) != own.get(name)
    ]
    if others:
        raise InputError(
            f"--out: {folder} holds an interrupted run of other settings ({'; '.join(others)}); name a new folder, or"
            " go on with that run's own command"
        )
