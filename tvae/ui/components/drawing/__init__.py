"""A square to draw on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from streamlit.components.v2 import component

from tvae.explore.strokes import PEN, Stroke, strokes_from_browser
from tvae.figures.colours import MARK
from tvae.linked_map.browser_code import SCREEN

_FOLDER = Path(__file__).parent
_drawing = component(
    "tvae.drawing",
    css=(_FOLDER / "drawing.css").read_text(encoding="utf-8"),
    js=f"{SCREEN}\n{(_FOLDER / 'drawing.js').read_text(encoding='utf-8')}",
)


def drawing(begun: Sequence[Stroke], *, sheet: int, key: str) -> tuple[Stroke, ...]:
    """Show the square with the strokes that it begins with, and return those on it now.

    Args:
        begun: the strokes on the square when the sheet is first shown.
        sheet: another number clears the square and draws `begun` on it.
    """
    result = _drawing(
        key=key,
        data={"strokes": [stroke.ravel().tolist() for stroke in begun], "sheet": sheet, "pen": PEN, "mark": MARK},
        on_drawn_change=lambda: None,
    )
    drawn = result.get("drawn")
    if not isinstance(drawn, Mapping) or drawn.get("sheet") != sheet:
        return tuple(begun)
    return strokes_from_browser(drawn.get("strokes"))
