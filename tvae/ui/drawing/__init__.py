"""A square to draw on with mouse, pen or finger; Python hears of a stroke once it ends."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from streamlit.components.v2 import component

from tvae.strokes import PEN, Stroke, strokes_from

_FOLDER = Path(__file__).parent
_drawing = component(
    "tvae.drawing",
    css=(_FOLDER / "drawing.css").read_text(encoding="utf-8"),
    js=(_FOLDER / "drawing.js").read_text(encoding="utf-8"),
)


def drawing(begun: Sequence[Stroke], *, key: str) -> tuple[Stroke, ...]:
    """Show the square with the strokes that are on it when it is first shown, and return those on it now."""
    result = _drawing(
        key=key,
        data={"strokes": [stroke.ravel().tolist() for stroke in begun], "pen": PEN},
        on_strokes_change=lambda: None,
    )
    sent = result.get("strokes")
    return tuple(begun) if sent is None else strokes_from(sent)
