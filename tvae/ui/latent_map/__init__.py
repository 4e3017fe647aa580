"""Two linked maps of the same rows: hover, select, zoom, morph, all in the browser, one message to Python a gesture.

What a map needs travels in blocks that keep their name while their content stays (see `payload`). Each block has a
holder, a component that shows nothing and puts the block where the map's code finds it: Streamlit sends an unchanged
component as a reference of a few bytes, but re-sends all of a changed one. So a new colour sends the colours, a new
selection one bit a row, and the code itself travels once.

Other parts of the page can mark a row on both maps without Python, from the browser:
`document.dispatchEvent(new CustomEvent("latent-map:point", {detail: {memory: key, row}}))`, row -1 to stop.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import streamlit as st
from jaxtyping import Float, Int, Integer
from streamlit.components.v2 import component

from tvae.config import InputError
from tvae.ui.latent_map.payload import (
    Blob,
    geometry_blob,
    neighbours_blob,
    neighbours_that_fit,
    rows_to_text,
    sprite_sheet,
    text_to_rows,
    values_blob,
)

__all__ = [
    "CLASS_COLOURS",
    "Blob",
    "ColourBy",
    "MapSide",
    "MapState",
    "is_drawn",
    "latent_map",
    "load_map_code",
    "neighbours_blob",
    "neighbours_that_fit",
    "picked_on_map",
    "sprite_sheet",
]

CLASS_COLOURS = (
    "#3b7dd8",
    "#e69f00",
    "#009e73",
    "#d667a5",
    "#43b3e0",
    "#d1490c",
    "#8a63c9",
    "#a89a00",
    "#7f858c",
    "#a05c38",
)
"""Ten class colours after Okabe and Ito, the faint and the black ones replaced so that all show on light and dark.

Further classes start over; their names on the map tell them apart.
"""


@dataclass(frozen=True, kw_only=True)
class MapSide:
    """One of the two maps."""

    title: str
    """Shown in the badge, such as the arm's name."""
    colour: str
    """The arm's colour, as #rrggbb: badge, rings and lines."""
    positions: Float[np.ndarray, "n 2"]
    """Where each row lies, in the layout's own units."""
    caption: str = ""
    """Few words beside the badge: projection, epoch, checkpoint."""


@dataclass(frozen=True, kw_only=True)
class ColourBy:
    """One number a row and map, instead of the class, to colour by. NaN is drawn faint."""

    title: str
    left: Float[np.ndarray, " n"]
    right: Float[np.ndarray, " n"]
    unit: str = ""
    """What one is: 'share of neighbours', 'squared error per image'."""
    low: float | None = None
    high: float | None = None
    """Ends of the scale; `None` takes the values' own range over both maps."""
    ends: tuple[str, str] | None = None
    """Words for the two ends in place of numbers, such as ('right', 'wrong')."""


@dataclass(frozen=True)
class MapState:
    """What a person has picked. Give it back as `selection` and `focus` at the next run, on any page."""

    selection: Int[np.ndarray, " m"]
    """Selected rows, sorted."""
    focus: int | None
    """The row last clicked or walked to."""


def _text_of(*names: str) -> str:
    folder = Path(__file__).parent
    return "\n".join((folder / name).read_text(encoding="utf-8") for name in names)


_PARTS = (
    *("codec", "grid", "painter", "tiles", "images", "names", "marks", "panel", "chrome", "card", "picture"),
    *("hovering", "probe", "selecting", "views", "morph", "legend", "gestures", "tools", "latent_map"),
)
"""Files of the browser side, each one idea, put together as one module."""
_CODE = _text_of(*(f"{part}.js" for part in _PARTS)) + f"\nconst STYLE = {json.dumps(_text_of('latent_map.css'))};\n"
_VERSION = hashlib.sha256(_CODE.encode()).hexdigest()[:12]
_code = component(
    "tvae.latent_map_code", js=f"{_CODE}\noffer({json.dumps(_VERSION)});\nexport default function () {{}}\n"
)
_holder = component("tvae.latent_map_holder", js=_text_of("holder.js"))
_view = component("tvae.latent_map", js=_text_of("view.js"))


def latent_map(
    left: MapSide,
    right: MapSide,
    *,
    labels: Integer[np.ndarray, " n"],
    class_names: Sequence[str],
    sprites: Blob | None = None,
    neighbours: Blob | None = None,
    nearest: tuple[Integer[np.ndarray, "n k"], Integer[np.ndarray, "n k"]] | None = None,
    colour_by: ColourBy | None = None,
    palette: Sequence[str] = CLASS_COLOURS,
    selection: Integer[np.ndarray, " m"] | Sequence[int] | None = None,
    focus: int | None = None,
    aligned: bool = True,
    decode: bool = False,
    code_loaded: bool = False,
    ask_when_drawn: bool = False,
    key: str,
) -> MapState:
    """Draw the two maps and return what a person has picked on them.

    A gesture in the browser wins over `selection` and `focus` in the run that it causes; in every other run the
    arguments win. So a page keeps the returned state in its session and passes it in again.

    Args:
        left: the left map.
        right: the right map, the same rows in the same order.
        labels: class of each row, from 0 to len(class_names) - 1.
        class_names: what each class is called; any text, it is never read as HTML.
        sprites: thumbnails, from `sprite_sheet`.
        neighbours: nearest rows in each arm's latent space, from `neighbours_blob`: lines run to them on hovering.
        nearest: nearest rows of every row, as many as one likes: lines of the focused row run to all of its own.
        colour_by: numbers to colour by in place of the class.
        palette: colours of the classes as #rrggbb, started over when there are more classes.
        selection: rows to light up.
        focus: the row whose ring and lines stay.
        aligned: both layouts share one coordinate frame (the right one was aligned to the left); else each map is
            fitted to its own extent.
        decode: offer to decode the place under the pointer; `decoding_probe` of this key answers.
        code_loaded: `load_map_code` was called in this run already.
        ask_when_drawn: run the page again once the browser has drawn the maps (see `is_drawn`).
        key: names the component; keep it to keep zoom, hidden classes and selection.

    Raises:
        InputError: the arguments don't describe the same rows.
    """
    n = len(left.positions)
    _check(left, right, labels, len(class_names), colour_by)
    rows, row, gesture = _picked(key, n, selection, focus)

    data: dict[str, object] = {
        "version": _VERSION,
        "memory": key,
        "sides": [{"title": s.title, "colour": s.colour, "caption": s.caption} for s in (left, right)],
        "classes": [
            {"name": str(name), "colour": palette[index % len(palette)]} for index, name in enumerate(class_names)
        ],
        "aligned": aligned,
        "picked": {"rows": rows_to_text(rows, n), "focus": -1 if row is None else row, "gesture": gesture},
        "decode": decode,
        "focused": None if nearest is None or row is None else [side[row].tolist() for side in nearest],
        "tellWhenDrawn": ask_when_drawn and not is_drawn(key),
    }
    blobs: dict[str, Blob] = {"geometry": geometry_blob(left.positions, right.positions, labels)}
    if neighbours is not None:
        blobs["neighbours"] = neighbours
    if colour_by is not None:
        blobs["values"] = values_blob(colour_by.left, colour_by.right)
        data["scale"] = {
            "title": colour_by.title,
            "unit": colour_by.unit,
            "low": colour_by.low,
            "high": colour_by.high,
            "ends": colour_by.ends,
        }
    if sprites is not None:
        blobs["sprites"] = sprites
    data["blobs"] = {name: blob.id for name, blob in blobs.items()}

    with st.container(gap=None):
        _view(key=key, data=data)
        if not code_loaded:
            _code(key=f"{key}-code")
        for name, blob in blobs.items():
            _holder(key=f"{key}-{name}", data=blob.data)
    return MapState(rows, row)


def load_map_code() -> None:
    """Send the maps' code ahead of a page's controls, so that the browser reads it while the page is still at work."""
    _code(key="latent-map-code")


def is_drawn(key: str) -> bool:
    """Whether the browser has drawn the map `key` since it came onto the page: what may wait, waits for that."""
    state = st.session_state.get(key)
    return isinstance(state, dict) and state.get("drawn") is True


def picked_on_map(
    key: str, n: int, selection: Integer[np.ndarray, " m"] | Sequence[int] | None, focus: int | None
) -> MapState:
    """What `latent_map` will return in this run, for what must be worked out from it before the maps are drawn.

    Args:
        n: rows of the maps.
        selection: as it will be given to `latent_map`; so `focus`.
    """
    rows, row, _ = _picked(key, n, selection, focus)
    return MapState(rows, row)


def _picked(
    key: str, n: int, selection: Integer[np.ndarray, " m"] | Sequence[int] | None, focus: int | None
) -> tuple[Int[np.ndarray, " m"], int | None, int]:
    """Selected rows, the focused row and the number of the last gesture that they answer."""
    answered_key = f"{key}-answered"
    answered = st.session_state.get(answered_key, 0)
    state = st.session_state.get(key)
    sent = state.get("selection") if isinstance(state, dict) else None
    if isinstance(sent, dict) and isinstance(sent.get("gesture"), int) and sent["gesture"] != answered:
        st.session_state[answered_key] = answered = sent["gesture"]
        if sent.get("n") == n:  # else the gesture was made on other rows
            selection, focus = text_to_rows(sent.get("rows"), n), sent.get("focus")
    rows = np.unique(np.asarray([] if selection is None else selection, dtype=np.int64))
    rows = rows[(rows >= 0) & (rows < n)]
    return rows, focus if isinstance(focus, int) and 0 <= focus < n else None, answered


def _check(
    left: MapSide,
    right: MapSide,
    labels: Integer[np.ndarray, " n"],
    classes: int,
    colour_by: ColourBy | None,
) -> None:
    n = len(left.positions)
    for name, side in (("left", left), ("right", right)):
        if side.positions.shape != (n, 2) or n == 0:
            raise InputError(
                f"{name} map: positions of shape {side.positions.shape} are not possible; "
                f"both maps need the same rows, at least one, as ({n or 'n'}, 2)"
            )
        if not np.isfinite(side.positions).all():
            raise InputError(f"{name} map: some positions are not finite; project the rows again")
    if labels.shape != (n,) or labels.min() < 0 or labels.max() >= classes:
        raise InputError(f"labels: they must be {n} whole numbers from 0 to {classes - 1}, one for each row")
    if colour_by is not None and not colour_by.left.shape == colour_by.right.shape == (n,):
        raise InputError(f"colour by {colour_by.title}: each map needs {n} numbers, one for each row")
