"""Starter: put a run in the queue and start a worker process for it."""

from __future__ import annotations

import contextlib
import datetime
import os
import shutil
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from tvae.config import RunConfig, check_notions
from tvae.data import check_usable, dataset_identity, notion_names, train_size
from tvae.data.triplets import GivenTriplets
from tvae.errors import InputError
from tvae.jobs.allowance import check_room, check_settings
from tvae.jobs.files import READY, About, JobFiles, Spec, gone_is_said
from tvae.jobs.idle_workers import claim_idle_place, keep_idle_worker
from tvae.jobs.job import state_without_worker
from tvae.jobs.queue import JobQueue
from tvae.jobs.runs_folder import make_runs_folder
from tvae.jobs.trash import Trash
from tvae.jobs.worker_processes import (
    MODULE,
    clear_earlier_worker,
    collect_ended_workers,
    reserve_for_worker,
    start_worker,
)
from tvae.runs.run import Run
from tvae.runs.run_zip import run_members, take_in_run
from tvae.runs.triplets import write_triplets
from tvae.runs.warm_start import shown_step, starting_weights
from tvae.runs.weights import write_weights
from tvae.system.array_files import Weights
from tvae.system.files import write_atomically
from tvae.system.names import checked_name
from tvae.system.owner import Owner, hashed
from tvae.system.process_lock import ProcessLock, lock_is_held, take_lock
from tvae.system.user_folders import new_run_id

LONGEST_NAME = 240
"""Bytes of a run's name."""


class Starter:
    """Starts runs in one folder of runs. Cheap to make; usable from any thread."""

    def __init__(self, runs: Path) -> None:
        self._runs = runs
        self._queue = JobQueue(runs)

    def start(
        self,
        config: RunConfig,
        owner: Owner,
        *,
        name: str = "",
        seconds: float | None = None,
        start_from: Run | None = None,
        triplets: GivenTriplets | None = None,
        unfinished: Mapping[str, bytes] | None = None,
        half: bool = False,
        data_folder: Path | None = None,
        command: str = "",
        request: str = "",
    ) -> str:
        """Start a run, or put it in the queue; returns its id.

        Args:
            seconds: end after about this many seconds of training, if the config's epochs aren't over sooner.
            start_from: begin with the weights of this run, as it is shown (its snapshot, or its end).
            triplets: the given triplets that the config names, where it names any.
            unfinished: files of a run of these settings that another machine began, by their path in the run's folder,
                the resume file among them: this run goes on from there.
            request: an id of this request: the same id twice (a double click) starts one run.

        Raises:
            InputError: settings that can't work, a data set that is another person's, more than this person or the
                server may have (see `allowance`), or a folder of runs that can't be written, before anything is
                started.
            OSError: the disk is full, or no process can be started.
        """
        if data_folder is None:
            check_usable(config.data.name, owner)
        steps = checked_steps(config, data_folder)
        about = About(name=checked_name("name", name, LONGEST_NAME))
        check_settings(config, seconds)
        if triplets is not None:
            triplets.check_usable(config, train_size(config.data.name, data_folder))
        elif config.data.triplets:
            raise InputError("data.triplets: the settings name triplets that are not at hand; bring in their file")
        weights = None if start_from is None else starting_weights(start_from, config)
        spec = Spec(
            config=config,
            seconds=seconds,
            started_from="" if start_from is None else shown_step(start_from),
            half=half,
            data_folder=None if data_folder is None else str(data_folder.absolute()),
            command=command,
            steps=steps,
        )
        make_runs_folder(self._runs)
        if request:
            request = f"{hashed(owner)}:{request}"
            earlier_id = self._queue.requested(request)
            if earlier_id is not None and self._appears(earlier_id):
                return earlier_id
        Trash(self._runs).clear_leftovers()
        check_room(self._runs, owner)
        idle_place = claim_idle_place(self._runs, dataset_identity(config.data.name)) if data_folder is None else None
        place = self._new_place() if idle_place is None else _Place(idle_place, None)
        return self._start_in(place, spec, owner, about, weights, triplets, unfinished, request)

    def take_in(self, content: bytes, owner: Owner, *, name: str = "") -> str:
        """Add an uploaded run (a zip), and have a worker measure it; its id.

        Raises:
            InputError: it is not the zip of a run (see `run_zip`), it is of another person's data set, it is more than
                this person or the server may have, or the folder of runs can't be written; nothing of it is kept.
            OSError: the disk is full, or no process can be started.
        """
        make_runs_folder(self._runs)  # before seconds are spent on the zip
        members, about = run_members(content), About(name=checked_name("name", name, LONGEST_NAME))
        Trash(self._runs).clear_leftovers()
        check_room(self._runs, owner)
        place = self._new_place()
        try:
            run = take_in_run(members, place.folder, owner)
            check_settings(run.config)
        except BaseException:
            place.give_up()
            raise
        spec = Spec(config=run.config, task="measure", command=run.provenance.command, steps=run.provenance.step)
        return self._start_in(place, spec, owner, about)

    def warm_up(self, data: str) -> None:
        """Have one idle worker ready with this data set, for ten minutes: the next run on it starts at once.

        Raises:
            InputError: no such data set.
            OSError: the folder can't be written, or no process can be started.
        """
        identity = dataset_identity(data)
        collect_ended_workers()
        (self._runs / READY).mkdir(parents=True, exist_ok=True)
        lock = take_lock(self._runs / READY / "lock")
        if lock is None:
            return  # another process is doing it
        with lock:
            if not keep_idle_worker(self._runs, identity):
                self._new_place().hand_over(self._runs, data)

    def start_again(self, files: JobFiles) -> None:
        """Start a worker for a run that has none; does nothing where another caller has just done so.

        Raises:
            InputError: the run is done by now.
            OSError: no process can be started.
        """
        files.worker_folder.mkdir(parents=True, exist_ok=True)
        lock = take_lock(files.lock)
        if lock is None:
            return
        with lock:
            if state_without_worker(files)[0] == "done":  # another worker ended it since the caller looked
                raise InputError(f"run {files.run_folder.name}: is done; there is nothing to resume")
            clear_earlier_worker(files)
            files.forget_requests()
        with gone_is_said(files.run_folder):
            start_worker(self._runs, files.run_folder.name)

    def _start_in(
        self,
        place: _Place,
        spec: Spec,
        owner: Owner,
        about: About,
        weights: Mapping[str, Weights] | None = None,
        triplets: GivenTriplets | None = None,
        unfinished: Mapping[str, bytes] | None = None,
        request: str = "",
    ) -> str:
        """Prepare a run in this place, and move it among the runs once it has a worker."""
        run_id, was_idle = place.folder.name, place.lock is None
        try:
            if triplets is not None:
                write_triplets(place.folder, triplets)
            for name, content in (unfinished or {}).items():
                (place.folder / name).parent.mkdir(parents=True, exist_ok=True)
                write_atomically(place.folder / name, content)
            _write_files(JobFiles(place.folder), spec, owner, about, weights)
            place.hand_over(self._runs)
            queued_id = self._queue.add(run_id, request)
            if queued_id != run_id:
                if self._appears(queued_id):
                    place.give_up()
                    return queued_id
                self._queue.remove(queued_id, request=True)  # its starter was killed before it was in its place
                self._queue.add(run_id, request)
            place.folder.rename(self._runs / run_id)
        except BaseException:
            with contextlib.suppress(OSError):
                self._queue.remove(run_id, request=True)
            place.give_up()
            raise
        files = JobFiles(self._runs / run_id)
        if was_idle and not lock_is_held(files.lock):  # the idle worker has just ended
            self.start_again(files)
        return run_id

    def _new_place(self) -> _Place:
        folder = self._runs / READY / new_run_id()
        files = JobFiles(folder)
        try:
            files.folder.mkdir(parents=True)
            return _Place(folder, reserve_for_worker(files))
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise

    def _appears(self, run_id: str) -> bool:
        """Whether a run that another caller is just starting exists, or does within two seconds."""
        until = time.monotonic() + 2.0
        while time.monotonic() < until:
            if (self._runs / run_id).is_dir():
                return True
            if not (self._runs / READY / run_id).is_dir():
                return (self._runs / run_id).is_dir()
            time.sleep(0.02)
        return False


@dataclass
class _Place:
    """A folder below `.ready` in which a run is prepared. Its worker ends when the folder is removed."""

    folder: Path
    lock: ProcessLock | None
    """Lock of the prepared run, held by this process; None where a worker holds it."""

    def hand_over(self, runs: Path, data: str = "") -> None:
        """Have a worker hold the lock."""
        if self.lock is not None:
            os.utime(self.folder)  # so that it isn't removed as a leftover while nobody holds the lock
            self.lock.release()
            self.lock = None
            start_worker(runs, self.folder.name, data)

    def give_up(self) -> None:
        """Remove the folder."""
        shutil.rmtree(self.folder, ignore_errors=True)
        if self.lock is not None:
            self.lock.release()
            self.lock = None


def _write_files(
    files: JobFiles, spec: Spec, owner: Owner, about: About, weights: Mapping[str, Weights] | None
) -> None:
    spec = replace(
        spec,
        owner=hashed(owner),
        created=datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        command=spec.command or f"{MODULE} {files.run_folder.name}",
    )
    if weights is not None:
        files.start.mkdir()
        write_weights(files.start, weights, 0)
    files.write_about(about)
    files.write_state({"state": "queued", "step": 0, "steps": spec.steps})
    files.write_spec(spec)


def checked_steps(config: RunConfig, data_folder: Path | None) -> int:
    """Number of steps of a run.

    Raises:
        InputError: a batch larger than the train split, or a notion that the data lack.
    """
    data = config.data
    check_notions(config, notion_names(data.name, data_folder))
    images, batch = train_size(data.name, data_folder, data.validation_share), config.train.batch_size
    if batch > images:
        raise InputError(
            f"train.batch-size: {batch} is more than the {images} images of the train split; it must be 1 to {images}"
        )
    return config.train.steps(images)
