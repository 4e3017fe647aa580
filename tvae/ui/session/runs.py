"""The run that is shown, and this person's training runs."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

from tvae.ui.session import keys
from tvae.ui.session.controls import choose
from tvae.ui.session.values import address, kept, put_in_address, read, write


def choose_run(run_id: str) -> None:
    """Have every page show this run from the next script run on."""
    choose(keys.RUN, run_id)


def remember_run_before(run_id: str, before: str) -> None:
    """Remember which run every page showed before this one."""
    if before and before != run_id:
        write(keys.RUN_BEFORE, (run_id, before))


def shown_before(run_id: str) -> str:
    """Name of the run that every page showed before this one was chosen; "" where it is not known."""
    chosen, before = read(keys.RUN_BEFORE, ("", ""))
    return before if chosen == run_id else ""


@dataclass
class OwnRuns:
    """This person's training runs.

    For the next request Streamlit starts the script anew and tells the present script run to end: it ends where it
    next touches the session's state or shows something. So get this before a run is started, and hold `changing` until
    the run is kept here; else it could be started and not watched.
    """

    watched: str = ""
    """Id of the watched run; "" for none."""
    shows_chosen: bool = False
    """Whether the training page shows the run that every page shows, though another is watched."""
    last_request: tuple[object, float, str] = (None, 0.0, "")
    """Settings of the last request, its time (monotonic seconds) and its id: see `starting`."""
    taken_in: str = ""
    """Id of the last uploaded file that became a run."""
    changing: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def watch(self, run_id: str) -> None:
        """Watch this run, also on the training page."""
        self.watched, self.shows_chosen = run_id, False


def own_runs() -> OwnRuns:
    """This session's training runs; at first the watched run is the one in the address, so that a reload keeps it."""
    return kept(keys.OWN_RUNS, lambda: OwnRuns(watched=address(keys.WATCHED)))


def put_training_in_address() -> None:
    """Write the watched run into the address, so that a reload keeps it."""
    own = own_runs()
    with own.changing:  # wait for a run that is being started, so that the page shows it
        watched = own.watched
    put_in_address(keys.WATCHED, watched)
