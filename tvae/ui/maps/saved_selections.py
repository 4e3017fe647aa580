"""Shows the selections that a person saved, and the recent ones: bring back, save, rename, delete."""

from __future__ import annotations

import numpy as np
import streamlit as st

from tvae.data.selections import SavedSelections, Selection
from tvae.errors import InputError
from tvae.ui import session as state
from tvae.ui.maps.view_pair import Positions, ViewPair, selected_rows_csv
from tvae.ui.requests import answered, show_refusal
from tvae.ui.session import keys
from tvae.ui.style.captions import csv_name
from tvae.ui.style.escaping import as_text
from tvae.ui.style.reasons import reason_of

UNREADABLE = keys.saved_selection("unreadable")
PLACE = "saved-selections"
"""Place at which the drawer shows why a change was not made."""
NAME = keys.saved_selection("name")
LONGEST_TYPED = 40
"""Characters of a name that a field takes."""


def selections_of(pair: ViewPair) -> SavedSelections:
    """This person's saved selections of the images that the maps show."""
    return SavedSelections(pair.left.run.fingerprint, len(pair.labels), state.owner())


def saved_selections(pair: ViewPair) -> tuple[Selection, ...]:
    """The selections in the file; none, with a note at their place on the page, where the file can't be read."""
    try:
        return selections_of(pair).all()
    except InputError as error:
        state.write(UNREADABLE, reason_of(error))
        return ()


def show_saved_selections(
    pair: ViewPair, picks: state.Picks, saved: tuple[Selection, ...], names: tuple[str, ...], at: Positions
) -> None:
    """Show a field that saves the selection under a name, the saved selections and the recent ones."""
    st.markdown("## Saved selections")
    with st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
        st.text_input(
            "Name of this selection",
            key=NAME,
            max_chars=LONGEST_TYPED,
            placeholder="such as: open 4s",
            persist_state="session",
        )
        st.button(
            "Save",
            icon=":material/bookmark_add:",
            key=keys.saved_selection("save"),
            disabled=not len(picks.rows),
            help="Save the selected images under this name." if len(picks.rows) else "Select images on the maps first.",
            on_click=answered(_save, PLACE),
            args=(selections_of(pair), picks),
        )
    show_refusal(PLACE)
    if reason := state.take(UNREADABLE):
        st.warning(as_text(f"{reason}."))
    for selection in saved:
        _show_saved(selections_of(pair), selection, picks)
    if saved:
        st.download_button(
            "All saved as CSV",
            data=lambda: selected_rows_csv(_all_rows(saved), pair, names, at, saved),
            file_name=csv_name(f"tags-{pair.left.run.name}", pair.left.run),
            mime="text/csv",
            on_click="ignore",
            key=keys.saved_selection("csv"),
        )
    count = "Kept on the server for this browser alone, for all runs on these images; tables have the names as tags."
    st.caption(count if saved else f"None yet. {count}")
    _show_recent(pair, picks, names)


def _show_saved(store: SavedSelections, selection: Selection, picks: state.Picks) -> None:
    """One saved selection: a button that brings it back, and what can be done with it."""
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        st.button(
            as_text(f"{selection.name} ({len(selection.rows):,})"),
            key=keys.saved_selection("show", selection.name),
            help="Select these images again",
            on_click=answered(picks.replace),
            args=(selection.rows,),
            type="primary" if np.array_equal(selection.rows, picks.rows) else "secondary",
        )
        with st.popover("", icon=":material/more_horiz:", key=keys.saved_selection("more", selection.name)):
            field = keys.saved_selection("rename", selection.name)
            st.text_input("New name", value=selection.name, key=field, max_chars=LONGEST_TYPED)
            with st.container(horizontal=True):
                st.button(
                    "Rename",
                    key=keys.saved_selection("renamed", selection.name),
                    on_click=answered(lambda: store.rename(selection.name, state.read(field)), PLACE),
                )
                st.button(
                    "Delete",
                    key=keys.saved_selection("delete", selection.name),
                    on_click=answered(lambda: store.delete(selection.name), PLACE),
                )


def _show_recent(pair: ViewPair, picks: state.Picks, names: tuple[str, ...]) -> None:
    """The selections before this one, the newest first."""
    if not picks.recent:
        return
    st.markdown("**Recent selections**")
    with st.container(horizontal=True, gap="small"):
        for number, rows in enumerate(reversed(picks.recent)):
            commonest = names[int(np.bincount(pair.labels[rows], minlength=len(names)).argmax())]
            st.button(
                as_text(f"{len(rows):,}, most of class {commonest}" if len(rows) > 1 else f"row {rows[0]}"),
                key=keys.saved_selection("recent", str(number)),
                on_click=answered(picks.replace),
                args=(rows,),
            )


def _save(store: SavedSelections, picks: state.Picks) -> None:
    """Save the selection under the name in the field, and empty the field."""
    store.save(state.read(NAME) or "", picks.rows)
    state.write(NAME, "")


def _all_rows(saved: tuple[Selection, ...]) -> np.ndarray:
    return np.unique(np.concatenate([selection.rows for selection in saved]))
