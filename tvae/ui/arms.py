"""Which arms of a run a page shows: both of a pair, chosen ones of a ladder."""

from __future__ import annotations

import streamlit as st

from tvae.checkpoints import Run

ARMS = "arms"
"""Name of the chosen arms in the address."""


def chosen_arms(run: Run) -> list[str]:
    """The arms to show, in the run's order: the first and the last until others are chosen.

    Draws the chooser where it is called (under "More", as a rule), and nothing where a run has no more than two arms.
    """
    arms = list(run.config.arms)
    if len(arms) <= 2:
        return arms
    ends = [arms[0], arms[-1]]
    chosen = st.multiselect(
        "Arms",
        arms,
        default=ends,
        key=ARMS,
        bind="query-params",
        persist_state="session",
        help="A run's arms differ in their loss alone. With none chosen, the first and the last are shown.",
    )
    return [arm for arm in arms if arm in chosen] or ends
