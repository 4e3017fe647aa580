"""Columns and badges of arms."""

from __future__ import annotations

import html

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from tvae.figures.arm_styles import arm_styles
from tvae.runs.embeddings.shown import Shown

ACROSS, APART = 940, 32
"""Pixels of a page's content in a window 1400 wide, and of the gap between two of its columns."""
ROOM_OF_TWO = 510
"""Width in pixels of each of two columns on a wide page."""
MOST_ACROSS = 3
"""Columns side by side at most: with more, images and words of an arm are too small to be read."""


def across(count: int, most: int = MOST_ACROSS) -> int:
    """Number of columns side by side, of `count` in all: `most` at most, in rows as even as possible."""
    return -(-count // -(-count // most))


def arm_columns(count: int, most: int = MOST_ACROSS, key: str | None = None) -> list[DeltaGenerator]:
    """Containers side by side on a wide page, `most` to a row, and one below the other on a narrow page.

    Args:
        key: of the row that they stand in, for the style sheet: images (`keys.ARM_IMAGES`) stand side by side on a
            tablet too.
    """
    row = st.container(horizontal=True, gap="medium", key=key)
    columns = across(count, most)
    return [row.container(width=(ACROSS - APART * (columns - 1)) // columns) for _ in range(count)]


def image_room(count: int, most: int = MOST_ACROSS) -> int:
    """Pixels that an image grid may take of each of `count` columns."""
    return 2 * ROOM_OF_TWO // across(count, most)


def arm_badge(run: Shown, arm: str, about: str = "") -> None:
    """The arm's name beside a dot of its colour, and a few words."""
    style = arm_styles(run.config)[arm]
    words = f' <span style="opacity: 0.65">· {html.escape(about)}</span>' if about else ""
    st.html(f'<b><span style="color:{style.colour}">●</span> {html.escape(style.name)}</b>{words}')
