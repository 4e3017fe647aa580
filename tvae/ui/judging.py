"""Chooses the notion of similarity that every page judges by."""

from __future__ import annotations

import streamlit as st

from tvae.data import check_usable, notion_names
from tvae.errors import InputError
from tvae.runs.run import Run
from tvae.ui import session as state
from tvae.ui.run_images import split_of
from tvae.ui.session import keys
from tvae.ui.style.captions import trained_on


def run_judged_as_chosen(run: Run) -> Run:
    """Draw the choice of the notion and return the run judged by it; no control where its data has only one notion."""
    names = _notions(run)
    if len(names) < 2:
        state.leave_out(keys.JUDGED_BY, f"There is no notion of similarity to choose here. Shown is {run.notion}.")
        return run
    st.selectbox(
        "Judged by",
        **state.choice(keys.JUDGED_BY, names, _own_notion(run, names)),
        help="Labels of the data set that colours and numbers on every page come from: two images are similar where "
        "these are equal. What a run was trained on stays as it is.",
    )
    judged, missing = _judged(run, names, state.value_of(keys.JUDGED_BY))
    if missing:
        st.caption(f"Shown as it was trained, {trained_on(run)}: the other labels can't be loaded. {missing}")
    state.judge_by(judged.notion)
    return judged


def judged_alike(run: Run) -> Run:
    """Another run, judged by the pages' notion where it is of the same images as the shown run; else by its own."""
    notion = state.value_for_data(keys.JUDGED_BY, run.provenance.test.fingerprint)
    names = _notions(run)
    return _judged(run, names, notion)[0] if notion in names else run


def _notions(run: Run) -> tuple[str, ...]:
    """Notions that the run's data set has labels of; none where this person can't use the data set."""
    try:
        check_usable(run.config.data.name, state.owner())
        return notion_names(run.config.data.name)
    except InputError:
        return ()


def _own_notion(run: Run, names: tuple[str, ...]) -> str:
    return run.config.data.notion or names[0]


def _judged(run: Run, names: tuple[str, ...], notion: str) -> tuple[Run, str]:
    """The run judged by a notion; where that fails the run as it was trained, and the reason."""
    if notion == _own_notion(run, names):
        return run.as_trained, ""
    test, missing = split_of(run, "test")
    return (run.as_trained, missing) if test is None else (run.judged(test.by(notion)), "")
