"""The app's side of the projection process: queue, progress, cancel."""

from __future__ import annotations

import contextlib
import itertools
import json
import math
import subprocess
import sys
import threading
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from tvae.maps.expected_time import expected_seconds
from tvae.maps.layout_files import remove_least_used, stored_layout, write_layout
from tvae.maps.projection import Layout, ProjectionRequest, cache_key
from tvae.system.child_process import DETACHED, child_environment
from tvae.system.limits import limits
from tvae.system.scratch_folders import scratch_folder
from tvae.system.strict_json import read_json

SECONDS_TO_ESTIMATE = 1.0
"""The time left is estimated once a layout has been computed for this long."""

WATCHED_SECONDS = 15.0
"""A request that nobody has looked at for so long is given up: its page was left, or its browser closed."""

CANCEL_PATIENCE = 2.0
"""Seconds after which a process that has not stopped a cancelled layout is ended; a new one must warm up again."""


class ProjectionFailed(RuntimeError):
    """A layout could not be computed; the message is one line."""


class ProjectionCancelled(Exception):
    """The layout was cancelled while it was waiting or computed."""


@dataclass(frozen=True)
class Progress:
    """Progress of a request."""

    share: float
    """Share that is done, in [0, 1]."""
    phase: str
    """One of: waiting, starting, descending, measuring, done, failed, cancelled."""
    seconds_left: float | None
    """Estimated from the time taken so far, or while it waits from its own and those ahead; None while unknown."""
    ahead: int = 0
    """Requests that are computed before this one."""


class _Job:
    """One layout under way, for all its requests; its fields are guarded by the projector's lock."""

    def __init__(self, number: int, key: str, request: ProjectionRequest) -> None:
        self.number, self.key = number, key
        self.request: ProjectionRequest | None = request
        self.expected_seconds = expected_seconds(request)
        self.due = time.monotonic() + self.expected_seconds
        """Requests are computed in this order: of two that came together the shorter, and none waits for ever."""
        self.tickets: set[Ticket] = set()
        """Of those who still want it."""
        self.share, self.phase = 0.0, "waiting"
        self.started: float | None = None
        self.layout: Layout | None = None
        self.failure = ""
        self.over = threading.Event()

    def end(self, phase: str, layout: Layout | None = None, failure: str = "") -> None:
        self.phase, self.layout, self.failure = phase, layout, failure
        self.request = None  # the arrays may go
        self.over.set()


class Ticket:
    """One caller's request for a layout: progress, result, cancel; usable from any thread.

    It lives as long as somebody looks at it: it is given up where nobody asks for its progress, whether it is over, or
    its result for `WATCHED_SECONDS`.
    """

    def __init__(self, projector: Projector, job: _Job) -> None:
        self._projector, self._job = projector, job
        self._cancelled = self._unwatched = False
        self._looked_at = time.monotonic()

    @property
    def over(self) -> bool:
        """Whether the request has ended: done, failed, cancelled or given up."""
        self._look()
        return self._cancelled or self._job.over.is_set()

    @property
    def given_up(self) -> bool:
        """Whether the request ended uncancelled by its caller: nobody looked at it, or the projector was closed."""
        return self._unwatched or (self._job.phase == "cancelled" and not self._cancelled)

    def progress(self) -> Progress:
        """The progress at this moment, without waiting."""
        self._look()
        return self._projector._progress(self._job, self._cancelled)

    def cancel(self) -> None:
        """Withdraw the request; the work stops if nobody else asked for the same. A layout that is done stays."""
        if not self.over:
            self._cancelled = True
            self._projector._withdraw(self, self._job)

    def result(self, timeout: float | None = None) -> Layout:
        """Wait for the layout, at most `timeout` seconds.

        Raises:
            ProjectionCancelled: it was cancelled or given up.
            ProjectionFailed: it could not be computed.
            TimeoutError: it is not done yet.
        """
        end = math.inf if timeout is None else time.monotonic() + timeout
        while not self.over and (left := end - time.monotonic()) > 0:
            self._job.over.wait(min(left, WATCHED_SECONDS / 2))
        if not self.over:
            raise TimeoutError(f"the projection is not done after {timeout} s")
        if self._cancelled or self._job.phase == "cancelled":
            raise ProjectionCancelled("the projection was cancelled")
        if self._job.layout is None:
            raise ProjectionFailed(self._job.failure)
        return self._job.layout

    def give_up_if_unwatched(self) -> None:
        """Cancel the request if nobody has looked at it for `WATCHED_SECONDS`."""
        if time.monotonic() - self._looked_at > WATCHED_SECONDS:
            self._unwatched = self._cancelled = True
            self._projector._withdraw(self, self._job)

    def _look(self) -> None:
        self._looked_at = time.monotonic()


class Projector:
    """Queue of projection requests, computed one at a time in a process of their own; one a server.

    The process is started at once, so that it is warm when it is needed. A running layout is cancelled by a message,
    which the process obeys between two steps of a descent, so it stays warm; where it does not within CANCEL_PATIENCE,
    it is ended and a new one started.
    """

    def __init__(self, folder: Path) -> None:
        """Layouts are looked up in `folder` before they are computed, and kept there if it can be written."""
        self._folder = folder
        self._lock = threading.Condition()
        self._waiting: list[_Job] = []
        self._running: _Job | None = None
        self._process: subprocess.Popen[str] | None = None
        self._closed = False
        self._numbers = itertools.count()
        threading.Thread(target=self._work, name="projector", daemon=True).start()
        threading.Thread(target=self._give_up_unwatched, name="projector's watch", daemon=True).start()

    def submit(self, request: ProjectionRequest) -> Ticket:
        """Ask for a layout. The same request asked for twice is computed once.

        Raises:
            ProjectionFailed: too many wait already (see `limits`), or the projector is closed.
            InputError: the limits can't be read.
        """
        key = cache_key(request)
        stored, most_waiting = stored_layout(key, [self._folder]), limits().waiting_projections
        with self._lock:
            job = self._job_under_way(key)
            if job is None:
                job = _Job(next(self._numbers), key, request)
                if stored is not None:
                    job.share = 1.0
                    job.end("done", stored)
                elif self._closed:
                    raise ProjectionFailed("the projector is closed")
                elif len(self._waiting) >= most_waiting:
                    raise ProjectionFailed(f"{most_waiting} projections wait already; try again when some are done")
                else:
                    self._waiting.append(job)
                    self._lock.notify_all()
            ticket = Ticket(self, job)
            job.tickets.add(ticket)
        return ticket

    def close(self) -> None:
        """End the process and cancel what is under way."""
        with self._lock:
            self._closed = True
            while self._waiting:
                self._waiting.pop().end("cancelled")
            if self._running is not None:
                self._running.tickets.clear()
            if self._process is not None:
                self._process.kill()
            self._lock.notify_all()

    def _job_under_way(self, key: str) -> _Job | None:
        return next((job for job in self._under_way() if job.key == key and job.tickets), None)

    def _under_way(self) -> list[_Job]:
        """The jobs in the order in which they are computed."""
        running = [] if self._running is None else [self._running]
        return [*running, *sorted(self._waiting, key=lambda job: job.due)]

    def _progress(self, job: _Job, cancelled: bool) -> Progress:
        with self._lock:
            if cancelled:
                return Progress(job.share, "cancelled", None)
            if job.over.is_set():
                return Progress(job.share, job.phase, None)
            if job in self._waiting:
                ahead = list(itertools.takewhile(lambda other: other is not job, self._under_way()))
                seconds = [_seconds_left(other) for other in (*ahead, job)]
                return Progress(0.0, "waiting", sum(filter(None, seconds)), len(ahead))
            return Progress(job.share, job.phase, _seconds_left(job))

    def _give_up_unwatched(self) -> None:
        """A thread: gives up the requests at which nobody looks any more."""
        while True:
            with self._lock:
                if self._lock.wait_for(lambda: self._closed, WATCHED_SECONDS / 10):
                    return
                tickets = [ticket for job in self._under_way() for ticket in job.tickets]
            for ticket in tickets:
                ticket.give_up_if_unwatched()

    def _withdraw(self, ticket: Ticket, job: _Job) -> None:
        with self._lock:
            job.tickets.discard(ticket)
            if job.tickets or job.over.is_set():
                return
            if job in self._waiting:
                self._waiting.remove(job)
                job.end("cancelled")
            elif self._running is job and self._process is not None and self._process.stdin is not None:
                with contextlib.suppress(OSError, ValueError):  # a process that has ended has nothing to stop
                    self._process.stdin.write(json.dumps({"cancel": job.number}) + "\n")
                    self._process.stdin.flush()
                patience = threading.Timer(CANCEL_PATIENCE, self._end_process_of, (job,))
                patience.daemon = True
                patience.start()

    def _end_process_of(self, job: _Job) -> None:
        """End the process if it still computes this job; the working thread sees its output end, and does the rest."""
        with self._lock:
            if self._running is job and job.started is not None and self._process is not None:
                self._process.kill()

    def _work(self) -> None:
        """The working thread: keep a process, hand it one job after the other."""
        while True:
            # Whatever goes wrong, this thread lives on: it is what everybody waits for. (Where the process can't be
            # started now, the next request tries again, and reports it.)
            with contextlib.suppress(Exception):
                self._ready_process()
            with self._lock:
                while not self._waiting and not self._closed:
                    self._lock.wait()
                if self._closed:
                    break
                job = self._running = min(self._waiting, key=lambda job: job.due)
                self._waiting.remove(job)
            layout, failure = self._compute(job)
            if layout is not None:
                with contextlib.suppress(Exception):  # a cache that can't be written is only slower
                    write_layout(layout, self._folder)
                    remove_least_used(self._folder)
            with self._lock:
                self._running = None
                if layout is not None:
                    job.share = 1.0
                    job.end("done", layout)
                elif not job.tickets:
                    job.end("cancelled")
                else:
                    job.end("failed", failure=failure)
        self._stop()

    def _compute(self, job: _Job) -> tuple[Layout | None, str]:
        """The layout, or why there is none."""
        try:
            with scratch_folder("projection") as folder:
                line = _write_request(job, folder)
                accepted, failure = self._exchange(job, line)
                if not accepted and job.tickets:  # the process had ended while it was idle
                    _, failure = self._exchange(job, line)
                layout = None if failure else stored_layout(job.key, [folder])
        except Exception as error:  # a full disk, no process: whatever it is, those who wait must hear of it
            reason = (str(error).splitlines() or [""])[0]
            return None, f"the projection could not be handed over ({type(error).__name__}: {reason})"
        return layout, failure or ("" if layout is not None else "the projection process left no layout")

    def _exchange(self, job: _Job, line: str) -> tuple[bool, str]:
        """Send a request and follow it to its end: whether the process accepted it, and why it failed."""
        process = self._ready_process()
        if process is None:
            return True, "the projector is closed"
        assert process.stdin is not None
        assert process.stdout is not None
        accepted = False
        with contextlib.suppress(OSError, ValueError):  # a pipe whose other end is gone, a line cut off by a kill
            with self._lock:
                if not job.tickets:
                    return True, "cancelled"
                process.stdin.write(line)
                process.stdin.flush()
            for answer in process.stdout:
                message: dict[str, Any] = read_json(answer, "answer")
                if "done" in message:
                    return True, ""
                if "cancelled" in message:
                    return True, "cancelled"
                if "failed" in message:
                    return True, str(message["failed"])
                accepted = True
                with self._lock:
                    job.started = time.monotonic() if job.started is None else job.started
                    job.share, job.phase = float(message["share"]), str(message["phase"])
        process.kill()  # where its last line was garbled, it may still be alive
        status = process.wait()
        ended = f"by signal {-status}" if status < 0 else f"with status {status}"
        return accepted, f"the projection process ended {ended}; ask again to start it anew"

    def _ready_process(self) -> subprocess.Popen[str] | None:
        """The process, a new one where the last has ended; None once the projector is closed."""
        if self._process is not None and self._process.poll() is None:
            return self._process
        self._stop()
        with self._lock:
            if self._closed:
                return None
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tvae.maps.projector_process"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                encoding="utf-8",
                env=child_environment(),
                start_new_session=True,
                creationflags=DETACHED,  # a Ctrl-C in the server's terminal is the server's to handle
            )
            return self._process

    def _stop(self) -> None:
        with self._lock:
            process, self._process = self._process, None
        if process is None:
            return
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()


def _seconds_left(job: _Job) -> float | None:
    """Seconds until the job ends, once it starts; None in its first moments."""
    if job.started is None:
        return job.expected_seconds
    taken = time.monotonic() - job.started
    return taken / job.share * (1 - job.share) if job.share > 0 and taken >= SECONDS_TO_ESTIMATE else None


def _write_request(job: _Job, folder: Path) -> str:
    """Write the request's arrays into the folder; returns the line of JSON that holds everything else."""
    request = job.request
    assert request is not None
    arrays = {f"means{i}": points for i, points in enumerate(request.means.values())}
    if request.labels is not None:
        arrays["labels"] = request.labels
    np.savez(folder / "request.npz", allow_pickle=False, **arrays)
    message = {
        "job": job.number,
        "folder": str(folder),
        "method": request.method,
        "parameters": asdict(request.parameters),
        "seed": request.seed,
        "arms": list(request.means),
    }
    return json.dumps(message) + "\n"
