"""Runs in the background: started, watched, asked to pause or stop, resumed, named, deleted. No torch, no Streamlit.

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
import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from tvae.checkpoints import CONFIG, HISTORY, Run, read_run, write_weights
from tvae.child_process import child_environment
from tvae.config import InputError, RunConfig, _require_real
from tvae.data import train_size
from tvae.files import make_writable_folder
from tvae.idle_workers import claim_idle_place, keep_idle_worker, mark_idle
from tvae.job_files import OVER, READY, TRASH, About, Flag, JobFiles, Spec, State, run_is_alive
from tvae.job_queue import JobQueue
from tvae.process_lock import ProcessLock, boot_id, forget_last_word, last_word, lock_is_held, take_lock
from tvae.row_files import read_rows
from tvae.run_intake import take_in_run
from tvae.run_zip import run_members
from tvae.runs_folder import new_run_id, own_run_folder, runs_folder
from tvae.warm_start import shown_step, starting_weights

Owner = str | None
"""A token that only who started a run has; None is whoever can write the folder itself: the command line."""

SIGNAL_AFTER, KILL_AFTER = 5.0, 10.0
"""Seconds after a stop was asked for."""
UNDO_SECONDS = 24 * 3600.0
"""A deleted run can be brought back this long at least."""
LONGEST_NAME, LONGEST_NOTE = 80, 4_000
_LEFT_OVER = 60.0
"""Seconds after which what nobody holds is nobody's."""


@dataclass(frozen=True, kw_only=True)
class Job:
    """A run of the run list: what was asked for, and where it stands."""

    id: str
    folder: Path
    config: RunConfig
    state: State
    reason: str = ""
    """One line: why it failed or was interrupted."""
    phase: str = ""
    """While it is alive: waiting, starting, training, paused, measuring."""
    place: int | None = None
    """Among those that wait; 1 is next."""
    name: str = ""
    note: str = ""
    pinned: bool = False
    created: str = ""
    """UTC, ISO 8601."""
    owned: bool = False
    """Whether somebody's token controls it; else only the command line can."""
    started_from: str = ""
    """The run and step that it began with; empty: from scratch."""
    seconds_budget: float | None = None
    step: int = 0
    steps: int = 0
    """0 while not known."""
    epoch: float = 0.0
    seconds: float = 0.0
    """Of training so far."""
    seconds_left: float | None = None
    images_per_second: float = 0.0
    arms: dict[str, dict[str, float]]
    """Loss terms of each arm at the last step that was told."""
    warnings: tuple[str, ...] = ()
    paused: bool = False
    slow: bool = False
    stopping: bool = False
    """Asked to stop, and not there yet."""
    loadable: bool = False
    """Whether `read_run(folder)` has something to read."""
    resumable: bool = False

    @property
    def over(self) -> bool:
        """Whether it will not go on by itself."""
        return self.state in OVER

    @property
    def share(self) -> float:
        """How much of it is done, from 0 to 1: of its time where it has a budget, else of its steps."""
        if self.state == "done":
            return 1.0
        of_steps = self.step / self.steps if self.steps else 0.0
        of_time = self.seconds / self.seconds_budget if self.seconds_budget else 0.0
        return min(1.0, max(of_steps, of_time))


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
            _require_real("seconds", seconds, 1.0, 7 * 86_400.0)
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
            spec = replace(spec, owner=_hashed(owner), created=now, command=spec.command or f"tvae.worker {run_id}")
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
        _reap()
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
                    [sys.executable, "-m", "tvae.worker", place.name, *filter(None, [data])],
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
        _remember(process)

    # Looking

    def runs(self) -> list[Job]:
        """All runs in the folder, newest first; also those that were trained into it in the foreground."""
        _reap()
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
        _reap()
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
            return _foreground_job(folder)
        spec, about = files.read_spec(), files.read_about()
        alive = lock_is_held(files.lock)
        told = files.read_state()  # read after the look at the lock: nobody writes it once that is free
        state, reason = _standing(files, told, alive)
        if alive and state not in OVER:
            _press(folder.name, files, told)
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


def _standing(files: JobFiles, told: dict[str, Any], alive: bool) -> tuple[State, str]:
    """The state of a run and why."""
    if told.get("state") in OVER:
        return told["state"], told.get("reason", "")
    if alive:
        return ("running" if told.get("state") == "running" else "queued"), ""
    with contextlib.suppress(ValueError, KeyError, TypeError):
        word = json.loads(last_word(files.lock))
        if word["state"] in OVER:
            return word["state"], str(word["reason"])
    if files.flag("stop"):
        return "stopped", "it did not answer and was killed"
    if told.get("boot") not in (None, boot_id()):
        return "interrupted", "the machine was restarted"
    return "interrupted", "killed (memory?): its process ended without a word"


def _press(run_id: str, files: JobFiles, told: dict[str, Any]) -> None:
    """Signal, later kill a worker that was asked to stop and hasn't."""
    asked = files.flag_time("stop")
    if asked is None or told.get("phase") == "measuring":  # its training is over: it ends by itself
        return
    waited = time.time() - asked
    if waited >= SIGNAL_AFTER:
        _signal_worker(run_id, files, told, signal.SIGKILL if waited >= KILL_AFTER else signal.SIGTERM)


def _signal_worker(run_id: str, files: JobFiles, told: dict[str, Any], what: signal.Signals) -> None:
    """Signal the process that holds the lock, and no other that its number may have gone to."""
    number = told.get("pid")
    if not isinstance(number, int):
        return
    with contextlib.suppress(OSError):
        handle = os.pidfd_open(number)
        try:
            words = Path(f"/proc/{number}/cmdline").read_bytes().split(b"\0")
            if b"tvae.worker" in words and run_id.encode() in words and lock_is_held(files.lock):
                signal.pidfd_send_signal(handle, what)
        finally:
            os.close(handle)


def _foreground_job(folder: Path) -> Job:
    """A run that `python -m tvae train` put in the folder."""
    run = read_run(folder)
    about = JobFiles(folder).read_about()
    done = run.provenance.finished
    return Job(
        id=folder.name,
        folder=folder,
        config=run.config,
        state="done" if done else "interrupted",
        reason="" if done else "trained in the foreground, and not to its end",
        name=about.name,
        note=about.note,
        pinned=about.pinned,
        created=run.provenance.started,
        step=run.provenance.step,
        steps=run.config.train.epochs * (run.provenance.train.n // run.config.train.batch_size),
        epoch=run.epoch,
        seconds=run.provenance.seconds,
        arms={},
        loadable=True,
    )


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


_workers: list[subprocess.Popen[bytes]] = []
_workers_lock = threading.Lock()


def _remember(process: subprocess.Popen[bytes]) -> None:
    """Workers that this process started: it has to hear of their ends, or they stay as zombies."""
    with _workers_lock:
        _workers.append(process)


def _reap() -> None:
    with _workers_lock:
        _workers[:] = [process for process in _workers if process.poll() is None]
