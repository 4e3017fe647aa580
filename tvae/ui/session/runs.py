"""The run that is shown, and this person's training runs."""

from __future__ import annotations

import re
import threading
from dataclasses import dataclass, field

from tvae.jobs.owner import new_owner
from tvae.ui.session import keys
from tvae.ui.session.values import address, kept, put_in_address, read, take, write

TOKEN = re.compile(r"[A-Za-z0-9_-]{16,64}")


def take_next_run(names: list[str]) -> None:
    """Set the sidebar's choice to the run that `choose_run` named; to be called before the choice is drawn."""
    run_id = take(keys.NEXT_RUN)
    if run_id in names:
        write(keys.RUN, run_id)


def choose_run(run_id: str) -> None:
    """Have every page show this run from the next script run on: a widget's value can't be set once it is drawn."""
    write(keys.NEXT_RUN, run_id)
    before = read(keys.RUN, "")
    if before != run_id:
        write(keys.RUN_BEFORE, (run_id, before))


def shown_before(run_id: str) -> str:
    """The run that every page showed before this one was chosen; "" where that is not known."""
    chosen, before = read(keys.RUN_BEFORE, ("", ""))
    return before if chosen == run_id else ""


@dataclass
class OwnRuns:
    """This person's training runs.

    For the next request Streamlit starts the script anew and tells the present script run to end: it ends where it
    next touches the session's state or shows something. So get this before a run is started, and hold `changing` until
    the run is kept here; else it could be started and not watched.
    """

    token: str = ""
    """Token of the person that the runs belong to; "" until one is needed."""
    watched: str = ""
    """Id of the watched run; "" for none."""
    last_request: tuple[object, float, str] = (None, 0.0, "")
    """Settings of the last request, its time (monotonic seconds) and its id: see `starting`."""
    taken_in: str = ""
    """Id of the last uploaded file that became a run."""
    changing: threading.Lock = field(default_factory=threading.Lock, repr=False)


def own_runs() -> OwnRuns:
    """This session's; the first time, from the address, so that a reload keeps them."""
    return kept(keys.OWN_RUNS, _addressed)


def _addressed() -> OwnRuns:
    token = address(keys.OWNER)
    return OwnRuns(token=token if TOKEN.fullmatch(token) else "", watched=address(keys.WATCHED))


def owner() -> str:
    """The token that this person's training runs belong to."""
    own = own_runs()
    own.token = own.token or new_owner()
    return own.token


def put_training_in_address() -> None:
    """Write the watched run and the owner into the address, so that a reload keeps them."""
    own = own_runs()
    with own.changing:  # wait for a run that is being started, so that the page shows it
        watched, token = own.watched, owner() if own.token or own.watched else ""
    put_in_address(keys.WATCHED, watched)
    put_in_address(keys.OWNER, token)
