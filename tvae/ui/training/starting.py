"""Start a run once, also on a double click."""

from __future__ import annotations

import secrets
import time

from tvae.config import RunConfig
from tvae.data.triplets import GivenTriplets
from tvae.runs.run import Run
from tvae.ui import cached
from tvae.ui import session as state
from tvae.ui.style.reasons import reason_of
from tvae.ui.style.sentences import with_capital
from tvae.ui.training.status import watched_job

DOUBLE_CLICK_SECONDS = 3.0


def why_no_run_starts() -> str:
    """Why no run can be started on this server, as a sentence of a page; empty where one can."""
    refusal = cached.jobs().refusal
    return f"{with_capital(reason_of(refusal))}." if refusal else ""


def start_run(
    config: RunConfig,
    *,
    seconds: float | None = None,
    start_from: Run | None = None,
    triplets: GivenTriplets | None = None,
) -> None:
    """Queue a run and watch it; to be called by a button's `on_click`, which comes before a script can be interrupted.

    Args:
        seconds: a time budget instead of the config's epochs.
        start_from: the run whose weights it begins with.
        triplets: the given triplets that the config names, where it names any.

    Raises:
        InputError: settings that are not possible, or a folder of runs that can't be written.
        OSError: the disk is full, or no process can be started.
    """
    own = state.own_runs()
    with own.changing:
        run_id = cached.jobs().starter.start(
            config,
            state.owner(),
            seconds=seconds,
            start_from=start_from,
            triplets=triplets,
            request=_request(own, (config, seconds, start_from)),
        )
        own.watch(run_id)


def _request(own: state.OwnRuns, settings: tuple[RunConfig, float | None, Run | None]) -> str:
    """Key of a request: an equal one within a moment is a double click, unless its run has ended."""
    last, at, request = own.last_request
    job = watched_job()
    ended = job is None or job.over or job.stopping
    if ended or last != settings or time.monotonic() - at > DOUBLE_CLICK_SECONDS:
        request = secrets.token_hex(8)
    own.last_request = (settings, time.monotonic(), request)
    return request
