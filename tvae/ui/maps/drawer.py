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
from tvae.ui.maps.view_pair import ViewPair
from tvae.ui.session import keys

SELECTED, TABLE, FINDINGS = "Selected", "Table", "Findings"
TABS = (SELECTED, TABLE, FINDINGS)


def drawer_tabs(
    pair: ViewPair, picks: state.Picks, memory: str, passes: Bool[np.ndarray, " n"]
) -> Sequence[TabContainer]:
    """Draw the heading, and return a container for each of `TABS`, of which one is open.

    What is in a closed one is seen by nobody: it is neither computed nor drawn.

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
