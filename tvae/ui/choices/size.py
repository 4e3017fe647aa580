"""Chooses how large text and controls are: large for a projector."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import streamlit as st

from tvae.ui import session as state
from tvae.ui.session import keys

NORMAL, LARGE = SIZES = ("normal", "large")
STYLE = Path(__file__).parent / "large.css"


def show_in_chosen_size() -> None:
    """Make text and controls as large as chosen, also where the choice itself is not drawn."""
    _control()
    if state.value_of(keys.SIZE) == LARGE:
        st.html(STYLE)


def choose_size() -> None:
    """Draw the choice."""
    st.segmented_control("Text size", required=True, help="Large is for a projector.", **_control())


def _control() -> dict[str, Any]:
    return state.choice(keys.SIZE, SIZES, NORMAL, default_as="default")
