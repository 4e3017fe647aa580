"""Field that names a file or folder on the server, where its configuration allows that."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from tvae.data.own import sources_folder
from tvae.ui.requests import answered


def show_server_path(path_key: str, button_key: str, read: Callable[[], None]) -> None:
    """Show the field and the button that calls `read`; nothing where visitors may read no folder of the server."""
    if sources_folder() is None:
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.text_input(
            "Or a file or folder on the server",
            placeholder="scans/2026",
            key=path_key,
            help="Below the folder that the server's configuration names (TVAE_SOURCES).",
            persist_state="session",
        )
        st.button("Read it", key=button_key, on_click=answered(read))
