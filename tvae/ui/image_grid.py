"""A grid of images on a page, as one picture, and as a file to keep."""

from __future__ import annotations

import struct
from collections.abc import Sequence

import streamlit as st

from tvae.ui.colours import GROUND, INK
from tvae.ui.frame import theme
from tvae.ui.pictures import GridRow, fitting_density, fitting_scale, grid_png


def show_grid(rows: Sequence[GridRow], alt: str) -> None:
    """Show the rows as large as they fit."""
    scale = _scale(rows)
    density = fitting_density(rows, scale)
    png = grid_png(rows, ink=INK[theme()], scale=scale, density=density)
    width = struct.unpack(">I", png[16:20])[0]  # where a PNG tells it
    with st.container(width=round(width / density)):
        st.image(png, width="stretch", alt=alt)


def grid_download(rows: Sequence[GridRow], name: str) -> None:
    """A button that saves the rows as a PNG on the page's own ground."""
    shown = theme()
    st.download_button(
        "PNG",
        lambda: grid_png(rows, ink=INK[shown], scale=_scale(rows), ground=GROUND[shown]),
        f"{name}.png",
        "image/png",
        icon=":material/download:",
        on_click="ignore",
        width="stretch",
    )


def _scale(rows: Sequence[GridRow]) -> float:
    count, height, width = rows[0].images.shape[:3]
    return fitting_scale(count, height, width)
