"""Jobs: start, watch, pause, stop, resume, rename, delete background runs.

    jobs = Jobs()                           the runs of this person (TVAE_RUNS)
    run_id = jobs.start(config, owner)      at once; a process of its own trains it (see `worker`)
    jobs.run(run_id)                        where it stands -> Job
    jobs.stop(run_id, owner)                asked now; signalled, then killed by whoever looks later

Nothing is kept in memory: any number of servers and command lines may use the same folder. A run is alive as long as
its worker holds its lock; what it did is in its own files; who is next is in the queue.
"""

from __future__ import annotations

import contextlib
import datetime
import hashlib
import os
import secrets
import shutil
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from tvae.config import RunConfig
from tvae.data import train_size
from tvae.errors import InputError, require_real
from tvae.jobs.files import OVER, READY, TRASH, About, Flag, JobFiles, Spec, run_is_alive
from tvae.jobs.idle_workers import claim_idle_place, keep_idle_worker, mark_idle
from tvae.jobs.job import Job, Owner, foreground_job, run_state
from tvae.jobs.processes import reap_workers, remember_worker, signal_unresponsive_worker
from tvae.jobs.queue import JobQueue
from tvae.runs.run import CONFIG, HISTORY, Run
from tvae.runs.run_zip import run_members, take_in_run
from tvae.runs.warm_start import shown_step, starting_weights
from tvae.runs.weights import write_weights
from tvae.system.child_process import child_environment
from tvae.system.files import make_writable_folder
from tvae.system.json_lines import read_rows
from tvae.system.process_lock import ProcessLock, forget_last_word, lock_is_held, take_lock
from tvae.system.user_folders import new_run_id, own_run_folder, runs_folder

UNDO_SECONDS = 24 * 3600.0
"""A deleted run can be brought back this long at least."""
LONGEST_NAME, LONGEST_NOTE = 80, 4_000
_LEFT_OVER = 60.0
"""Seconds after which what nobody holds is nobody's."""


def new_owner() -> str:
    """A token that nobody guesses."""
    return secrets.token_urlsafe(16)


class Jobs:
    """The runs of one folder. Cheap to make; usable from any thread."""

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = (folder or runs_folder()).absolute()
        self._queue = JobQueue(self.folder)

    # Starting

    def start(
        self,
        config: RunConfig,
        owner: Owner,
        *,
        name: str = "",
        seconds: float | None = None,
        start_from: Run | None = None,
        half: bool = False,
        data_folder: Path | None = None,
        command: str = "",
        request: str = "",
    ) -> str:
        """Start a run, or put it in the queue; its id.

        Args:
            seconds: end after about this many seconds of training, if the config's epochs aren't over sooner.
            start_from: begin with the weights of this run, as it is shown (its snapshot, or its end).
            request: a text that is one wish: the same twice (a double click) starts one run.

        Raises:
            InputError: settings that can't work, before anything is started.
            OSError: the folder can't be written.
        """
        steps = _checked_steps(config)
        if seconds is not None:
            require_real("seconds", seconds, 1.0, 7 * 86_400.0)
        spec = Spec(
            config=config,
            seconds=seconds,
            half=half,
            data_folder=None if data_folder is None else str(data_folder.absolute()),
            command=command,
            steps=steps,
        )
        weights = None
        if start_from is not None:
            weights = starting_weights(start_from, config)
            spec = replace(spec, started_from=shown_step(start_from))
        return self._put_in_place(spec, owner, About(name=_checked_name(name)), request, weights)

    def take_in(self, content: bytes, owner: Owner, *, name: str = "") -> str:
        """Take in a run that somebody sent as a zip, and have a worker measure it; its id.

        Raises:
            InputError: it is not the zip of a run (see `run_zip` and `run_intake`); nothing of it is kept.
            OSError: the folder can't be written.
        """
        members, about = run_members(content), About(name=_checked_name(name))
        make_writable_folder(self.folder)
        self.clear_leftovers()
        place, lock = self._new_place()
        try:
            run = take_in_run(members, place)
        except BaseException:
            shutil.rmtree(place, ignore_errors=True)
            if lock is not None:
                lock.close()
            raise
        spec = Spec(config=run.config, task="measure", command=run.provenance.command, steps=run.provenance.step)
        return self._put_in_place(spec, owner, about, "", None, (place, lock))

    def _put_in_place(
        self,
        spec: Spec,
        owner: Owner,
        about: About,
        request: str,
        weights: dict[str, dict[str, Any]] | None,
        prepared: tuple[Path, ProcessLock | None] | None = None,
    ) -> str:
        make_writable_folder(self.folder)
        self.clear_leftovers()
        if request:
            request = f"{_hashed(owner)}:{request}"
            first = self._queue.requested(request)
            if first is not None and self._appears(first):
                return first
        place, lock = prepared or self._place(spec)
        try:
            run_id = place.name
            first = self._queue.add(run_id, request)
            if first != run_id:
                if self._appears(first):
                    return first
                self._queue.remove(first, request=True)  # its starter was killed before it was in its place
                self._queue.add(run_id, request)
            files = JobFiles(place)
            now = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
            spec = replace(
                spec, owner=_hashed(owner), created=now, command=spec.command or f"tvae.jobs.worker {run_id}"
            )
            if weights is not None:
                files.start.mkdir()
                write_weights(files.start, weights, 0)
            files.write_about(about)
            files.write_state({"state": "queued", "step": 0, "steps": spec.steps})
            files.write_spec(spec)
            place.rename(self.folder / run_id)
        except BaseException:
            with contextlib.suppress(OSError):
                self._queue.remove(place.name, request=True)
            shutil.rmtree(place, ignore_errors=True)
            raise
        finally:
            if place.exists():  # the same request was there before
                shutil.rmtree(place, ignore_errors=True)
                if lock is not None:
                    lock.close()
        if lock is not None:
            self._begin(self.folder / run_id, lock)
        elif not lock_is_held(JobFiles(self.folder / run_id).lock):  # the idle worker died this very moment
            self._begin(self.folder / run_id, take_lock(JobFiles(self.folder / run_id).lock))
        return run_id

    def _place(self, spec: Spec) -> tuple[Path, ProcessLock | None]:
        """A folder in which to prepare a run: an idle worker's, or a new one with its lock."""
        idle = claim_idle_place(self.folder, spec.config.data.name) if spec.data_folder is None else None
        return (idle, None) if idle is not None else self._new_place()

    def _new_place(self) -> tuple[Path, ProcessLock | None]:
        place = self.folder / READY / new_run_id()
        files = JobFiles(place)
        files.folder.mkdir(parents=True)
        return place, take_lock(files.lock)

    def warm_up(self, data: str) -> None:
        """Have one idle worker ready with this data set, for ten minutes: the next run on it starts at once.

        Raises:
            InputError: no such data set.
            OSError: the folder can't be written.
        """
        train_size(data)
        reap_workers()
        (self.folder / READY).mkdir(parents=True, exist_ok=True)
        alone = take_lock(self.folder / READY / "lock")
        if alone is None:
            return  # somebody else does it
        try:
            if not keep_idle_worker(self.folder, data):
                place, lock = self._new_place()
                mark_idle(place, data)
                self._begin(place, lock, data)
        finally:
            alone.close()

    def _appears(self, run_id: str) -> bool:
        """Whether a run that another has just begun to start is there, or comes within a moment."""
        until = time.monotonic() + 2.0
        while time.monotonic() < until:
            if (self.folder / run_id).is_dir():
                return True
            if not (self.folder / READY / run_id).is_dir():
                return (self.folder / run_id).is_dir()
            time.sleep(0.02)
        return False

    def _begin(self, place: Path, lock: ProcessLock | None, data: str = "") -> None:
        """Start the worker of a run with its lock in hand; with `data`, an idle one that loads this data set."""
        if lock is None:
            return  # somebody else has just begun it
        files = JobFiles(place)
        try:
            with files.log.open("ab") as log:
                process = subprocess.Popen(
                    [sys.executable, "-m", "tvae.jobs.worker", place.name, *filter(None, [data])],
                    stdin=lock.descriptor,
                    stdout=log,
                    stderr=log,
                    cwd="/",
                    env={**child_environment(), "TVAE_RUNS": str(self.folder)},
                    start_new_session=True,
                )
        except OSError as error:
            files.write_state({**files.read_state(), "state": "failed", "reason": f"no worker can be started: {error}"})
            raise
        finally:
            lock.close()
        remember_worker(process)

    # Looking

    def runs(self) -> list[Job]:
        """All runs in the folder, newest first; also those that were trained into it in the foreground."""
        reap_workers()
        if not self.folder.is_dir():
            return []
        places = self._places()
        found = []
        for folder in self.folder.iterdir():
            if folder.name.startswith(".") or folder.is_symlink() or not folder.is_dir():
                continue
            with contextlib.suppress(InputError):
                found.append(self._job(folder, places))
        return sorted(found, key=lambda job: (job.created, job.id), reverse=True)

    def run(self, run_id: str) -> Job:
        """One run.

        Raises:
            InputError: there is none of this id.
        """
        reap_workers()
        return self._job(own_run_folder(self.folder, run_id), self._places())

    def history(self, run_id: str) -> list[dict[str, Any]]:
        """Losses on the way, ten rows an epoch."""
        return read_rows(own_run_folder(self.folder, run_id) / HISTORY)

    def live(self, run_id: str) -> list[dict[str, Any]]:
        """Triplet accuracy on the way, about a row a second."""
        return read_rows(JobFiles(own_run_folder(self.folder, run_id)).live)

    def lesson(self, run_id: str) -> dict[str, Any] | None:
        """The step that a slow run is about to take."""
        return JobFiles(own_run_folder(self.folder, run_id)).read_lesson()

    def _places(self) -> dict[str, int]:
        with contextlib.suppress(OSError):  # a queue that can't be read tells no places
            return self._queue.places(lambda run_id: run_is_alive(self.folder, run_id))
        return {}

    def _job(self, folder: Path, places: dict[str, int]) -> Job:
        files = JobFiles(folder)
        if not files.spec.exists():
            return foreground_job(folder)
        spec, about = files.read_spec(), files.read_about()
        alive = lock_is_held(files.lock)
        told = files.read_state()  # read after the look at the lock: nobody writes it once that is free
        state, reason = run_state(files, told, alive)
        if alive and state not in OVER:
            signal_unresponsive_worker(folder.name, files, told)
        phase = "" if state in OVER else "waiting" if state == "queued" else told.get("phase", "starting")
        return Job(
            id=folder.name,
            folder=folder,
            config=spec.config,
            state=state,
            reason=reason,
            phase=phase,
            place=places.get(folder.name) if state == "queued" else None,
            name=about.name,
            note=about.note,
            pinned=about.pinned,
            created=spec.created,
            owned=spec.owner != "",
            started_from=spec.started_from,
            seconds_budget=spec.seconds,
            step=told.get("step", 0),
            steps=told.get("steps", 0) or spec.steps,
            epoch=told.get("epoch", 0.0),
            seconds=told.get("seconds", 0.0),
            seconds_left=None if state in OVER else told.get("seconds_left"),
            images_per_second=told.get("images_per_second", 0.0),
            arms=told.get("arms", {}),
            warnings=tuple(told.get("warnings", ())),
            paused=files.flag("pause") and state not in OVER,
            slow=files.flag("slow"),
            # Once it is measured its end is near, and a stop comes too late.
            stopping=files.flag("stop") and state not in OVER and phase != "measuring",
            loadable=(folder / CONFIG).is_file(),
            resumable=state in ("stopped", "interrupted", "failed") and not told.get("hopeless", False),
        )

    # Asking

    def may_control(self, run_id: str, owner: Owner) -> bool:
        """Whether this owner may stop, change or delete the run."""
        files = JobFiles(own_run_folder(self.folder, run_id))
        if owner is None or os.environ.get("TVAE_ANYONE_MAY_STOP") == "1":
            return True
        if not files.spec.exists():
            return False
        return secrets.compare_digest(files.read_spec().owner, _hashed(owner))

    def stop(self, run_id: str, owner: Owner) -> None:
        """Ask a run to stop; it keeps what it has. Asking again, or after its end, changes nothing.

        Raises:
            InputError: no such run, or another's.
        """
        files = self._controlled(run_id, owner)
        if self.run(run_id).state not in OVER:
            files.set_flag("stop", True)

    def pause(self, run_id: str, owner: Owner) -> None:
        """Ask a run to wait before its next step."""
        self._flag(run_id, owner, "pause", True)

    def slow(self, run_id: str, owner: Owner, on: bool) -> None:
        """Have a run take a step about every second and a half, and tell each before it is taken (or no longer)."""
        self._flag(run_id, owner, "slow", on)

    def step_once(self, run_id: str, owner: Owner) -> None:
        """Have a paused run take one step."""
        files = self._controlled(run_id, owner)
        if self.run(run_id).state not in OVER:
            files.set_flag("pause", True)
            files.grant_step()

    def resume(self, run_id: str, owner: Owner) -> None:
        """Have a paused run go on, or put one that was stopped, interrupted or failed in the queue again.

        Raises:
            InputError: no such run, another's, or one that is done or could only fail again.
        """
        files = self._controlled(run_id, owner)
        job = self.run(run_id)
        if job.state in ("queued", "running"):
            files.set_flag("pause", False)
            return
        if not job.resumable:
            why = "is done" if job.state == "done" else f"would fail again ({job.reason})"
            raise InputError(f"run {run_id}: {why}; there is nothing to resume")
        lock = take_lock(files.lock)
        if lock is None:
            return  # somebody else has just resumed it
        try:
            forget_last_word(lock)
            files.forget_requests()
            told = {
                key: value for key, value in files.read_state().items() if key in ("step", "steps", "epoch", "seconds")
            }
            files.write_state({**told, "state": "queued"})
            self._queue.add(run_id)
        except BaseException:
            lock.close()
            raise
        self._begin(files.run_folder, lock)

    def _flag(self, run_id: str, owner: Owner, flag: Flag, on: bool) -> None:
        files = self._controlled(run_id, owner)
        if self.run(run_id).state not in OVER:
            files.set_flag(flag, on)

    def _controlled(self, run_id: str, owner: Owner) -> JobFiles:
        files = JobFiles(own_run_folder(self.folder, run_id))
        if not self.may_control(run_id, owner):
            raise InputError(f"run {run_id}: belongs to who started it; others can watch it and not change it")
        return files

    # Keeping

    def rename(self, run_id: str, owner: Owner, name: str) -> None:
        """Call a run something; its id stays."""
        files = self._controlled(run_id, owner)
        files.write_about(replace(files.read_about(), name=_checked_name(name)))

    def write_note(self, run_id: str, owner: Owner, note: str) -> None:
        """Keep a note with a run."""
        files = self._controlled(run_id, owner)
        if len(note) > LONGEST_NOTE:
            raise InputError(f"note: {len(note):,} characters; it must be at most {LONGEST_NOTE:,}")
        files.write_about(replace(files.read_about(), note=note))

    def pin(self, run_id: str, owner: Owner, on: bool) -> None:
        """Keep a run at the top of the list, or no longer."""
        files = self._controlled(run_id, owner)
        files.write_about(replace(files.read_about(), pinned=on))

    def delete(self, run_id: str, owner: Owner) -> None:
        """Put a run aside; `undelete` brings it back for a day.

        Raises:
            InputError: no such run, another's, or one that isn't over.
        """
        files = self._controlled(run_id, owner)
        lock = take_lock(files.lock) if files.spec.exists() else None
        if files.spec.exists() and lock is None:
            raise InputError(f"run {run_id}: is {self.run(run_id).state}; stop it before you delete it")
        try:
            trash = self.folder / TRASH
            trash.mkdir(exist_ok=True)
            os.utime(files.run_folder)  # the day begins now
            files.run_folder.rename(trash / run_id)
        finally:
            if lock is not None:
                lock.close()

    def undelete(self, run_id: str, owner: Owner) -> None:
        """Bring a deleted run back.

        Raises:
            InputError: it is not there any more, or another's.
        """
        folder = own_run_folder(self.folder / TRASH, run_id)
        if not Jobs(self.folder / TRASH).may_control(run_id, owner):
            raise InputError(f"run {run_id}: belongs to who started it")
        if (self.folder / run_id).exists():
            raise InputError(f"run {run_id}: a run of this id is there")
        folder.rename(self.folder / run_id)

    def deleted(self) -> list[str]:
        """Ids of the runs that can be brought back, the newest run first."""
        return [job.id for job in Jobs(self.folder / TRASH).runs()]

    def clear_leftovers(self) -> None:
        """Remove what killed processes left: half-prepared places, half-written files, what was deleted long ago."""
        old = time.time() - _LEFT_OVER
        for place in _children_of(self.folder / READY):
            if _modified(place) < old and not lock_is_held(JobFiles(place).lock):
                shutil.rmtree(place, ignore_errors=True)
        for run in _children_of(self.folder / TRASH):
            if _modified(run) < time.time() - UNDO_SECONDS:
                shutil.rmtree(run, ignore_errors=True)
        for run in _children_of(self.folder):
            if not lock_is_held(JobFiles(run).lock):
                for part in run.rglob(".*.part"):
                    if _modified(part) < old:
                        part.unlink(missing_ok=True)


def _checked_steps(config: RunConfig) -> int:
    images, batch = train_size(config.data.name), config.train.batch_size
    if batch > images:
        raise InputError(
            f"train.batch-size: {batch} is more than the {images} images of the train split; it must be 1 to {images}"
        )
    return config.train.epochs * (images // batch)


def _checked_name(name: str) -> str:
    name = " ".join(name.split())
    if len(name) > LONGEST_NAME or not name.isprintable():
        raise InputError(
            f"name: {name[:20]!r}… is not possible; it must be at most {LONGEST_NAME} printable characters"
        )
    return name


def _hashed(owner: Owner) -> str:
    return "" if owner is None else hashlib.sha256(owner.encode()).hexdigest()


def _children_of(folder: Path) -> list[Path]:
    return [path for path in folder.iterdir() if path.is_dir()] if folder.is_dir() else []


def _modified(path: Path) -> float:
    try:
        return path.lstat().st_mtime
    except OSError:
        return time.time()
