"""Shows an image grid, and its download button."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import streamlit as st

from tvae.figures.colours import GROUND
from tvae.figures.image_grid import LABEL, GridRow, fitting_density, fitting_scale, grid_png, png_width
from tvae.model.encoding import Encoding
from tvae.runs.run import Run
from tvae.system.array_files import content_key
from tvae.ui.session import keys
from tvae.ui.style.captions import titled
from tvae.ui.style.theme import theme

NARROWEST = 680
"""Screen pixels to which a wide grid may shrink; `page.css` says the same."""


def show_grid(rows: Sequence[GridRow], alt: str, key: str) -> None:
    """Show the rows as large as they fit; a narrow page scrolls sideways rather than make their numbers unreadable."""
    png, across = drawn_grid(tuple(rows), theme(), _scale(rows))
    size = "wide" if across > NARROWEST else "small"
    with st.container(width=across, key=keys.image_grid(size, key)):
        st.image(png, width="stretch", alt=alt)


def show_grid_within(rows: Sequence[GridRow], alt: str, room: int) -> None:
    """Show the rows as large as fits into this many screen pixels, and smaller on a narrower page."""
    count, height, width = rows[0].images.shape[:3]
    labels = 0 if any(row.label for row in rows) else LABEL  # room that labels would take
    png, across = drawn_grid(tuple(rows), theme(), fitting_scale(count, height, width, room + labels))
    # In a place of its width: a width of its own would make Streamlit scale the image to it and encode it again.
    with st.container(width=across):
        st.image(png, width="stretch", alt=alt)


def grid_download(rows: Sequence[GridRow], name: str, what: str, run: Run, encoding: Encoding) -> None:
    """A button that saves the rows as a PNG on a light ground, with what it shows and where that comes from.

    Both are written above the rows, and into the PNG's text fields.

    Args:
        name: of the file, before the run's name.
        what: what the rows are, as plain text that ends without a full stop.
    """
    facts = titled(what, run, encoding)
    st.download_button(
        "PNG",
        lambda: grid_png(
            rows,
            scale=_scale(rows),
            ground=GROUND["light"],
            title=facts["Title"],
            facts=facts,
        ),
        f"{name}-{run.name}.png",
        "image/png",
        icon=":material/download:",
        on_click="ignore",
    )


@st.cache_resource(max_entries=128, show_spinner=False, hash_funcs={np.ndarray: content_key})
def drawn_grid(rows: tuple[GridRow, ...], theme: str, scale: float) -> tuple[bytes, int]:
    """A grid of images as a PNG, as fine as Streamlit passes it on, and its width in screen pixels.

    Drawn once for all who look at the same images.
    """
    density = fitting_density(rows, scale)
    png = grid_png(rows, theme=theme, scale=scale, density=density)
    return png, round(png_width(png) / density)


def _scale(rows: Sequence[GridRow]) -> float:
    count, height, width = rows[0].images.shape[:3]
    return fitting_scale(count, height, width)
