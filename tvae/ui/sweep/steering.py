"""Buttons that pause, resume and cancel a sweep, and who may press them."""

from __future__ import annotations

import os

import streamlit as st

from tvae.errors import InputError
from tvae.sweeps.background import Asked
from tvae.sweeps.plan import Plan
from tvae.system.owner import is_owner
from tvae.system.user_folders import runs_folder
from tvae.ui import session as state
from tvae.ui.requests import request, show_refusal
from tvae.ui.session import keys
from tvae.ui.style.escaping import as_text
from tvae.ui.style.reasons import reason_of
from tvae.ui.sweep.sweeps import SweepView, background

PLACE = "sweep"
"""Place at which the page says why a change was not made."""


def may_steer(plan: Plan) -> bool:
    """Whether the person at the page may pause, resume or cancel a sweep: their own, of those that the app trains."""
    is_own = bool(plan.owner) and is_owner(state.owner(), plan.owner)
    return is_own or (bool(plan.owner) and os.environ.get("TVAE_ANYONE_MAY_STOP") == "1")


def show_steering(view: SweepView) -> None:
    """Show the buttons that fit how the sweep stands, and why it rests."""
    show_refusal(PLACE)
    if not view.is_of_app:
        if not view.over:
            st.caption(
                f"From the command line: `python -m tvae sweep work {view.name}` trains it; what is done shows here."
            )
        return
    if view.asked.reason:
        st.error(as_text(f"It rests. {reason_of(view.asked.reason)}."))
    if not may_steer(view.plan):
        return
    has_failed, rests = view.count("failed") > 0, view.asked.state != "on"
    if not view.over and not rests:
        _button("Pause", keys.SWEEP_PAUSE, "pause", "paused", view, "What is trained so far is kept.")
        kept = "Cells that are done stay, also on all other pages. Can be undone."
        _button("Cancel", keys.SWEEP_CANCEL, "close", "cancelled", view, kept)
    elif rests and not view.over:
        word, icon = ("Undo", "undo") if view.asked.state == "cancelled" else ("Resume", "play_arrow")
        _button(word, keys.SWEEP_RESUME, icon, "on", view, "It goes on where it was.")
    if has_failed and (view.over or rests):
        st.button(
            f"Train the {view.count('failed'):,} failed again",
            key=keys.SWEEP_RETRY,
            icon=":material/replay:",
            on_click=request,
            args=(PLACE, try_failed_again, view.name),
        )


def _button(label: str, key: str, icon: str, asked: str, view: SweepView, explanation: str) -> None:
    st.button(
        label,
        key=key,
        icon=f":material/{icon}:",
        on_click=request,
        args=(PLACE, steer, view.name, asked),
        help=explanation,
    )


def steer(name: str, asked: str) -> None:
    """Ask something of a sweep, for who may.

    Raises:
        InputError: it is gone or another person's, or the folder of runs can't be written.
        OSError: the disk is full, or no process can be started.
    """
    plan = _own_plan(name)
    background().ask(plan.token, Asked(state=asked))  # type: ignore[arg-type]
    if asked == "on":
        background().start()


def try_failed_again(name: str) -> None:
    """Have the runs of a sweep that have failed wait again.

    Raises:
        InputError, OSError: as `steer`.
    """
    from tvae.sweeps.study import Sweep

    _own_plan(name)
    sweep = Sweep.open(name, "", runs_folder(), to_work=True)
    try:
        sweep.mend(also_failed=True)
    finally:
        sweep.close()
    steer(name, "on")


def _own_plan(name: str) -> Plan:
    from tvae.sweeps.study import plans_in

    plan = plans_in(runs_folder()).get(name)
    if plan is None or not may_steer(plan):
        raise InputError(f"sweep {name}: belongs to who started it; others can't change it")
    return plan
