"""Chooses the arms that every page shows."""

from __future__ import annotations

import streamlit as st

from tvae.runs.run import Run
from tvae.ui import session as state
from tvae.ui.session import keys


def choose_arms(run: Run) -> None:
    """Draw the choice of arms; nothing where a run has no more than two."""
    arms = list(run.config.arms)
    if len(arms) <= 2:
        state.leave_out(keys.ARMS, f"There are no arms to choose here. Shown is {', '.join(arms).upper()}.")
        return
    st.multiselect(
        "Arms",
        **state.choices(keys.ARMS, arms, _ends(arms), text=str.upper),
        format_func=str.upper,
        help="A run's arms differ in their loss alone. With none chosen, the first and the last are shown.",
    )


def shown_arms(run: Run) -> list[str]:
    """The arms that every page shows, in the run's order: the first and the last until others are chosen."""
    arms = list(run.config.arms)
    if len(arms) <= 2:
        return arms
    chosen = state.value_of(keys.ARMS, [])
    return [arm for arm in arms if arm in chosen] or _ends(arms)


def first_pair(run: Run) -> list[str]:
    """The arms that two maps show side by side at first: one of each notion of similarity where arms differ in it.

    Else, and where a person has chosen arms, the first and the last of those that every page shows.
    """
    shown, arms = shown_arms(run), run.config.arms
    by_notion = {run.arm_notion(arm): arm for arm in reversed(arms) if arms[arm].triplet_weight}
    if len(by_notion) > 1 and shown == _ends(list(arms)):
        of_each = [arm for arm in arms if arm in by_notion.values()]
        return _ends(of_each)
    return [shown[0], shown[-1]]


def _ends(arms: list[str]) -> list[str]:
    return [arms[0], arms[-1]]


def show_on_every_page(run: str, arms: list[str]) -> None:
    """Have every page show these arms of this run."""
    state.choose_run(run)
    state.choose(keys.ARMS, arms)
