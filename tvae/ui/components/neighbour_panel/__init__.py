"""Neighbours of one image.

Resting on a neighbour marks it on both maps (the map's `latent-map:point` event); clicking it walks there.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import UInt8
from streamlit.components.v2 import component

from tvae.figures.pillow_image import pillow_image
from tvae.ui import session as state
from tvae.ui.requests import answered

_FOLDER = Path(__file__).parent
_panel = component(
    "tvae.neighbour_panel",
    css=(_FOLDER / "neighbour_panel.css").read_text(encoding="utf-8"),
    js=(_FOLDER / "neighbour_panel.js").read_text(encoding="utf-8"),
)


@dataclass(frozen=True, kw_only=True)
class Neighbour:
    """One neighbour as it is shown."""

    row: int
    label: str
    """Its class; any text, it is never read as HTML."""
    distance: float
    """Distance in the latent space's own units."""
    mark: str
    """shared, gained or lost."""


@dataclass(frozen=True, kw_only=True)
class PanelSide:
    """One arm's neighbours, nearest first."""

    title: str
    colour: str
    """The arm's colour, as #rrggbb."""
    neighbours: Sequence[Neighbour]


def neighbour_panel(
    sides: Sequence[PanelSide],
    *,
    images: UInt8[np.ndarray, "n height width channels"] | None,
    memory: str,
    walk: Callable[[int], None],
    key: str,
) -> None:
    """Show the neighbours; `walk` is called with the row that is clicked, before the next run.

    Args:
        images: of all rows; None shows the classes' names alone.
        memory: key of the map that is to mark what the pointer rests on.
    """

    def walked() -> None:
        row = state.read(key).get("walk")
        if isinstance(row, int) and row in {neighbour.row for side in sides for neighbour in side.neighbours}:
            walk(row)

    rows = [neighbour.row for side in sides for neighbour in side.neighbours]
    _panel(
        key=key,
        data={
            "memory": memory,
            "sides": [
                {
                    "title": side.title,
                    "colour": side.colour,
                    "neighbours": [vars(neighbour) for neighbour in side.neighbours],
                }
                for side in sides
            ],
            "sheet": None if images is None or not rows else _sheet(images[rows]),
        },
        on_walk_change=answered(walked),
    )


def _sheet(images: UInt8[np.ndarray, "k height width channels"]) -> str:
    """The images side by side, as a data URL."""
    buffer = io.BytesIO()
    pillow_image(np.concatenate(list(images), axis=1)).save(buffer, "PNG")
    return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode("ascii")
