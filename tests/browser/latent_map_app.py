"""A page with only the map, on made-up rows whose position, class and image a test can compute."""

from __future__ import annotations

import numpy as np
import streamlit as st

from tvae.linked_map.contents import ColourBy, MapSide
from tvae.linked_map.payload import neighbours_blob, sprite_sheet
from tvae.ui.components.decoding_probe import Decoded, decoding_probe
from tvae.ui.components.latent_map import latent_map

SIDE = 20
ROWS = SIDE * SIDE
NAMES = ["zero", "one", "<b>two</b>", "three"]
CHOSEN = [7, 8, 9]
"""Rows that Python selects where it is asked to."""
MANY_NAMES = [f"class {letter}" for letter in "abcdefghijklmnopqrstuvwxyz"]


def layouts() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Left, right and third layout: the same even grid, with the rows in a different order on each."""
    across, up = np.meshgrid(np.arange(SIDE), np.arange(SIDE))
    grid = np.stack([across.ravel(), up.ravel()], axis=1).astype(np.float32)
    order = np.random.default_rng(7)
    return grid, grid[order.permutation(ROWS)], grid[order.permutation(ROWS)]


def further_layout(number: int) -> np.ndarray:
    """The layout of the map with this number, from 2 on: the same grid in yet another order."""
    return layouts()[0][np.random.default_rng(number).permutation(ROWS)]


def labels() -> np.ndarray:
    """Class by quarter of the left layout: 0 and 1 below, 2 and 3 above."""
    left = layouts()[0]
    return (left[:, 0] >= SIDE / 2).astype(np.int64) + 2 * (left[:, 1] >= SIDE / 2)


def images() -> np.ndarray:
    """A different image for each row."""
    return np.random.default_rng(3).integers(0, 256, (ROWS, 8, 8, 1)).astype(np.uint8)


def neighbours() -> tuple[np.ndarray, np.ndarray]:
    """Made-up neighbours, five a row, out of the eight rows after it: two to five of them are shared."""
    rng = np.random.default_rng(11)
    picks = [np.stack([rng.permutation(8)[:5] for _ in range(ROWS)]) + 1 for _ in range(2)]
    rows = np.arange(ROWS)[:, None]
    return (rows + picks[0]) % ROWS, (rows + picks[1]) % ROWS


def answered(place: tuple[float, float]) -> list[Decoded]:
    """Made-up decoded images, whose values give the decoded position."""
    x, y = place
    return [
        Decoded(np.full((4, 4, 1), 200, np.uint8), f"{x:.1f} {y:.1f}"),
        Decoded(np.full((4, 4, 3), (50, 120, 250), np.uint8), "", True),
    ]


def page() -> None:
    """Draw the map and print what Python knows of it."""
    st.set_page_config(layout="wide")
    left, right, third = layouts()
    recolour = st.checkbox("recolour")
    project = st.checkbox("project")
    if st.checkbox("leave"):
        st.text("away")
        return
    decode = "decode" in st.query_params
    if "choose" in st.query_params and st.button("choose"):
        st.session_state["rows"] = CHOSEN
    ranks = np.arange(ROWS, dtype=np.float32)
    count = int(st.query_params.get("maps", "2"))
    sides = [
        MapSide(title="VAE", colour="#2f6db5", positions=third if project else left, caption="first"),
        MapSide(title="TVAE", colour="#d9772b", positions=right, caption="second"),
        *(MapSide(title=f"map {i}", colour="#777777", positions=further_layout(i)) for i in range(2, count)),
    ]
    state = latent_map(
        *sides[:count],
        labels=np.arange(ROWS) % len(MANY_NAMES) if "many" in st.query_params else labels(),
        class_names=MANY_NAMES if "many" in st.query_params else NAMES,
        sprites=sprite_sheet(images()),
        neighbours=neighbours_blob(*neighbours()),
        colour_by=ColourBy(title="Rank", left=ranks, right=ranks[::-1], further=[ranks] * (count - 2), unit="rows")
        if recolour
        else None,
        selection=st.session_state.get("rows"),
        focus=st.session_state.get("focus"),
        facts={"Title": "Two made-up layouts, n = 400", "Run": "übung"},
        decode=decode,
        only=np.arange(ROWS)[labels() == 0] if "only" in st.query_params else None,
        key="map",
    )
    st.session_state["rows"], st.session_state["focus"] = state.selection, state.focus
    st.text(f"rows {state.selection.tolist()}")
    st.text(f"left is {'third' if project else 'first'}")
    st.text(f"focus {state.focus}")
    if decode:
        decoding_probe(answered, memory="map")


if __name__ == "__main__":
    page()
