"""Chooses the size of text and controls: large for a projector."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import streamlit as st

from tvae.ui import session as state
from tvae.ui.session import keys

NORMAL, LARGE = SIZES = ("normal", "large")
STYLE = Path(__file__).parent / "large.css"


def show_in_chosen_size() -> None:
    """Show text and controls in the chosen size, also where the control that chooses it is not drawn."""
    _control()
    if state.value_of(keys.SIZE) == LARGE:
        st.html(STYLE)


def choose_size() -> None:
    """Draw the control that chooses the size."""
    st.segmented_control("Text size", required=True, help="Large is for a projector.", **_control())


def _control() -> dict[str, Any]:
    return state.choice(keys.SIZE, SIZES, NORMAL, default_as="default")
