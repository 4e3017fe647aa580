"""Progress of a task, with a button that cancels it."""

from __future__ import annotations

import streamlit as st

from tvae.ui.own_files.task import Task
from tvae.ui.requests import answered

POLL_SECONDS = 0.4
PATIENCE = 0.5
"""Seconds that a page waits for what is soon over, before it shows progress."""


def show_progress(task: Task, cancel_key: str, explanation: str = "") -> bool:
    """Show the progress of a task; returns whether it is still under way.

    Args:
        cancel_key: of the button that cancels it.
        explanation: what cancelling means, for the button's help.
    """
    task.wait(PATIENCE)
    if task.over:
        return False
    _show(task, cancel_key, explanation)
    return True


@st.fragment(run_every=POLL_SECONDS)
def _show(task: Task, cancel_key: str, explanation: str) -> None:
    if task.over:
        st.rerun()
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.progress(task.share, task.in_words)
        st.button("Cancel", key=cancel_key, on_click=answered(task.cancel), help=explanation or None)
