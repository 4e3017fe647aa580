"""The linked maps' JavaScript and CSS, joined into one module."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

_PARTS = (
    *(
        "screen",
        "shelf",
        "codec",
        "grid",
        "density",
        "painter",
        "tiles",
        "images",
        "names",
        "contours",
        "marks",
        "panel",
    ),
    *("chrome", "card", "png", "filters", "filter_panel", "hovering", "probe", "search", "selecting", "views"),
    *("shared_view", "morph", "trails", "legend", "marks_key", "gestures", "full_screen", "tools", "latent_map"),
)


def _text_of(*names: str) -> str:
    """The text of these files, one after the other."""
    folder = Path(__file__).parent
    return "\n".join((folder / name).read_text(encoding="utf-8") for name in names)


SCREEN = _text_of("screen.js")
"""Functions about the screen, for other components with a canvas."""
SHELF = _text_of("shelf.js")
"""The shelf alone, for the parts of a page that only put something on it or take it."""
CODE = (
    _text_of(*(f"{part}.js" for part in _PARTS))
    + f"\nconst STYLE = {json.dumps(_text_of('latent_map.css', 'map_grid.css'))};\n"
)
"""One JavaScript module: every file of this folder, each about one part of the maps, and the style sheets."""
CODE_VERSION = hashlib.sha256(CODE.encode()).hexdigest()[:12]
"""Version of the code: a page may hold several at once while the server is updated."""
