"""Chooses which arms a page shows."""

from __future__ import annotations

import contextlib

import streamlit as st
from streamlit.errors import StreamlitAPIException

from tvae.runs.run import Run
from tvae.ui import session as state
from tvae.ui.session import keys


def chosen_arms(run: Run) -> list[str]:
    """The arms to show, in the run's order: the first and the last until others are chosen.

    Draws the chooser where it is called (under "More", as a rule), and nothing where a run has no more than two arms.
    """
    arms = list(run.config.arms)
    if len(arms) <= 2:
        return arms
    ends = [arms[0], arms[-1]]
    if not set(state.read(keys.ARMS, ends)) <= set(arms):  # chosen in another run
        state.forget(keys.ARMS)
    chosen = st.multiselect(
        "Arms",
        arms,
        default=ends,
        format_func=str.upper,
        key=keys.ARMS,
        bind="query-params",
        persist_state="session",
        help="A run's arms differ in their loss alone. With none chosen, the first and the last are shown.",
    )
    return [arm for arm in arms if arm in chosen] or ends


def show_on_every_page(run: str, arms: list[str]) -> None:
    """Have every page show these arms of this run, and the address say so; for a widget's callback."""
    state.write(keys.RUN, run)
    state.write(keys.ARMS, arms)
    # The widget writes its value into the address itself, but only once it is drawn.
    with contextlib.suppress(StreamlitAPIException):
        state.put_in_address(keys.ARMS, [arm.upper() for arm in arms])
