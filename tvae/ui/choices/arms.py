"""Chooses the arms that every page shows."""

from __future__ import annotations

import streamlit as st

from tvae.runs.arm_names import arm_name, arm_names
from tvae.runs.embeddings.shown import Shown
from tvae.runs.run import Run
from tvae.ui import session as state
from tvae.ui.session import keys


def choose_arms(run: Shown) -> None:
    """Draw the control that chooses arms; nothing where a run has no more than two."""
    arms = list(run.config.arms)
    if not isinstance(run, Run) or len(arms) <= 2:
        state.leave_out(
            keys.ARMS, f"There are no arms to choose here. Shown is {' and '.join(arm_names(run.config).values())}."
        )
        return
    st.multiselect(
        "Arms",
        **state.choices(keys.ARMS, arms, _shown_at_first(run), text=str.upper),
        format_func=lambda arm: arm_name(run.config, arm),
        help="A run's arms differ in their loss alone. With none chosen, the first and the last are shown, "
        "and one of each notion of similarity that they were trained on.",
    )


def shown_arms(run: Shown) -> list[str]:
    """The arms that every page shows, in order: until others are chosen the first, the last and one of each notion."""
    arms = list(run.config.arms)
    if not isinstance(run, Run) or len(arms) <= 2:
        return arms
    chosen = state.value_of(keys.ARMS, [])
    return [arm for arm in arms if arm in chosen] or _shown_at_first(run)


def first_pair(run: Shown) -> list[str]:
    """The arms that two maps show side by side at first: one of each notion of similarity where arms differ in it.

    Else, and where a person has chosen arms, the first and the last of those that every page shows.
    """
    pair = shown_arms(run)
    if isinstance(run, Run) and len(of_notions := _of_notions(run)) > 1 and pair == _shown_at_first(run):
        pair = of_notions
    return [pair[0], pair[-1]]


def _shown_at_first(run: Run) -> list[str]:
    """Default arms: the first and the last, and one of each notion of similarity where arms differ in it."""
    arms = list(run.config.arms)
    of_notions = _of_notions(run)
    return [arm for arm in arms if arm in (arms[0], arms[-1], *(of_notions if len(of_notions) > 1 else ()))]


def _of_notions(run: Run) -> list[str]:
    """The first arm of each notion of similarity that triplets came from."""
    arms = run.config.arms
    by_notion = {run.arm_notion(arm): arm for arm in reversed(arms) if arms[arm].triplet_weight}
    return [arm for arm in arms if arm in by_notion.values()]


def show_on_every_page(run: str, arms: list[str]) -> None:
    """Have every page show these arms of this run."""
    state.choose_run(run)
    state.choose(keys.ARMS, arms)
