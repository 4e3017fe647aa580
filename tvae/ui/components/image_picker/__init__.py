"""Pick one of several images."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
from jaxtyping import Int, UInt8
from streamlit.components.v2 import component

from tvae.ui import session as state
from tvae.ui.images.sprite_sheet import sheet
from tvae.ui.requests import answered

_FOLDER = Path(__file__).parent
_picker = component(
    "tvae.image_picker",
    css=(_FOLDER / "image_picker.css").read_text(encoding="utf-8"),
    js="\n".join(
        path.read_text(encoding="utf-8") for path in (_FOLDER.parent / "sheets.js", _FOLDER / "image_picker.js")
    ),
)


def image_picker(
    rows: Int[np.ndarray, " k"],
    images: UInt8[np.ndarray, "k height width channels"],
    *,
    marks: Mapping[int, str],
    pick: Callable[[int], None],
    key: str,
) -> None:
    """Show the images; `pick` is called with the row of the one that is clicked, before the next run.

    Args:
        marks: a word on the images of some rows, such as "from".
    """

    def picked() -> None:
        row = state.read(key).get("pick")
        if isinstance(row, int) and row in rows:
            pick(row)

    tiles = [{"row": int(row), "mark": marks.get(int(row), "")} for row in rows]
    _picker(key=key, data={"tiles": tiles, "sheet": sheet(images)}, on_pick_change=answered(picked))
