"""Shows how neighbourhoods change between the maps, and the images that changed most and least."""

from __future__ import annotations

import numpy as np
import streamlit as st

from tvae.figures.bars import change_histogram
from tvae.figures.image_grid import GridRow
from tvae.ui import session as state
from tvae.ui.images.image_grid import show_grid_within
from tvae.ui.maps.findings import show_findings
from tvae.ui.maps.selection import ROOM, Images
from tvae.ui.maps.view_pair import ViewPair, rows_between
from tvae.ui.requests import answered
from tvae.ui.session import keys
from tvae.ui.style.escaping import as_text

EXTREMES = 6
"""Number of rows in the lists of the most and the least changed."""
WHOLE = (0.0, 1.0)


def show_changes(pair: ViewPair, picks: state.Picks, names: tuple[str, ...], images: Images | None) -> None:
    """Shows what is worth a look, how much changed, and where most and least."""
    st.markdown("## What changed")
    if pair.same:
        st.caption(
            "Both maps show one and the same latent space: its neighbourhoods are the same, only the maps differ."
        )
        return
    show_findings(pair, picks, names, images)
    _show_range(pair, picks)
    _show_extremes(pair, picks, images)


def _show_range(pair: ViewPair, picks: state.Picks) -> None:
    """The histogram of changes, and the slider that selects by it."""
    changes = pair.changes
    source = f"{keys.CHANGE_RANGE} {pair.key} {pair.k}"
    _reset_unless(source, picks, keys.CHANGE_RANGE, WHOLE)
    low, high = state.read(keys.CHANGE_RANGE)
    st.html(change_histogram(changes.change, low, high, pair.noun.many))
    st.slider(
        f"Select {pair.noun.many} by their change",
        0.0,
        1.0,
        step=0.05,
        key=keys.CHANGE_RANGE,
        persist_state="session",
        on_change=answered(_select_range),
        args=(picks, changes.change, source),
    )
    st.caption(
        f"Neighbourhood change: 1 − shared / all, of {pair.noun.a}'s {pair.k} nearest in {as_text(pair.left.title)} "
        f"and its {pair.k} nearest in {as_text(pair.right.title)}, itself left out: 0 all shared, 1 none. "
        f"n = {len(pair.labels):,}, mean {changes.change.mean(dtype=np.float64):.3f}."
    )


def _reset_unless(source: str, picks: state.Picks, key: str, value: object) -> None:
    """Reset a control to `value` unless the selection was made by it."""
    if picks.source != source or not state.is_set(key):
        state.write(key, value)


def _select_range(picks: state.Picks, change: np.ndarray, source: str) -> None:
    """Select the rows in the slider's range; the whole scale selects none."""
    low, high = state.read(keys.CHANGE_RANGE)
    picks.replace(np.zeros(0, np.int64) if (low, high) == WHOLE else rows_between(change, low, high), source)


def _show_extremes(pair: ViewPair, picks: state.Picks, images: Images | None) -> None:
    """The rows that changed most and least."""
    changes = pair.changes
    count = min(EXTREMES, len(changes.change))
    for title, rows in (("most", changes.most_changed(count)), ("least", changes.least_changed(count))):
        if images is not None:
            row = GridRow(label="", images=images[rows])
            show_grid_within([row], f"The {title} changed: rows {', '.join(map(str, rows))}", ROOM)
        low, high = (f"{change:.2f}" for change in (changes.change[rows].min(), changes.change[rows].max()))
        st.caption(f"The {title} changed: {low if low == high else f'{low} to {high}'}.")
        st.button(
            f"Show the {count} {title} changed on the maps",
            key=keys.show_changed(title),
            on_click=answered(picks.replace),
            args=(rows,),
        )
