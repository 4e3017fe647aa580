"""Links from page to page that keep the run, the arms and the epoch, also in a new tab."""

from __future__ import annotations

import streamlit as st

from tvae.ui import session as state


def page_link(page: str, label: str, icon: str | None = None) -> None:
    """Draw a link to a page of the app, whose address names what every page shows."""
    st.page_link(page, label=label, icon=icon, query_params=state.shared_parameters())


def lesson_link(page: str, label: str, icon: str, step: int | None = None) -> None:
    """Draw a link to a step of the lesson, which is on this page; without a step to the one that was shown last."""
    st.page_link(page, label=label, icon=icon, query_params=state.lesson_parameters(step))


def open_map(run_id: str) -> None:
    """Choose a run for every page and go to its latent map; to be called where a button says that it was pressed."""
    state.choose_run(run_id)
    st.switch_page("pages/1_Latent_map.py")
