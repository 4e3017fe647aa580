"""Recording: train a run and fill its folder."""

from __future__ import annotations

import contextlib
import math
import time
from collections.abc import Callable, Generator, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from tvae.config import RunConfig, with_default_notions
from tvae.data import Dataset
from tvae.data.triplets import GivenTriplets
from tvae.errors import InputError
from tvae.model.vae import weights_of
from tvae.runs.finishing import finish
from tvae.runs.history import HistoryWriter
from tvae.runs.origin import provenance_of
from tvae.runs.replays.recorded import ReplayWriter
from tvae.runs.resume_file import Standing, read_resume_file, write_resume_file
from tvae.runs.run import Run, read_run, write_config
from tvae.runs.snapshots import SnapshotTimes, take_snapshot
from tvae.runs.triplets import TRIPLETS, write_triplets
from tvae.runs.warm_start import shown_step, starting_weights
from tvae.runs.weights import write_weights
from tvae.system.array_files import Weights
from tvae.system.compiled import compile_parts
from tvae.system.files import make_writable_folder
from tvae.training.clock import Clock
from tvae.training.loop import Report, Training
from tvae.training.rank_lost import RankLost
from tvae.training.steps.compilation import parts_of_run
from tvae.training.time_budget import TimePlan

KEEPING_SHARE = 0.02
"""Share of the training time that may go to saving the weights, and as much to writing the resume file:
less often saved, more work is lost by a kill."""
_THEN = "; then "
"""Between the devices of a run that went on with another one, or in another number of processes."""


def record(
    config: RunConfig,
    dataset: Dataset,
    folder: Path,
    command: str,
    *,
    half: bool = False,
    seconds: float | None = None,
    start_from: Run | None = None,
    triplets: GivenTriplets | None = None,
    on_measured: Callable[[float], None] = lambda share: None,
) -> Iterator[Report]:
    """Train a run and keep it in an empty folder, passing on its reports; see `Recording`.

    Args:
        half: keep the last weights and the encoding as float16, as snapshots always are: half the disk, and an
            accuracy that differs in the third decimal of a percent.
        seconds: end after about this many seconds of training, if the config's epochs aren't over sooner.
        start_from: begin with this run's weights, each arm with those of the arm of the same name.
        triplets: the given triplets that the config names, where it names any; the folder gets a copy.
        on_measured: called while the trained run is evaluated, with the share of that work that is done.

    Raises:
        InputError: the folder holds something already or can't be written; weights that don't fit; what `Training`
            refuses.
        NonFiniteLoss: from training, after the last finite weights are saved.
        OSError: the disk is full; what was saved before stands.
    """
    start = None if start_from is None else starting_weights(start_from, config)
    step = "" if start_from is None else shown_step(start_from)
    with claimed_folder(folder):
        recording = Recording(
            config,
            dataset,
            folder,
            command,
            half=half,
            seconds=seconds,
            start=start,
            started_from=step,
            triplets=triplets,
        )
    yield from recording.reports(on_measured)


class Recording:
    """A run being trained, and kept in its folder.

    Weights are saved after an epoch, unless that was done a moment ago, and when `reports` is left early or training
    fails; the folder then holds a loadable run that says it isn't finished. Snapshots on the way show how it came about
    (see `snapshot_steps`).

    Attributes:
        training: the run in progress.
        run: its folder, as it was last saved.
    """

    def __init__(
        self,
        config: RunConfig,
        dataset: Dataset,
        folder: Path,
        command: str,
        *,
        half: bool = False,
        seconds: float | None = None,
        start: Mapping[str, Weights] | None = None,
        started_from: str = "",
        triplets: GivenTriplets | None = None,
        resume_file: Path | None = None,
    ) -> None:
        """
        Args:
            triplets: the given triplets that the config names, where it names any; the folder gets a copy.
            start: each arm's first weights; None for those that the seed gives.
            started_from: where they are from, in words.
            resume_file: kept up to date while the run is trained; where it is there already, the run goes on from it.

        Raises:
            InputError: what `Training` refuses; a resume file that is not this run's, or data that have changed since
                the run began; nothing of it is changed.
            OSError: the folder can't be written.
        """
        dataset = dataset.by(config.data.notion)
        config = with_default_notions(config, next(iter(dataset.train.notions)))
        compile_parts(parts_of_run(config, dataset.train))  # before its first step, whose seconds count
        self.training = Training(config, dataset.train, triplets)
        if triplets is not None and not (folder / TRIPLETS).exists():
            write_triplets(folder, triplets)
        provenance = provenance_of(
            dataset, self.training, command, half=half, seconds=seconds, started_from=started_from
        )
        self.run = Run(folder, config, provenance)
        self._test = dataset.test
        self._train = None if triplets is None else dataset.train
        self._validation = dataset.validation
        self._resume_file = resume_file
        self._history = HistoryWriter(folder, self.training.steps_per_epoch)
        self._in_all, self._in_snapshots, self._aside = Clock(), Clock(), Clock()
        self._save_due = self._keep_due = -math.inf
        self._plan = None if seconds is None else TimePlan(seconds, self.training.steps)
        self._between_steps = True
        self._replay = ReplayWriter(self.run, dataset.test, self.training.steps)
        if resume_file is not None and resume_file.exists():
            self._restore(resume_file)
        else:
            for arm, weights in (start or {}).items():
                self.training.arms[arm].set_weights(weights)
            self._history.begin()
        self._snapshots = SnapshotTimes(self.run, self.training.steps, seconds, self.seconds)
        self._save()

    @property
    def seconds(self) -> float:
        """Spent in training so far, and in keeping it."""
        return self._in_all.seconds

    @property
    def budget(self) -> float | None:
        """Seconds of training that the run was given."""
        return self.run.provenance.seconds_budget

    def reports(self, on_measured: Callable[[float], None] = lambda share: None) -> Generator[Report, None, None]:
        """Train to the end, a report a step, and evaluate. May be left between any two reports.

        Args:
            on_measured: called while the trained run is evaluated, with the share of that work that is done.

        Raises:
            NonFiniteLoss: after the last finite weights are saved.
            RankLost: after the weights are saved.
            ArithmeticError: weights that no file keeps; those saved before stand.
            OSError: the disk is full; what was saved before stands.
        """
        training = self.training
        reports = training.reports()
        try:
            if training.step == 0:
                with self._in_all:
                    self._snapshot_if_due()
                    self._record_replay()
            while True:
                with self._in_all:
                    self._between_steps = False
                    try:
                        report = next(reports, None)
                    except RankLost:  # before any weight changed
                        self._between_steps = True
                        raise
                    self._between_steps = True
                    if report is None:
                        break
                    report = self._planned(report)
                    self._history.add(report)
                    self._record_replay()
                    if report.step % training.steps_per_epoch == 0 and report.step < report.steps:
                        self._save_if_due()
                        self._keep()
                    if self._snapshot_if_due():
                        self._keep()
                yield report
        finally:
            reports.close()
            self._save()
            if self._between_steps:  # within a step, one arm may be ahead of the other
                self._keep(now=True)
        finish(self.run, self._test, on_measured, train=self._train, validation=self._validation)
        if self._resume_file is not None:
            self._resume_file.unlink(missing_ok=True)

    def _planned(self, report: Report) -> Report:
        """The report, with the number of steps that the time allows."""
        if self._plan is None:
            return report
        seconds = self._in_all.running_seconds
        aside, later = self._aside.seconds, self._snapshots.seconds_later
        self.training.steps = self._plan.steps(report.step, seconds, aside, later)
        return replace(report, steps=self.training.steps)

    def _snapshot_if_due(self) -> bool:
        if not self._snapshots.due(self.training.step, self._in_all.running_seconds):
            return False
        with self._aside, self._in_snapshots:
            take_snapshot(self.run, self.training, self._test)
        self._snapshots.taken(self._in_snapshots.seconds)
        return True

    def _record_replay(self) -> None:
        with self._aside:
            self._replay.record_if_due(self.training, self._in_all.running_seconds)

    def _save_if_due(self) -> None:
        begun = time.monotonic()
        if begun >= self._save_due:
            self._save()
            self._save_due = _due_again(begun)

    def _save(self) -> None:
        training = self.training
        weights = {name: weights_of(arm.model) for name, arm in training.arms.items()}
        write_weights(self.run.folder, weights, training.step, half=self.run.provenance.half_precision)
        provenance = replace(
            self.run.provenance,
            step=training.step,
            seconds=round(self._in_all.running_seconds, 1),
            finished=training.step == training.steps,
        )
        self.run = replace(self.run, provenance=provenance)
        write_config(self.run)

    def _keep(self, *, now: bool = False) -> None:
        """Bring the resume file up to date, unless that was done just now."""
        begun = time.monotonic()
        if self._resume_file is None or (not now and begun < self._keep_due):
            return
        training = self.training
        with self._aside:
            standing = Standing(
                step=training.step,
                steps=training.steps,
                seconds=self._in_all.running_seconds,
                waiting=self._history.waiting,
            )
            write_resume_file(self._resume_file, training, standing)
        self._keep_due = _due_again(begun)

    def _restore(self, resume_file: Path) -> None:
        """Restore the state that an earlier process left in its resume file."""
        self._check_data_unchanged()
        standing, tensors = read_resume_file(resume_file, self.run.config, self.run.image_shape)
        for name, arm in self.training.arms.items():
            arm.restore(tensors[name])
        if self._plan is not None and standing.steps < self.training.steps:
            self._plan.settled = standing.steps
        self.training.step, self.training.steps = standing.step, standing.steps
        self._in_all.seconds = standing.seconds
        self._history.go_on(standing.step, standing.waiting)
        self._replay.go_on(standing.step)
        with contextlib.suppress(InputError):  # killed before it was written
            begun, here = read_run(self.run.folder).provenance, self.run.provenance
            devices = dict.fromkeys([*begun.device.split(_THEN), here.device])
            provenance = replace(here, started=begun.started, device=_THEN.join(devices))
            self.run = replace(self.run, provenance=provenance)
        self.run = replace(self.run, provenance=replace(self.run.provenance, step=standing.step))

    def _check_data_unchanged(self) -> None:
        """Check that the images and labels at hand are those that the run began with."""
        try:
            begun = read_run(self.run.folder).provenance
        except InputError:  # killed before it was written
            return
        here = self.run.provenance
        for name, was, now in (
            ("train", begun.train, here.train),
            ("validation", begun.validation, here.validation),
            ("test", begun.test, here.test),
        ):
            if was != now:
                raise InputError(
                    f"data.name: the {name} images or labels of {self.run.config.data.name!r} are not those that this"
                    " run began with; bring those back and resume it, or train a new run"
                )


def _due_again(begun: float) -> float:
    """Time from which work that began at `begun`, and has just ended, may be repeated within its share of the time."""
    now = time.monotonic()
    return now + (now - begun) / KEEPING_SHARE


@contextlib.contextmanager
def claimed_folder(folder: Path) -> Iterator[None]:
    """Take an empty folder for a run; after an error or Ctrl-C it is removed if it was made here and is still empty.

    Raises:
        InputError: it holds something already, or can't be written.
    """
    made = [path for path in (folder, *folder.parents) if not path.exists()]
    try:
        _claim_folder(folder)
        yield
    except BaseException:
        with contextlib.suppress(OSError):  # it holds something
            for path in made:
                path.rmdir()
        raise


def _claim_folder(folder: Path) -> None:
    if folder.is_dir() and any(folder.iterdir()):
        raise InputError(f"--out: {folder} is not empty; name a new folder, nothing saved is written over")
    try:
        make_writable_folder(folder)
    except OSError as error:
        raise InputError(f"--out: {folder} can't be written ({error.strerror}); name another folder") from None
