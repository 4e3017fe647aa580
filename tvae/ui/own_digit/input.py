"""The square to draw on, or the image to upload."""

from __future__ import annotations

import numpy as np
import streamlit as st

from tvae.errors import InputError
from tvae.explore.image_text import ink_from_text, ink_to_text
from tvae.explore.preparation import ink_of
from tvae.explore.strokes import ink_of_strokes, strokes_from_text, strokes_to_text
from tvae.explore.upload import FORMATS, MOST_BYTES, read_upload
from tvae.ui import session as state
from tvae.ui.components.drawing import drawing
from tvae.ui.session import keys
from tvae.ui.style.escaping import as_text

DRAW, SEND = "Draw", "Upload"
EXAMPLE = ((95, 55, 82, 95, 74, 128, 110, 132, 150, 130, 172, 126), (158, 48, 152, 100, 146, 150, 142, 205))
"""A four whose top is nearly closed, as strokes of x, y, x, y …"""
SUFFIXES = [*(kind.lower() for kind in FORMATS), "jpg"]


def draw_example() -> None:
    """Fill the square with the example."""
    own = state.own_digit()
    own.strokes = strokes_to_text([np.array(stroke, np.uint8).reshape(-1, 2) for stroke in EXAMPLE])
    own.sheet += 1


def take_upload() -> None:
    """Takes the uploaded file as the own image, or keeps the reason why it can't be used."""
    own, upload = state.own_digit(), state.read(keys.UPLOAD)
    own.ink, own.notes, own.error = "", (), ""
    if upload is None:
        return
    try:
        image = read_upload(upload.getvalue())
        own.ink, own.notes = ink_to_text(ink_of(image.grey)), image.notes
    except InputError as error:
        own.error = str(error)


def chosen_ink(input_kind: str, own: state.OwnDigit) -> np.ndarray | None:
    """Shows the square to draw on or the upload, and returns the ink."""
    if input_kind == DRAW:
        begun = strokes_from_text(own.strokes)
        drawn = drawing(begun, sheet=own.sheet, key=keys.DRAWING)
        own.strokes = strokes_to_text(drawn)
        strokes = strokes_from_text(
            own.strokes
        )  # as rounded in the address, so that a shared link gives the same results
        return ink_of_strokes(strokes) if strokes else None
    st.file_uploader(
        "An image of a digit",
        SUFFIXES,
        key=keys.UPLOAD,
        on_change=take_upload,
        max_upload_size=MOST_BYTES >> 20,
        help="A drawing or a photograph, dark on light or light on dark.",
    )
    if own.error:
        st.error(as_text(f"This image can't be used. {own.error}."))
    for note in own.notes:
        st.caption(note)
    return ink_from_text(own.ink) if own.ink else None
