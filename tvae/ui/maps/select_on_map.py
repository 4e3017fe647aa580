"""Selects rows on the latent map from another page, and links there."""

from __future__ import annotations

import numpy as np
import streamlit as st
from jaxtyping import Int

from tvae.runs.run import Run
from tvae.ui import session as state
from tvae.ui.page_links import page_link

MAP = "pages/1_Latent_map.py"
ICON = ":material/scatter_plot:"


def show_select_button(run: Run, n: int, rows: Int[np.ndarray, " m"]) -> None:
    """Show a button that selects these of the n rows on the latent map; once they are selected, a link to the map.

    Two clicks, since code can't leave a page whose widgets stand in the address (Streamlit 1.67).
    """
    if len(rows) and np.array_equal(state.picks(run.provenance.test.fingerprint, n).rows, np.unique(rows)):
        page_link(MAP, "Selected: go to the latent map", ICON)
    else:
        st.button("Select on the latent map", icon=ICON, on_click=_select, args=(run, n, rows), disabled=not len(rows))


def _select(run: Run, n: int, rows: Int[np.ndarray, " m"]) -> None:
    picked = state.picks(run.provenance.test.fingerprint, n)
    picked.replace(rows)
    picked.focus = int(rows[0])
