"""OwnDigit: the image that a person drew or sent."""

from __future__ import annotations

from dataclasses import dataclass

from tvae.ui.session import keys
from tvae.ui.session.values import address, kept, put_in_address


@dataclass
class OwnDigit:
    """What this session drew or sent, as text for the address."""

    strokes: str = ""
    """From `strokes_to_text`."""
    ink: str = ""
    """Of an image that was sent, from `ink_to_text`."""
    notes: tuple[str, ...] = ()
    """What was done to that image."""
    error: str = ""
    """Why an image was refused."""
    sheet: int = 0
    """Counts the squares that were drawn on: another number is a square that Python filled."""


def own_digit() -> OwnDigit:
    """This session's own digit; the first time, the one in the address."""
    return kept(keys.OWN_DIGIT, lambda: OwnDigit(address(keys.STROKES), address(keys.INK)))


def put_own_digit_in_address(own: OwnDigit) -> None:
    """Have the address hold the own digit."""
    put_in_address(keys.STROKES, own.strokes)
    put_in_address(keys.INK, own.ink)
