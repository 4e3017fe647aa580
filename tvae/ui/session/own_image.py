"""OwnDigit: the image that a person drew or sent."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32, UInt8

from tvae.ui.session import keys
from tvae.ui.session.values import address, kept, put_in_address


@dataclass
class OwnDigit:
    """Drawing or upload of this session, as text for the address."""

    strokes: str = ""
    """The drawn strokes, from `strokes_to_text`."""
    ink: str = ""
    """Ink of an uploaded image, from `ink_to_text`."""
    picture: Float32[np.ndarray, "h w 3"] | None = None
    """The chosen part of an upload for a run in colour, values in [0, 1]; too long for an address."""
    channels: int = 0
    """Channels that the upload was read with; 0 where there is none."""
    notes: tuple[str, ...] = ()
    """How the uploaded image was treated, a sentence each."""
    warnings: tuple[str, ...] = ()
    """Warnings about its ink, a sentence each."""
    stages: UInt8[np.ndarray, "stages side side 3"] | None = None
    """Uploaded image with its crop, and its detected ink where it is grey; None where the ink came with the address."""
    error: str = ""
    """Why an image was refused."""
    sheet: int = 0
    """Number of the square that is drawn on; it changes when Python fills the square."""


def own_digit() -> OwnDigit:
    """This session's own digit; the first time, the one in the address."""
    return kept(keys.OWN_DIGIT, lambda: OwnDigit(address(keys.STROKES), address(keys.INK)))


def put_own_digit_in_address(own: OwnDigit) -> None:
    """Write the own digit into the address."""
    put_in_address(keys.STROKES, own.strokes)
    put_in_address(keys.INK, own.ink)
