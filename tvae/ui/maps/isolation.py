"""Says that the maps show some images alone, and leads back to all."""

from __future__ import annotations

import streamlit as st

from tvae.ui import session as state
from tvae.ui.requests import answered
from tvae.ui.session import keys


def show_isolation(picks: state.Picks, n: int) -> None:
    """Show the number of isolated rows, a note that some numbers still count all images, and a button to show all.

    Its place is above the maps, in their own column, so that it covers none of the controls.
    """
    with st.container(key=keys.ISOLATION, horizontal=True, vertical_alignment="center", gap="small"):
        if picks.isolated is None:
            return  # the empty container keeps the maps in their place on the page
        st.markdown(
            f":material/filter_center_focus: **Only {len(picks.isolated):,} of {n:,} images are on the maps**, "
            "projected anew. Neighbours, changes and the drawer's figures are still those among all images."
        )
        st.button("Show all images", key=keys.SHOW_ALL_ROWS, on_click=answered(picks.show_all), width="content")
