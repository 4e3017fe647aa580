"""Links from page to page that keep the run, the arms and the epoch, also in a new tab."""

from __future__ import annotations

import streamlit as st

from tvae.ui import session as state
from tvae.ui.session import keys

MAP, MAP_ICON = "pages/1_Latent_map.py", ":material/scatter_plot:"


def page_link(page: str, label: str, icon: str | None = None) -> None:
    """Draw a link to a page of the app, whose address names what every page shows."""
    st.page_link(page, label=label, icon=icon, query_params=state.shared_parameters())


def lesson_link(page: str, label: str, icon: str, step: int | None = None) -> None:
    """Draw a link to a step of the lesson, which is on this page; without a step to the one that was shown last."""
    st.page_link(page, label=label, icon=icon, query_params=state.lesson_parameters(step))


def arms_link(page: str, label: str, icon: str, *, run: str, arms: list[str]) -> None:
    """Draw a link to a page that shows these arms of this run."""
    st.page_link(page, label=label, icon=icon, query_params=state.link_parameters(**{keys.RUN: run, keys.ARMS: arms}))


def map_link(label: str, *, run: str | None = None, rows: str | None = None, row: str | None = None) -> None:
    """Draw a link to the latent map: of a run, else of the one that is shown, with these rows picked on it.

    A link and no button: code that leaves a page changes the address of the page that it leaves.

    Args:
        rows: the selected rows as text, as in addresses.
        row: the row whose neighbours are shown.
    """
    parameters = state.link_parameters(**{keys.RUN: run, keys.ROWS: rows, keys.ROW: row})
    st.page_link(MAP, label=label, icon=MAP_ICON, query_params=parameters)
