"""Replay of a training: two maps, accuracy and losses, played in the browser without the server."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import streamlit as st
from jaxtyping import Float, Float32, Int
from streamlit.components.v2 import component

from tvae.figures.colours import class_colours
from tvae.runs.replays.times import TimeAxis
from tvae.system.array_files import content_key

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
    """The arm's colour, as #rrggbb."""
    positions: Float32[np.ndarray, "moments n 2"]
    accuracy: Float[np.ndarray, " moments"] | None
    """Triplet accuracy at each moment; None where the labels allow no triplet."""
    losses: Sequence[str]
    """The terms of its loss at each moment, in words."""


def replay_player(
    sides: Sequence[ReplaySide],
    *,
    run: str,
    times: TimeAxis,
    labels: Int[np.ndarray, " n"],
    class_names: Sequence[str],
    parting: int | None,
    key: str,
) -> None:
    """Show the replay.

    All sides have one scale, each its own middle.

    Args:
        sides: both arms, or the only one.
        run: name of the run: a replay of the same run and arms that has grown goes on where it is.
        times: of the moments.
        parting: the moment from which the arms have parted, if they do.
    """
    _replay(key=key, data=_contents(tuple(sides), run, times, labels, tuple(map(str, class_names)), parting))


@st.cache_resource(max_entries=8, show_spinner=False, hash_funcs={np.ndarray: content_key})
def _contents(
    sides: tuple[ReplaySide, ...],
    run: str,
    times: TimeAxis,
    labels: Int[np.ndarray, " n"],
    class_names: tuple[str, ...],
    parting: int | None,
) -> dict[str, object]:
    """What the browser needs to play the replay: megabytes, made once for all script runs of all visitors."""
    ranges = [(side.positions.min(axis=(0, 1)), side.positions.max(axis=(0, 1))) for side in sides]
    reach = max(float((high - low).max()) / 2 for low, high in ranges) or 1.0
    data: dict[str, object] = {
        "subject": json.dumps([run, [side.title for side in sides], class_names, times.unit]),
        "moments": list(times.names),
        "unit": times.unit,
        "ticks": [{"at": at, "text": text} for at, text in times.ticks],
        "labels": labels.tolist(),
        "classes": [
            {"name": name, "colour": colour}
            for name, colour in zip(class_names, class_colours(len(class_names)), strict=True)
        ],
        "parting": -1 if parting is None else parting,
        "sides": [
            {
                "title": side.title,
                "colour": side.colour,
                "points": base64.b64encode(
                    np.rint((side.positions - (low + high) / 2) / reach * _FULL).astype("<i2").tobytes()
                ).decode(),
                "accuracy": None if side.accuracy is None else side.accuracy.round(4).tolist(),
                "losses": list(side.losses),
            }
            for side, (low, high) in zip(sides, ranges, strict=True)
        ],
    }
    data["name"] = hashlib.sha256(json.dumps(data).encode()).hexdigest()  # the browser need not draw the same again
    return data
