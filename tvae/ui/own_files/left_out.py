"""List of what was left out of a person's files and why."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from tvae.ui.style.escaping import as_text

_MOST_LINES = 5
_HEIGHT = 180
"""Screen pixels of what was left out where it is more lines than that; it scrolls."""


def show_left_out(count: int, named: Sequence[tuple[str, str]]) -> None:
    """Show the files and rows that were left out and why, the first twenty by name; nothing where there are none."""
    if not count:
        return
    st.markdown(f"**{count:,} left out**{f', the first {len(named)} of them' if count > len(named) else ''}:")
    with st.container(height=_HEIGHT if len(named) > _MOST_LINES else "content", border=False):
        st.caption("  \n".join(as_text(f"{name}: {reason}") for name, reason in named))
