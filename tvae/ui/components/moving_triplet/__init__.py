"""One triplet of images whose distances move from one arm's to the other's.

All triplets are sent once; "Another" and the movement need no request to the server.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float, UInt8
from streamlit.components.v2 import component

from tvae.ui.images.sprite_sheet import sheet

_FOLDER = Path(__file__).parent
_picture = component(
    "tvae.moving_triplet",
    css=(_FOLDER / "moving_triplet.css").read_text(encoding="utf-8"),
    js="\n".join(
        path.read_text(encoding="utf-8") for path in (_FOLDER.parent / "sheets.js", _FOLDER / "moving_triplet.js")
    ),
)


@dataclass(frozen=True, kw_only=True)
class Model:
    """Name and colour of an arm, and its two distances for each triplet."""

    name: str
    colour: str
    """Colour of the arm, as #rrggbb."""
    distances: Float[np.ndarray, "t 2"]
    """Distances from the anchor to the positive and to the negative."""


def moving_triplet(
    images: UInt8[np.ndarray, "t 3 height width channels"],
    names: Sequence[Sequence[str]],
    models: Sequence[Model],
    *,
    first: int,
    verdicts: bool = True,
    plays: bool = True,
    key: str,
) -> None:
    """Show the triplets one at a time.

    Args:
        images: anchor, positive and negative of each triplet.
        names: the name of each image's class, likewise.
        models: one, or two between which the picture moves.
        first: the triplet that is shown first; "Another" shows the next, and a button leads back to it.
        verdicts: write beside a model's name whether it has the triplet right, and both distances.
        plays: move by itself at first, but not for people who want less motion.
    """
    data: dict[str, object] = {
        "sheet": sheet(images.reshape(-1, *images.shape[2:])),
        "models": [{"name": model.name, "colour": model.colour} for model in models],
        "triplets": [
            {"names": list(map(str, of_triplet)), "distances": [model.distances[t].tolist() for model in models]}
            for t, of_triplet in enumerate(names)
        ],
        "scale": max(float(model.distances.max()) for model in models) or 1.0,
        "first": first,
        "verdicts": verdicts,
        "plays": plays,
    }
    data["name"] = hashlib.sha256(repr(data).encode()).hexdigest()
    _picture(key=key, data=data)
