"""The drawer beside the maps: the picked images, and tabs on the neighbourhoods."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np
import streamlit as st
from jaxtyping import Bool
from streamlit.elements.lib.mutable_tab_container import TabContainer

from tvae.ui import session as state
from tvae.ui.components.map_drawer import drawer_heading
from tvae.ui.maps.changes import show_changes
from tvae.ui.maps.linked_maps import map_key
from tvae.ui.maps.picked import Picked
from tvae.ui.maps.row_table import rows_in_question, show_row_table
from tvae.ui.maps.saved_selections import show_saved_selections
from tvae.ui.maps.selection import Images, show_picked
from tvae.ui.maps.sub_styles import show_sub_styles
from tvae.ui.maps.view_pair import Positions, ViewPair
from tvae.ui.session import keys

SELECTED, TABLE, FINDINGS = "Selected", "Table", "Findings"
TABS = (SELECTED, TABLE, FINDINGS)


def show_drawer(
    pair: ViewPair,
    picked: Picked,
    images: Images | None,
    at: Positions,
    margin: float,
    passes: Bool[np.ndarray, " n"],
) -> None:
    """Shows the tab that is open; what is in a closed one is neither computed nor drawn.

    Args:
        margin: of lost triplets.
        passes: rows that pass the filters.
    """
    picks, names, memory = picked.picks, pair.class_names, map_key(pair)
    selected, table, findings = _drawer_tabs(pair, picks, memory, passes)
    if selected.open:
        with selected:
            show_picked(pair, picks, names, images, at, memory, picked.saved, passes)
            show_saved_selections(pair, picks, picked.saved, names, at)
    if table.open:
        with table:
            rows, which = rows_in_question(picks, passes, pair.noun.many)
            show_row_table(pair, picks, images, rows, which, margin, memory)
    if findings.open:
        with findings:
            show_changes(pair, picks, names, images)
            show_sub_styles(pair, picks, names, images)


def _drawer_tabs(
    pair: ViewPair, picks: state.Picks, memory: str, passes: Bool[np.ndarray, " n"]
) -> Sequence[TabContainer]:
    """Draw the heading, and return a container for each of `TABS`, of which one is open.

    A gesture on the maps of the key `memory` opens the first of them, unless the table is open, which shows the picked
    rows too.

    Args:
        passes: rows that pass the filters.
    """
    rows = hashlib.sha256(picks.rows.tobytes()).hexdigest()[:8] if len(picks.rows) else ""
    picked = f"{rows} {'' if picks.focus is None else picks.focus}".strip()
    drawer_heading(_heading(pair, picks, passes), picked=picked, memory=memory)
    gesture = state.read(keys.map_answered(memory), 0)
    if not state.is_set(keys.DRAWER_TABS):
        state.write(keys.DRAWER_TABS, SELECTED if picked else FINDINGS)
    elif picked and gesture != state.read(keys.DRAWER_ANSWERED) and state.read(keys.DRAWER_TABS) != TABLE:
        state.write(keys.DRAWER_TABS, SELECTED)
    state.write(keys.DRAWER_ANSWERED, gesture)
    return st.tabs(TABS, key=keys.DRAWER_TABS, on_change="rerun")


def drawer_waits(reason: str = "") -> None:
    """Draw the drawer while there is nothing to show in it yet."""
    st.markdown(f":gray[{reason or 'Comparing the neighbourhoods …'}]")


def _heading(pair: ViewPair, picks: state.Picks, passes: Bool[np.ndarray, " n"]) -> str:
    """Number of picked images, and of those of them that pass the filters, in the words of the maps."""
    image = "" if picks.focus is None else f"Row {picks.focus}, class {pair.class_names[pair.labels[picks.focus]]}"
    if len(picks.rows) > 1 or (len(picks.rows) == 1 and picks.rows[0] != picks.focus):
        shown = int(passes[picks.rows].sum())
        count = f"{len(picks.rows):,} selected" + (f", {shown:,} shown" if shown < len(picks.rows) else "")
        return f"{count}; {image[0].lower()}{image[1:]}" if image else count
    return image or "Nothing selected"
