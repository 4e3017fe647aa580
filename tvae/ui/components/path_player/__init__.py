"""Plays an interpolation in the browser.

All frames are sent once, as one image; playing needs no request to the server.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Int, UInt8
from streamlit.components.v2 import component

from tvae.explore.interpolation import Interpolation
from tvae.figures.colours import class_colours
from tvae.model.network import to_bytes
from tvae.ui import session as state
from tvae.ui.images.sprite_sheet import sheet

_FOLDER = Path(__file__).parent
_player = component(
    "tvae.path_player",
    css=(_FOLDER / "path_player.css").read_text(encoding="utf-8"),
    js="\n".join(
        path.read_text(encoding="utf-8") for path in (_FOLDER.parent / "sheets.js", _FOLDER / "path_player.js")
    ),
)


@dataclass(frozen=True, kw_only=True)
class Lane:
    """One arm's path."""

    title: str
    colour: str
    """The arm's colour, as #rrggbb."""
    summary: str
    """The path in one sentence."""
    path: Interpolation


def path_player(
    lanes: Sequence[Lane],
    *,
    ends: tuple[int, int],
    labels: Int[np.ndarray, " n"],
    class_names: Sequence[str],
    images: UInt8[np.ndarray, "n height width channels"] | None,
    opened_at: float,
    key: str,
) -> float:
    """Show the paths and return where the slider was left, from 0 to 1.

    Args:
        lanes: paths between the same two images, all with the same number of steps.
        ends: rows of the two images.
        images: of all rows; None shows the rows' numbers instead of the nearest images.
        opened_at: where the slider stands before anyone has moved it.
    """
    first = lanes[0].path
    nearest_rows = np.unique(
        np.concatenate([lane.path.votes.nearest.rows[:, 0] for lane in lanes] + [np.asarray(ends)])
    )
    frames = [to_bytes(lane.path.images) for lane in lanes]
    frame_sheet = sheet(np.concatenate([*frames, images[nearest_rows]] if images is not None else frames))
    places = (
        {int(row): sum(map(len, frames)) + place for place, row in enumerate(nearest_rows)}
        if images is not None
        else {}
    )

    def row_data(row: int) -> dict[str, object]:
        return {"row": row, "label": int(labels[row]), "place": places.get(row, -1)}

    data: dict[str, object] = {
        "frames": len(first.t),
        "steps": first.steps.tolist(),
        "voters": first.votes.nearest.rows.shape[1],
        "openedAt": opened_at,
        "classes": [
            {"name": str(name), "colour": colour}
            for name, colour in zip(class_names, class_colours(len(class_names)), strict=True)
        ],
        "ends": [row_data(row) for row in ends],
        "near": {str(row): row_data(int(row)) for row in nearest_rows},
        "sheet": frame_sheet,
        "lanes": [_lane(lane, place * len(first.t)) for place, lane in enumerate(lanes)],
    }
    data["name"] = hashlib.sha256(repr(data).encode()).hexdigest()  # so that the browser need not draw the same again
    _player(key=key, data=data, on_at_change=lambda: None)
    left_at = state.read(key).get("at")
    return float(left_at) if isinstance(left_at, int | float) and 0 <= left_at <= 1 else opened_at


def _lane(lane: Lane, place: int) -> dict[str, object]:
    votes = lane.path.votes
    voted = np.flatnonzero(votes.shares.any(axis=0))
    return {
        "title": lane.title,
        "colour": lane.colour,
        "told": lane.summary,
        "place": place,
        "shares": {str(label): votes.shares[:, label].round(4).tolist() for label in voted},
        "winners": votes.winners.tolist(),
        "sureness": votes.sureness.round(4).tolist(),
        "density": lane.path.log_density.round(2).tolist(),
        "near": votes.nearest.rows[:, 0].tolist(),
        "distance": votes.nearest.distances[:, 0].round(3).astype(float).tolist(),
    }
