"""Progress of the work on a source, with a button that cancels it."""

from __future__ import annotations

import streamlit as st

from tvae.ui.session import keys
from tvae.ui.your_data.source import Source

POLL_SECONDS = 0.4
PATIENCE = 0.5
"""Seconds that a page waits for what is soon over, before it shows progress."""


def show_progress(source: Source) -> bool:
    """Show the work that is under way; whether there is any."""
    source.task.wait(PATIENCE)
    if source.task.over:
        return False
    _show(source)
    return True


@st.fragment(run_every=POLL_SECONDS)
def _show(source: Source) -> None:
    task = source.task
    if task.over:
        st.rerun()
    bar, out = st.columns([5, 1], vertical_alignment="bottom")
    bar.progress(task.share, task.in_words)
    out.button("Cancel", key=keys.DATA_CANCEL, on_click=task.cancel, width="stretch", help="Nothing is kept then.")
