"""A grid of images on a page, as one picture, and as a file to keep."""

from __future__ import annotations

import struct
from collections.abc import Sequence

import streamlit as st

from tvae.ui.colours import GROUND, INK
from tvae.ui.frame import theme
from tvae.ui.pictures import GridRow, fitting_density, fitting_scale, grid_png

NARROWEST = 680
"""Screen pixels to which a wide grid may shrink; `page.css` says the same."""


def show_grid(rows: Sequence[GridRow], alt: str, key: str) -> None:
    """Show the rows as large as they fit; a narrow page scrolls sideways rather than make their numbers unreadable."""
    scale = _scale(rows)
    density = fitting_density(rows, scale)
    png = grid_png(rows, ink=INK[theme()], scale=scale, density=density)
    width = struct.unpack(">I", png[16:20])[0]  # where a PNG tells it
    across = round(width / density)
    size = "wide" if across > NARROWEST else "small"
    with st.container(width=across, key=f"image-grid-{size}-{key}"):
        st.image(png, width="stretch", alt=alt)


def grid_download(rows: Sequence[GridRow], name: str, label: str = "PNG") -> None:
    """A button that saves the rows as a PNG on the page's own ground."""
    shown = theme()
    st.download_button(
        label,
        lambda: grid_png(rows, ink=INK[shown], scale=_scale(rows), ground=GROUND[shown]),
        f"{name}.png",
        "image/png",
        icon=":material/download:",
        on_click="ignore",
    )


def _scale(rows: Sequence[GridRow]) -> float:
    count, height, width = rows[0].images.shape[:3]
    return fitting_scale(count, height, width)
