"""Heading of the drawer beside the maps, with the button that opens and closes it.

Escape closes it too. The drawer is the keyed container that holds the component. Whether it is open is an attribute of
the page's body, which style sheets ask for, because Streamlit draws the container anew as it likes.
"""

from __future__ import annotations

from pathlib import Path

from streamlit.components.v2 import component

from tvae.ui.session import keys

_FOLDER = Path(__file__).parent
_heading = component(
    "tvae.map_drawer",
    css=(_FOLDER / "map_drawer.css").read_text(encoding="utf-8"),
    js=(_FOLDER / "map_drawer.js").read_text(encoding="utf-8"),
)


def drawer_heading(text: str, *, picked: str, memory: str) -> None:
    """Show the heading of the drawer around it.

    Args:
        text: what is picked, in a few words; any text, it is never read as HTML.
        picked: a word that changes with what is picked: then the drawer opens.
        memory: key of the maps, which get the focus when the drawer is closed.
    """
    _heading(key=keys.DRAWER_HEADING, data={"text": text, "picked": picked, "memory": memory})
