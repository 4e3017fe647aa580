"""Links from page to page that keep the run, the arms and the epoch, also in a new tab."""

from __future__ import annotations

import streamlit as st

from tvae.ui import session as state


def page_link(page: str, label: str, icon: str | None = None) -> None:
    """Draw a link to a page of the app, whose address names what every page shows."""
    st.page_link(page, label=label, icon=icon, query_params=state.shared_parameters())
