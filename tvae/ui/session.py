"""Session state and URL parameters: every key in one place."""

from __future__ import annotations

import re
import threading
from dataclasses import dataclass, field

import numpy as np
import streamlit as st
from jaxtyping import Int

from tvae.jobs.jobs import new_owner
from tvae.maps.projection import Layout
from tvae.maps.projector import Ticket
from tvae.ui.address.row_list import rows_from_address, rows_to_address

ROWS, ROW = "rows", "row"
"""Names in the address of the selected rows and of the row whose neighbours are shown."""
STROKES, INK = "strokes", "ink"
"""Names in the address of a drawing and of a picture that was sent."""
RUN, NEXT_RUN, BEFORE = "run", "run-next", "run-before"
OWNER, WATCHED = "owner", "watch"
"""Names of this person's token and of the training run that they watch, in the session and in the address."""
TOKEN = re.compile(r"[A-Za-z0-9_-]{16,64}")


@dataclass
class Picks:
    """Rows picked among the images of one split."""

    rows: Int[np.ndarray, " m"] = field(default_factory=lambda: np.zeros(0, np.int64))
    """Selected, sorted."""
    focus: int | None = None
    """The row whose neighbours are shown."""
    note: str = ""
    """What a reader must know of how they were picked."""
    source: str = ""
    """The control that selected them and what it showed then; empty for a gesture on the maps."""

    def replace(self, rows: Int[np.ndarray, " m"], source: str = "") -> None:
        """Select these rows instead."""
        self.rows, self.note, self.source = np.unique(np.asarray(rows, np.int64)), "", source

    def walk_to(self, row: int) -> None:
        """Look at another row."""
        self.focus = row


@dataclass
class Layouts:
    """Layouts that this session asked for and was shown."""

    tickets: dict[str, Ticket] = field(default_factory=dict)
    """By cache key."""
    standing: dict[tuple[str, ...], Layout] = field(default_factory=dict)
    """The last that was shown of each set of arms."""

    def ask_again(self, key: str) -> None:
        """Forget how the last attempt at a layout ended."""
        self.tickets.pop(key, None)

    def give_up_others(self, wanted: set[str]) -> None:
        """Cancel what was asked for and is not wanted any more."""
        for key in self.tickets.keys() - wanted:
            self.tickets.pop(key).cancel()


def picks(fingerprint: str, n: int) -> Picks:
    """This session's picks among the images of this fingerprint; the first time, those that the address names."""
    kept: dict[str, Picks] = st.session_state.setdefault("map-picks", {})
    if fingerprint not in kept:
        # A later data set's rows are not what the address meant.
        kept[fingerprint] = Picks() if kept else _addressed(n)
    return kept[fingerprint]


def _addressed(n: int) -> Picks:
    rows, dropped = rows_from_address(st.query_params.get(ROWS, ""), n)
    row, dropped_row = rows_from_address(st.query_params.get(ROW, ""), n)
    focus = int(row[0]) if len(row) == 1 and not dropped_row else None
    missing = dropped or (ROW in st.query_params and focus is None)
    note = f"The address names rows that don't exist here (rows run from 0 to {n - 1:,}); they were left out."
    return Picks(rows=rows, focus=focus, note=note if missing else "")


def put_in_address(picked: Picks, n: int) -> bool:
    """Have the address name what is picked; False where the selected rows are too many for one."""
    rows = rows_to_address(picked.rows, n)
    for name, told in ((ROWS, rows), (ROW, None if picked.focus is None else str(picked.focus))):
        if told:
            if st.query_params.get(name) != told:
                st.query_params[name] = told
        elif name in st.query_params:
            del st.query_params[name]
    return rows is not None


@dataclass
class OwnDigit:
    """What this session drew or sent, as an address tells it."""

    strokes: str = ""
    """From `strokes_to_text`."""
    ink: str = ""
    """Of a picture that was sent, from `ink_to_text`."""
    notes: tuple[str, ...] = ()
    """What was done to that picture."""
    error: str = ""
    """Why a picture was not taken."""
    sheet: int = 0
    """Counts the squares that were drawn on: another number is a square that Python filled."""


def own_digit() -> OwnDigit:
    """This session's own digit; the first time, the one that the address tells."""
    if "own-digit" not in st.session_state:
        told = st.query_params
        st.session_state["own-digit"] = OwnDigit(told.get(STROKES, ""), told.get(INK, ""))
    return st.session_state["own-digit"]


def put_own_digit_in_address(own: OwnDigit) -> None:
    """Have the address tell the own digit."""
    for name, told in ((STROKES, own.strokes), (INK, own.ink)):
        if told and st.query_params.get(name) != told:
            st.query_params[name] = told
        elif not told and name in st.query_params:
            del st.query_params[name]


def opened_at(name: str, moved: bool) -> float:
    """Where a slider in the browser opens, from 0 to 1: where it was left, else where the address says, else at 0.

    It stays so while the slider is on the page (`moved`), or each move would send all that it shows again.
    """
    kept = st.session_state
    if not moved or f"{name}-opened" not in kept:
        kept[f"{name}-opened"] = kept.get(f"{name}-left", _place_in_address(name))
    return kept[f"{name}-opened"]


def keep_place(name: str, place: float) -> None:
    """Keep where such a slider was left, in the session and in the address."""
    st.session_state[f"{name}-left"] = place
    told = f"{place:.3f}".rstrip("0").rstrip(".")
    if place == 0:
        if name in st.query_params:
            del st.query_params[name]
    elif st.query_params.get(name) != told:
        st.query_params[name] = told


def _place_in_address(name: str) -> float:
    try:
        place = float(st.query_params.get(name, "0"))
    except ValueError:
        return 0.0
    return place if 0 <= place <= 1 else 0.0


def layouts() -> Layouts:
    """This session's layouts."""
    return st.session_state.setdefault("map-layouts", Layouts())


def first_time(name: str) -> bool:
    """Whether this session comes here for the first time under this name."""
    seen: set[str] = st.session_state.setdefault("map-seen", set())
    if name in seen:
        return False
    seen.add(name)
    return True


def view_note(found: str) -> str:
    """What is wrong with the maps that an address asked for: the address is corrected at once, the note stays."""
    if found:
        st.session_state["map-view-note"] = found
    return st.session_state.get("map-view-note", "")


def forget_note() -> None:
    """Another map was chosen."""
    st.session_state.pop("map-view-note", None)


def take_next_run(names: list[str]) -> None:
    """Have the sidebar's choice be the run that `choose_run` named; to be called before the choice is drawn."""
    run_id = st.session_state.pop(NEXT_RUN, None)
    if run_id in names:
        st.session_state[RUN] = run_id


def choose_run(run_id: str) -> None:
    """Have every page show this run from the next script run on: a widget's value can't be set once it is drawn."""
    st.session_state[NEXT_RUN] = run_id
    before = st.session_state.get(RUN, "")
    if before != run_id:
        st.session_state[BEFORE] = (run_id, before)


def shown_before(run_id: str) -> str:
    """The run that every page showed before this one was chosen; "" where that is not known."""
    chosen, before = st.session_state.get(BEFORE, ("", ""))
    return before if chosen == run_id else ""


@dataclass
class OwnRuns:
    """This person's training runs.

    For the next request Streamlit runs the script anew, beside a run of it that it tells to end: that one ends where it
    next touches the session's state or shows something. So get this before a run is started, and hold `changing` until
    the run is kept here; else it could be started and not watched.
    """

    token: str = ""
    """That they belong to; "" until one is needed."""
    watched: str = ""
    """The run that is watched; "" for none."""
    wish: tuple[object, float, str] = (None, 0.0, "")
    """What was asked for last, when (monotonic seconds), and its request: see `starting`."""
    taken_in: str = ""
    """The last file that was sent and made a run of."""
    changing: threading.Lock = field(default_factory=threading.Lock, repr=False)


def own_runs() -> OwnRuns:
    """This session's; the first time, as the address tells them, so that a reload keeps them."""
    if "own-runs" not in st.session_state:
        token = st.query_params.get(OWNER, "")
        st.session_state["own-runs"] = OwnRuns(
            token=token if TOKEN.fullmatch(token) else "", watched=st.query_params.get(WATCHED, "")
        )
    return st.session_state["own-runs"]


def owner() -> str:
    """The token that this person's training runs belong to."""
    own = own_runs()
    own.token = own.token or new_owner()
    return own.token


def put_training_in_address() -> None:
    """Have a reload find the watched run again, and this person's runs be still theirs."""
    own = own_runs()
    with own.changing:  # a run that is being started is to be on the page
        told = {WATCHED: own.watched, OWNER: owner() if own.token or own.watched else ""}
    for name, value in told.items():
        if value and st.query_params.get(name) != value:
            st.query_params[name] = value
        elif not value and name in st.query_params:
            del st.query_params[name]
