"""Linked maps of the same rows (Python, JavaScript, CSS).

What a map needs travels in blocks that keep their name while their content stays (see `payload`). Each block has a
holder, a component that shows nothing and puts the block where the map's code finds it: Streamlit sends an unchanged
component as a reference of a few bytes, but re-sends all of a changed one. So a new colour sends the colours, a new
selection one bit a row, and the code itself travels once.

Other parts of the page can mark a row on all maps without Python, from the browser:
`document.dispatchEvent(new CustomEvent("latent-map:point", {detail: {memory: key, row}}))`, row -1 to stop.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import streamlit as st
from jaxtyping import Int, Integer
from streamlit.components.v2 import component

from tvae.figures.colours import class_colours, class_groups
from tvae.linked_map.browser_code import CODE, CODE_VERSION, SHELF
from tvae.linked_map.contents import ColourBy, Filtering, MapSide, MapState, map_contents
from tvae.linked_map.filter_columns import FilterColumn, Filters, filters_of_settings
from tvae.linked_map.payload import Blob, text_to_rows
from tvae.ui import session as state
from tvae.ui.address.map_views import are_classes, is_view
from tvae.ui.session import keys

_FOLDER = Path(__file__).parent
_code = component(
    "tvae.latent_map_code", js=f"{CODE}\noffer({json.dumps(CODE_VERSION)});\nexport default function () {{}}\n"
)
_holder = component("tvae.latent_map_holder", js=f"{SHELF}\n{(_FOLDER / 'holder.js').read_text(encoding='utf-8')}")
_view = component("tvae.latent_map", js=f"{SHELF}\n{(_FOLDER / 'view.js').read_text(encoding='utf-8')}")


def latent_map(
    *sides: MapSide,
    labels: Integer[np.ndarray, " n"],
    class_names: Sequence[str],
    sprites: Blob | None = None,
    neighbours: Blob | None = None,
    nearest: tuple[Integer[np.ndarray, "n k"], Integer[np.ndarray, "n k"]] | None = None,
    colour_by: ColourBy | None = None,
    selection: Integer[np.ndarray, " m"] | Sequence[int] | None = None,
    focus: int | None = None,
    aligned: bool = True,
    facts: Mapping[str, str] | None = None,
    filtering: Filtering | None = None,
    decode: bool = False,
    only: Int[np.ndarray, " m"] | None = None,
    code_loaded: bool = False,
    ask_when_drawn: bool = False,
    key: str,
) -> MapState:
    """Draw one map to six side by side and return what a person has picked on them.

    A gesture in the browser wins over `selection` and `focus` in the run that it causes; in every other run the
    arguments win. So a page keeps the returned state in its session and passes it in again.

    Args:
        sides: the maps, of the same rows in the same order.
        labels: class of each row, from 0 to len(class_names) - 1.
        class_names: what each class is called; any text, it is never read as HTML.
        sprites: thumbnails, from `sprite_sheet`.
        neighbours: nearest rows in the latent spaces of the first two, from `neighbours_blob`: lines run to them on
            hovering.
        nearest: nearest rows of every row, any number: the focused row has lines to all of its own.
        colour_by: numbers to colour by in place of the class.
        selection: rows to light up.
        focus: the row whose ring and lines stay.
        aligned: the layouts share one coordinate frame (they were aligned to the first); else each map is fitted to
            its own extent.
        facts: text fields of a saved PNG, by name; "Title" is written below the maps too.
        filtering: what the rows can be filtered by beside the maps, and what passes (see `filtered_on_map`).
        decode: offer to decode the place under the pointer; `decoding_probe` of this key answers.
        only: the rows that are shown; without it all of them.
        code_loaded: `load_map_code` was called in this run already.
        ask_when_drawn: run the page again once the browser has drawn the maps (see `is_drawn`).
        key: names the component; keep it to keep zoom, hidden classes and selection.

    Raises:
        InputError: the arguments don't describe the same rows, or there are too many maps.
    """
    _note_ignored_parameters(len(class_names))
    n = len(labels)
    rows, row, gesture = _picked(key, n, selection, focus)
    contents = map_contents(
        *sides,
        labels=labels,
        class_names=class_names,
        colours=class_colours(len(class_names)),
        groups=class_groups(len(class_names)),
        state=MapState(rows, row),
        sprites=sprites,
        neighbours=neighbours,
        nearest=nearest,
        colour_by=colour_by,
        aligned=aligned,
        facts=facts,
        only=only,
        filtering=filtering,
    )
    data = {
        **contents.settings,
        "picked": {**contents.settings["picked"], "gesture": gesture},
        "filtersGesture": state.read(keys.map_filtered(key), 0),
        "memory": key,
        "decode": decode,
        "tellWhenDrawn": ask_when_drawn and not is_drawn(key),
    }
    with st.container(gap=None):
        _view(key=key, data=data)
        if not code_loaded:
            _code(key=keys.map_part(key, "code"))
        for name, blob in contents.blobs.items():
            _holder(key=keys.map_part(key, name), data=blob.data)
    return MapState(rows, row)


def _note_ignored_parameters(n_classes: int) -> None:
    """Note the invalid parameters among those that only the browser reads; it leaves them out of the address."""
    for name in keys.IN_BROWSER:
        text = state.requested_text(name)
        if text and not (are_classes(text, n_classes) if name == keys.HIDDEN else is_view(text)):
            wanted = f"numbers of classes below {n_classes}" if name == keys.HIDDEN else "zoom_x_y, three numbers"
            state.note(name, f"{name} can't be {text[:40]!r} here; it must be {wanted}.")


def load_map_code() -> None:
    """Send the maps' code ahead of a page's controls, so that the browser reads it while the page is still at work."""
    _code(key=keys.MAP_CODE)


def is_drawn(key: str) -> bool:
    """Whether the browser has drawn the map `key` since it came onto the page; slow parts of a page wait for that."""
    browser_state = state.read(key)
    return isinstance(browser_state, dict) and browser_state.get("drawn") is True


def picked_on_map(
    key: str, n: int, selection: Integer[np.ndarray, " m"] | Sequence[int] | None, focus: int | None
) -> MapState:
    """Picked rows that `latent_map` will return in this script run, for computations before the maps are drawn.

    Args:
        n: rows of the maps.
        selection: as it will be given to `latent_map`; so `focus`.
    """
    rows, row, _ = _picked(key, n, selection, focus)
    return MapState(rows, row)


def filters_are_open(key: str) -> bool:
    """Whether the panel of filters has been opened beside the map `key`: its columns are sent from then on."""
    browser_state = state.read(key)
    return isinstance(browser_state, dict) and browser_state.get("filtersOpen") is True


def filtered_on_map(key: str, n: int, columns: Sequence[FilterColumn]) -> tuple[Filters, frozenset[int]] | None:
    """Filters and hidden classes that a person has set beside the map since the last call; None where none were.

    Args:
        n: rows of the maps.
        columns: those that `latent_map` was given; a filter by another one is left out.
    """
    in_browser = state.read(key)
    change = in_browser.get("filters") if isinstance(in_browser, dict) else None
    if not isinstance(change, dict) or not isinstance(change.get("gesture"), int):
        return None
    if change["gesture"] == state.read(keys.map_filtered(key), 0):
        return None
    state.write(keys.map_filtered(key), change["gesture"])
    if change.get("n") != n:  # made on other rows
        return None
    hidden = change.get("hidden")
    classes = frozenset(c for c in hidden if isinstance(c, int)) if isinstance(hidden, list) else frozenset[int]()
    return filters_of_settings(columns, change.get("passing")), classes


def _picked(
    key: str, n: int, selection: Integer[np.ndarray, " m"] | Sequence[int] | None, focus: int | None
) -> tuple[Int[np.ndarray, " m"], int | None, int]:
    """Selected rows, the focused row and the number of the last gesture that they answer."""
    answered = state.read(keys.map_answered(key), 0)
    in_browser = state.read(key)
    gesture = in_browser.get("selection") if isinstance(in_browser, dict) else None
    if isinstance(gesture, dict) and isinstance(gesture.get("gesture"), int) and gesture["gesture"] != answered:
        answered = gesture["gesture"]
        state.write(keys.map_answered(key), answered)
        if gesture.get("n") == n:  # else the gesture was made on other rows
            selection, focus = text_to_rows(gesture.get("rows"), n), gesture.get("focus")
    rows = np.unique(np.asarray([] if selection is None else selection, dtype=np.int64))
    rows = rows[(rows >= 0) & (rows < n)]
    return rows, focus if isinstance(focus, int) and 0 <= focus < n else None, answered
