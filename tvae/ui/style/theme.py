"""Whether the page is light or dark."""

from __future__ import annotations

import streamlit as st


def theme() -> str:
    """The page's theme: light or dark."""
    return "dark" if st.context.theme.type == "dark" else "light"
