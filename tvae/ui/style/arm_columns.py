"""Columns and badges of arms."""

from __future__ import annotations

import html

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from tvae.figures.colours import arm_colours
from tvae.runs.run import Run

ACROSS, APART = 940, 32
"""Pixels of a page's content in a window 1400 wide, and of the gap between two of its columns."""
ROOM_OF_TWO = 510
"""Width in pixels of each of two columns on a wide page."""


def arm_columns(count: int) -> list[DeltaGenerator]:
    """Containers side by side on a wide page, one below the other on a narrow one."""
    row = st.container(horizontal=True, gap="medium")
    return [row.container(width=(ACROSS - APART * (count - 1)) // count) for _ in range(count)]


def arm_badge(run: Run, arm: str, about: str = "") -> None:
    """The arm's name beside a dot of its colour, and a few words."""
    colour = arm_colours(list(run.config.arms))[arm]
    words = f' <span style="opacity: 0.65">· {html.escape(about)}</span>' if about else ""
    st.html(f'<b><span style="color:{colour}">●</span> {html.escape(arm.upper())}</b>{words}')
