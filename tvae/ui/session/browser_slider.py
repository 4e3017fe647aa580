"""Position of a slider that moves in the browser alone."""

from __future__ import annotations

import math

from tvae.ui.session import keys
from tvae.ui.session.controls import LONGEST_TEXT, note
from tvae.ui.session.values import address, is_set, put_in_address, read, write


def opened_at(name: str, moved: bool) -> float:
    """First position of such a slider, from 0 to 1: where it was left, else the address's, else 0.

    It stays so while the slider is on the page (`moved`), or each move would send all that it shows again.
    """
    opened = keys.slider_opened(name)
    if not moved or not is_set(opened):
        write(opened, read(keys.slider_left(name), _in_address(name)))
    return read(opened)


def keep_place(name: str, place: float) -> None:
    """Keep the last position of such a slider in the session and in the address."""
    write(keys.slider_left(name), place)
    put_in_address(name, f"{place:.3f}".rstrip("0").rstrip(".") if place else None)


def _in_address(name: str) -> float:
    text = address(name, "0")
    try:
        asked = float(text)
    except ValueError:
        asked = math.nan
    place = min(max(asked, 0.0), 1.0) if math.isfinite(asked) else 0.0
    if place != asked:
        note(name, f"{name} can't be {text[:LONGEST_TEXT]!r} here. Shown is {place:g}.")
    return place
