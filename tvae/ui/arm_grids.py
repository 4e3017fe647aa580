"""A grid of one arm's images beside those of the others: the arm's badge above, one picture below."""

from __future__ import annotations

import html
import struct
from collections.abc import Sequence

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from tvae.checkpoints import Run
from tvae.ui.colours import INK, arm_colours
from tvae.ui.frame import theme
from tvae.ui.pictures import LABEL, GridRow, fitting_scale, grid_png

ACROSS, APART = 940, 32
"""Screen pixels of a page's content at 1400, and between two columns of it."""
ROOM_OF_TWO = 510
"""Screen pixels across that each of two columns of a wide page has."""


def arm_columns(count: int) -> list[DeltaGenerator]:
    """So many places beside each other on a wide page, one below the other where it is too narrow for that."""
    row = st.container(horizontal=True, gap="medium")
    return [row.container(width=(ACROSS - APART * (count - 1)) // count) for _ in range(count)]


def show_arm_grid(rows: Sequence[GridRow], alt: str, room: int) -> None:
    """Show the rows as large as they fit into so many screen pixels."""
    count, height, width = rows[0].images.shape[:3]
    labels = 0 if any(row.label for row in rows) else LABEL - 14  # room that labels would take
    png = grid_png(rows, ink=INK[theme()], scale=fitting_scale(count, height, width, room + labels))
    st.image(png, width=struct.unpack(">I", png[16:20])[0] // 2, alt=alt)


def arm_badge(run: Run, arm: str, about: str = "") -> None:
    """The arm's name beside a dot of its colour, and a few words."""
    colour = arm_colours(list(run.config.arms))[arm]
    words = f' <span style="opacity: 0.65">· {html.escape(about)}</span>' if about else ""
    st.html(f'<b><span style="color:{colour}">●</span> {html.escape(arm.upper())}</b>{words}')
