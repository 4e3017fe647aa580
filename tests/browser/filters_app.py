"""A page with the maps and their filters, on made-up rows whose columns a test can count."""

from __future__ import annotations

import numpy as np
import streamlit as st

from tvae.linked_map.contents import Filtering, MapSide
from tvae.linked_map.filter_columns import FilterColumn, range_column, value_column
from tvae.ui import session as state
from tvae.ui.components.latent_map import filtered_on_map, filters_are_open, latent_map

ROWS = 10_000
NAMES = tuple(f"class {letter}" for letter in "abcdefghij")
NOTION = "kind"


def columns() -> tuple[list[FilterColumn], list[FilterColumn]]:
    """Filter columns of the maps and of the rows: numbers, some missing, four values, a thousand, dates, booleans."""
    rng = np.random.default_rng(2)
    across = layouts()[0][:, 0]
    some = rng.normal(size=ROWS)
    some[::10] = np.nan
    days = tuple(f"2024-{1 + day // 28:02d}-{1 + day % 28:02d}" for day in range(200))
    measures = [
        range_column("error", "Error", rng.gamma(2, 5, ROWS), unit="squared error", colour="#2f6db5"),
        range_column("across", "Across", across),
        range_column("some", "Some", some),
        value_column("wrong", "Wrong", ("neither", "left", "right", "both"), rng.integers(0, 4, ROWS)),
        range_column("constant", "Constant", np.ones(ROWS)),
    ]
    own = [
        value_column("own-who", "who", tuple(f"<b>person</b> {i}" for i in range(1000)), rng.integers(0, 1000, ROWS)),
        value_column("own-day", "day", days, rng.integers(0, 200, ROWS)),
        value_column("own-flag", "flag", ("False", "True"), (rng.random(ROWS) < 0.3).astype(np.int64)),
    ]
    return [c for c in measures if c is not None], [c for c in own if c is not None]


def layouts() -> tuple[np.ndarray, np.ndarray]:
    """Left and right layout: ten round clouds of points, and the same with the axes exchanged."""
    rng = np.random.default_rng(4)
    angle = labels() / len(NAMES) * 2 * np.pi
    centres = 5 * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    left = (centres + rng.normal(size=(ROWS, 2))).astype(np.float32)
    return left, left[:, ::-1].copy()


def labels() -> np.ndarray:
    """Class of each row, the first ones the most frequent."""
    return np.sort(np.random.default_rng(6).integers(0, len(NAMES), ROWS))


def page() -> None:
    """Draw the maps and print what Python knows of the filters."""
    st.set_page_config(layout="wide", initial_sidebar_state="collapsed")
    measures, own = columns()
    filters = state.map_filters("made", NOTION)
    opened = filters_are_open("map")
    change = filtered_on_map("map", ROWS, [*measures, *own])
    if change is not None:
        filters.filters, filters.hidden = change
        st.session_state["changes"] = st.session_state.get("changes", 0) + 1
    state.put_map_filters_in_address(filters)
    left, right = layouts()
    picked = latent_map(
        MapSide(title="VAE", colour="#2f6db5", positions=left),
        MapSide(title="TVAE", colour="#d9772b", positions=right),
        labels=labels(),
        class_names=NAMES,
        filtering=Filtering(
            measures=measures if opened or filters.filters else [],
            labels=own if opened or filters.filters else [],
            notion=NOTION,
            filters=filters.filters,
            hidden=filters.hidden,
            constant=["site (A)"],
        ),
        selection=st.session_state.get("rows"),
        key="map",
    )
    st.session_state["rows"] = picked.selection
    st.text(f"passing {filters.passing([*measures, *own], labels()).sum()}")
    st.text(f"changes {st.session_state.get('changes', 0)}")
    st.text(f"selected {len(picked.selection)}")
    st.button("again")


if __name__ == "__main__":
    page()
