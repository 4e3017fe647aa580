"""Replay of a training: two maps, accuracy and losses, played in the browser without the server."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float, Float32, Int
from streamlit.components.v2 import component

from tvae.figures.colours import class_colours

_FOLDER = Path(__file__).parent
_replay = component(
    "tvae.replay",
    css=(_FOLDER / "replay.css").read_text(encoding="utf-8"),
    js="\n".join(path.read_text(encoding="utf-8") for path in (_FOLDER.parent / "sheets.js", _FOLDER / "replay.js")),
)
_FULL = 32_000
"""Whole number that stands for the edge of the map."""


@dataclass(frozen=True, kw_only=True)
class ReplaySide:
    """One arm of a replay."""

    title: str
    colour: str
    """The arm's, as #rrggbb."""
    positions: Float32[np.ndarray, "moments n 2"]
    accuracy: Float[np.ndarray, " moments"] | None
    """Triplet accuracy at each moment; None where the labels allow no triplet."""
    losses: Sequence[str]
    """The terms of its loss at each moment, in words; empty before the first are known."""


def replay_player(
    sides: Sequence[ReplaySide],
    *,
    epochs: Sequence[str],
    labels: Int[np.ndarray, " n"],
    class_names: Sequence[str],
    parting: int | None,
    key: str,
) -> None:
    """Show the replay.

    Args:
        sides: both arms, or the only one.
        epochs: of each moment, in words.
        parting: the moment when the arms part, if they do.
    """
    points = np.concatenate([side.positions.reshape(-1, 2) for side in sides])
    middle = (points.min(axis=0) + points.max(axis=0)) / 2
    reach = max(float(np.abs(points - middle).max()), 1e-9)
    data: dict[str, object] = {
        "epochs": list(epochs),
        "labels": labels.tolist(),
        "classes": [
            {"name": str(name), "colour": colour}
            for name, colour in zip(class_names, class_colours(len(class_names)), strict=True)
        ],
        "parting": -1 if parting is None else parting,
        "sides": [
            {
                "title": side.title,
                "colour": side.colour,
                "points": base64.b64encode(
                    np.rint((side.positions - middle) / reach * _FULL).astype("<i2").tobytes()
                ).decode(),
                "accuracy": None if side.accuracy is None else side.accuracy.round(4).tolist(),
                "losses": list(side.losses),
            }
            for side in sides
        ],
    }
    data["name"] = hashlib.sha256(json.dumps(data).encode()).hexdigest()  # the browser need not draw the same again
    _replay(key=key, data=data)
