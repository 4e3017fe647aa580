"""A grid of images on a page, as one picture, and as a file to keep."""

from __future__ import annotations

import struct
from collections.abc import Sequence

import streamlit as st

from tvae.ui.colours import GROUND, INK
from tvae.ui.frame import theme
from tvae.ui.pictures import GridRow, fitting_scale, grid_png


def show_grid(rows: Sequence[GridRow], alt: str) -> None:
    """Show the rows as large as they fit."""
    png = grid_png(rows, ink=INK[theme()], scale=_scale(rows))
    width = struct.unpack(">I", png[16:20])[0]  # where a PNG tells it
    st.image(png, width=width // 2, alt=alt)


def grid_download(rows: Sequence[GridRow], name: str, label: str = "Save as PNG") -> None:
    """A button that saves the rows as a PNG on the page's own ground."""
    shown = theme()
    st.download_button(
        label,
        lambda: grid_png(rows, ink=INK[shown], scale=_scale(rows), ground=GROUND[shown]),
        f"{name}.png",
        "image/png",
        on_click="ignore",
        width="stretch",
    )


def _scale(rows: Sequence[GridRow]) -> float:
    count, height, width = rows[0].images.shape[:3]
    return fitting_scale(count, height, width)
