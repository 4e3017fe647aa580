"""Goes through the arms of a run: map, reconstructions and samples change in place.

Everything is sent once; sliding and playing need no request to the server.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float, Int, UInt8
from streamlit.components.v2 import component

from tvae.figures.colours import class_colours
from tvae.ui.images.sprite_sheet import sheet

_FOLDER = Path(__file__).parent
_player = component(
    "tvae.arm_player",
    css=(_FOLDER / "arm_player.css").read_text(encoding="utf-8"),
    js="\n".join(
        path.read_text(encoding="utf-8") for path in (_FOLDER.parent / "sheets.js", _FOLDER / "arm_player.js")
    ),
)
_SPAN = 65_535
"""Positions are sent as whole numbers from 0 to this."""


@dataclass(frozen=True, kw_only=True)
class ArmStop:
    """Name, colour and summary of an arm at its place of the slider."""

    name: str
    colour: str
    """Colour of the arm, as #rrggbb."""
    summary: str
    """Accuracy and cost of the arm, in words."""


@dataclass(frozen=True, eq=False)
class ArmFrames:
    """Frames of all arms: rows of images, all of one length, and the positions of the points on each arm's map."""

    positions: Float[np.ndarray, "arms n 2"]
    labels: Int[np.ndarray, " n"]
    inputs: UInt8[np.ndarray, "k height width channels"]
    """Test images, whose reconstructions are the first row."""
    rows: dict[str, UInt8[np.ndarray, "arms k height width channels"]]
    """Images of each arm by what the row shows."""


def arm_player(
    stops: Sequence[ArmStop],
    frames: ArmFrames,
    *,
    orders: dict[str, list[int]],
    opened_at: int,
    class_names: Sequence[str],
    key: str,
) -> None:
    """Show the player of the arms.

    Args:
        stops: of each arm, in the order of the frames.
        orders: places of arms by what they are in order of; the first order is shown at first.
        opened_at: the arm that is shown at first.
    """
    count = len(frames.inputs)
    images = np.concatenate([frames.inputs, *(row.reshape(-1, *row.shape[2:]) for row in frames.rows.values())])
    data: dict[str, object] = {
        "stops": [asdict(stop) for stop in stops],
        "orders": orders,
        "openedAt": opened_at,
        "positions": _packed(frames.positions),
        "labels": base64.b64encode(frames.labels.astype("<u2").tobytes()).decode(),
        "classes": [
            {"name": str(name), "colour": colour}
            for name, colour in zip(class_names, class_colours(len(class_names)), strict=True)
        ],
        "sheet": sheet(images),
        "count": count,
        "rows": list(frames.rows),
    }
    data["name"] = hashlib.sha256(repr(data).encode()).hexdigest()
    _player(key=key, data=data)


def _packed(positions: Float[np.ndarray, "arms n 2"]) -> str:
    """Positions of each arm scaled to the same square, as little-endian uint16 in base64; y goes down."""
    centred = positions - (positions.min(axis=1, keepdims=True) + positions.max(axis=1, keepdims=True)) / 2
    reach = np.abs(centred).max(axis=(1, 2), keepdims=True)
    unit = 0.5 + centred / (2 * np.where(reach > 0, reach, 1)) * (1, -1)
    return base64.b64encode(np.rint(_SPAN * unit).astype("<u2").tobytes()).decode()
