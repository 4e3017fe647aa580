"""The square to draw on, or the picture to upload."""

from __future__ import annotations

from typing import Literal

import numpy as np
import streamlit as st
from jaxtyping import Float32, UInt8

from tvae.data.public_datasets import CHARACTER, DIGIT, Noun
from tvae.errors import InputError
from tvae.explore.image_text import ink_from_text, ink_to_text
from tvae.explore.ink import DetectedInk, detected_ink
from tvae.explore.preparation import Placement, prepared_drawing, prepared_image
from tvae.explore.strokes import Stroke, strokes_from_text, strokes_to_text
from tvae.explore.upload import FORMATS, MOST_BYTES, read_upload
from tvae.figures.colours import INK
from tvae.figures.image_grid import GridRow
from tvae.figures.ink_stages import crop_stage, enlarged, ink_stages
from tvae.ui import session as state
from tvae.ui.components.drawing import drawing
from tvae.ui.images.image_grid import show_grid_within
from tvae.ui.requests import answered
from tvae.ui.session import keys
from tvae.ui.style.escaping import as_text
from tvae.ui.style.reasons import reason_of
from tvae.ui.style.theme import theme

DRAW, SEND, MANY = "Draw", "Upload", "Many"
EXAMPLE = ((130, 40, 100, 92, 66, 150, 110, 152, 150, 150, 192, 148), (146, 96, 138, 150, 132, 214))
"""A four as strokes, each a list of coordinates: x, y, x, y and so on."""
EXAMPLE_CLASS = "4"
SUFFIXES = [*(kind.lower() for kind in FORMATS), "jpg"]
WHOLE = (0, 100)
"""A crop that leaves everything, in percent of a side."""
LEAST_CROP = 8
"""Pixels of a side that a crop leaves at least."""
STAGES_ROOM = 265
"""Screen pixels of the column of the input."""

Drawn = tuple[Stroke, ...] | Float32[np.ndarray, "h w"]
"""The strokes of a drawing, or the ink of an upload."""
Channels = Literal[1, 3]
"""Channels of the run's images: grey or colour."""


def has_example(noun: Noun, class_names: tuple[str, ...]) -> bool:
    """Whether the example is an image of one of the classes."""
    return noun in (DIGIT, CHARACTER) and EXAMPLE_CLASS in class_names


def draw_example() -> None:
    """Fill the square with the example."""
    own = state.own_digit()
    own.strokes = strokes_to_text([np.array(stroke, np.uint8).reshape(-1, 2) for stroke in EXAMPLE])
    own.sheet += 1


def take_upload(channels: Channels) -> None:
    """Takes a file that was just uploaded, whole."""
    for key in (keys.CROP_ACROSS, keys.CROP_DOWN):
        state.forget(key)
    take_crop(channels)


def take_crop(channels: Channels) -> None:
    """Takes the chosen part of the uploaded file as the own image, or keeps the reason why it can't be used."""
    own, upload = state.own_digit(), state.read(keys.UPLOAD)
    own.ink, own.picture, own.notes, own.warnings, own.stages, own.error = "", None, (), (), None, ""
    own.channels = 0 if upload is None else channels
    if upload is None:
        return
    try:
        image = read_upload(upload.getvalue(), channels)
        height, width, _ = image.values.shape
        (left, right), (top, bottom) = (
            _pixels(state.read(key, WHOLE), side) for key, side in ((keys.CROP_ACROSS, width), (keys.CROP_DOWN, height))
        )
        crop = (left, top, right, bottom)
        if channels == 3:
            own.picture, own.notes = image.values[top:bottom, left:right], image.notes
            own.stages = crop_stage(image.values, crop)
            return
        detected = detected_ink(image.grey[top:bottom, left:right])
        own.ink, own.notes, own.warnings = ink_to_text(detected.ink), image.notes, _warnings(detected)
        own.stages = ink_stages(image.grey, crop, detected.ink)
    except InputError as error:
        own.error = reason_of(error)


def _pixels(percent: tuple[int, int], side: int) -> tuple[int, int]:
    """Ends of a crop in pixels of this side, never nearer to each other than `LEAST_CROP`."""
    low = max(0, min(round(side * percent[0] / 100), side - LEAST_CROP))
    return low, min(side, max(round(side * percent[1] / 100), low + LEAST_CROP))


def _warnings(detected: DetectedInk) -> tuple[str, ...]:
    """Warnings on doubtful ink, a sentence each."""
    warnings = []
    if detected.at_border:
        warnings.append("The ink touches the edge of the picture, so a part of it may be missing.")
    if detected.left_out:
        others = "Another mark was" if detected.left_out == 1 else f"{detected.left_out} other marks were"
        warnings.append(f"{others} left out. Crop the picture to the one that is meant.")
    if detected.parts > 1:
        warnings.append(f"The ink has {detected.parts} separate parts, taken as one. Crop what does not belong to it.")
    return tuple(warnings)


def drawn_or_sent(input_kind: str, own: state.OwnDigit, noun: Noun) -> Drawn | None:
    """Shows the square to draw on or the upload, and returns what is drawn or sent, for a run of grey images."""
    if input_kind == DRAW:
        begun = strokes_from_text(own.strokes)
        own.strokes = strokes_to_text(drawing(begun, sheet=own.sheet, key=keys.DRAWING))
        # As rounded in the address, so that a shared link gives the same results.
        return strokes_from_text(own.strokes) or None
    _show_uploader(own, noun, 1, "A drawing or a photograph, dark on light or light on dark.")
    return ink_from_text(own.ink) if own.ink else None


def leave_out_drawings() -> None:
    """Leaves out what an address says of a drawing, for a run in colour."""
    for key in (keys.STROKES, keys.INK):
        state.leave_out(key, "A drawing is not shown here: this run's images are in colour, so one is uploaded.")


def no_such_way(text: str) -> str:
    """Note that an address can't choose to draw for a run in colour."""
    return f"There is nothing to draw on here: this run's images are in colour ({text!r} in the address)."


def sent_in_colour(own: state.OwnDigit, noun: Noun) -> Float32[np.ndarray, "h w 3"] | None:
    """Shows the upload, and returns the chosen part of what is sent, for a run in colour."""
    _show_uploader(own, noun, 3, "A photograph in colour, with what is meant in its middle.")
    st.caption("This run's images are in colour, so one is uploaded, not drawn; the address does not keep it.")
    return own.picture


def _show_uploader(own: state.OwnDigit, noun: Noun, channels: Channels, advice: str) -> None:
    st.file_uploader(
        f"Your {noun.one} as a picture",
        SUFFIXES,
        key=keys.UPLOAD,
        on_change=answered(take_upload),
        args=(channels,),
        max_upload_size=MOST_BYTES >> 20,
        help=advice,
    )
    if state.read(keys.UPLOAD) is not None and own.channels != channels:  # it was sent to a run of the other kind
        take_crop(channels)
    if own.error:
        st.error(as_text(f"This image can't be used. {own.error}."))


def prepared(drawn: Drawn, placement: Placement) -> UInt8[np.ndarray, "height width 1"]:
    """The drawing or the upload, prepared as an image of the data set."""
    image = prepared_drawing(drawn, placement) if isinstance(drawn, tuple) else prepared_image(drawn, placement)
    return image[..., None]


def show_stages(own: state.OwnDigit, image: UInt8[np.ndarray, "height width channels"] | None) -> None:
    """Shows the picture that was sent, the ink found on it and what the models see, with a crop to put it right.

    Of a picture in colour no ink is sought.
    """
    if own.stages is not None and image is not None:
        row = GridRow(
            label="",
            colour=INK[theme()],
            images=np.stack([*own.stages, enlarged(image)]),
            under=["sent", *(["ink found"] if own.ink else []), "models see"],
        )
        found = ", the ink found on it," if own.ink else ""
        show_grid_within([row], f"The picture sent{found} and what the models see", STAGES_ROOM)
    for warning in own.warnings:
        st.warning(warning)
    for note in own.notes:
        st.caption(note)
    if state.read(keys.UPLOAD) is not None:
        with st.expander("Crop"):
            again = {"on_change": answered(take_crop), "args": (own.channels,)}
            st.slider("Left and right, %", *WHOLE, WHOLE, key=keys.CROP_ACROSS, **again)
            st.slider("Top and bottom, %", *WHOLE, WHOLE, key=keys.CROP_DOWN, **again)
