"""Own data sets and those that others share: choose one, share it, remove it, bring it back."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pandas as pd
import streamlit as st

from tvae.data.own import OwnDataset
from tvae.errors import InputError
from tvae.system.owner import is_owner
from tvae.ui import session as state
from tvae.ui.own_files.left_out import show_left_out
from tvae.ui.requests import answered, request, show_refusal
from tvae.ui.session import keys
from tvae.ui.style.escaping import as_text
from tvae.ui.style.sentences import with_capital
from tvae.ui.your_data.source import library
from tvae.ui.your_data.training import show_training

PLACE = "own-data"
"""Place at which the page shows why a data set was not changed."""


def chosen_data_set(datasets: list[OwnDataset]) -> OwnDataset | None:
    """The data set that was kept or ticked last, else the newest; None where there is none."""
    name = state.read(keys.DATA_SET)
    by_age = sorted(datasets, key=lambda dataset: dataset.created, reverse=True)
    return next((dataset for dataset in datasets if dataset.name == name), next(iter(by_age), None))


def show_data_set(dataset: OwnDataset) -> None:
    """Show the content of a data set, its training, and for its owner the buttons that share and remove it."""
    mine = is_owner(state.owner(), dataset.owner)
    st.markdown(f"## Train on {as_text(dataset.name)}")
    st.markdown(
        f"**{dataset.count:,} images** ({', '.join(f'{count:,} {split}' for split, count in dataset.counts.items())})"
        f" in **{len(dataset.class_counts):,} {'class' if len(dataset.class_counts) == 1 else 'classes'}** by"
        f" {as_text(dataset.label_columns[0])}, {_size_in_words(dataset)}"
    )
    _show_notions(dataset)
    show_training(dataset)
    with st.container(horizontal=True):
        _show_how_it_was_kept(dataset)
        if not mine:
            st.caption("Somebody else's, shared: only its owner can change it.")
            return
        st.button(
            "Make it private" if dataset.shared else "Share",
            key=keys.of_data_set("share", dataset.name),
            icon=":material/lock:" if dataset.shared else ":material/group:",
            on_click=request,
            args=(PLACE, library().share, dataset.name, not dataset.shared, state.owner()),
            help="Everybody on this server can then train on it, see its images and open its runs.",
        )
        st.button(
            "Remove",
            key=keys.of_data_set("remove", dataset.name),
            icon=":material/delete:",
            on_click=request,
            args=(PLACE, library().remove, dataset.name, state.owner()),
            help="Can be undone below for a day. Its runs stay, without its images.",
        )


def _show_notions(dataset: OwnDataset) -> None:
    """Show the label columns with the number of their classes; nothing where there is only one."""
    if len(dataset.label_columns) < 2:
        return
    try:
        counts = {name: len(values) for name, values in library().values(dataset).items()}
    except InputError:  # the images can't be read either, which is said below
        return
    columns = ", ".join(f"{name} ({count:,} {'class' if count == 1 else 'classes'})" for name, count in counts.items())
    st.caption(
        f"{len(counts)} kinds of labels: {as_text(columns)}. Here it is trained on the first. Under **Train a run** in "
        "the sidebar it can be trained on another, or on several at once; under **Judged by** every page can judge a "
        "run by each of them."
    )


def _show_how_it_was_kept(dataset: OwnDataset) -> None:
    with st.popover("How it was kept"):
        st.caption(as_text(f"From {dataset.source}, {dataset.kind}."))
        for note in dataset.notes:
            st.caption(as_text(f"{with_capital(note)}."))
        show_left_out(dataset.left_out, dataset.left_out_named)
        st.caption(f"Fingerprint SHA-256 {dataset.fingerprint[:16]}…")


def show_list(datasets: list[OwnDataset]) -> None:
    """Show the table of data sets, and buttons that bring removed ones back."""
    show_refusal(PLACE)
    if datasets:
        st.markdown("## All your data sets")
        names = [dataset.name for dataset in datasets]
        st.dataframe(
            pd.DataFrame([_row(dataset) for dataset in datasets]),
            hide_index=True,
            on_select=answered(lambda: _take_tick(names)),
            selection_mode="single-row",
            key=keys.DATA_TABLE,
            column_config={
                "Name": st.column_config.TextColumn(pinned=True),
                "Images": st.column_config.NumberColumn(format="localized"),
                "Disk, MB": st.column_config.NumberColumn(format="%.1f"),
            },
        )
        used = library().disk_used(state.owner()) / 2**20
        st.caption(f"Tick one to train on it, share it or remove it. Yours take {used:,.1f} MB of this server's disk.")
    for dataset in library().removed(state.owner()):
        words, back = st.columns([5, 1], vertical_alignment="center")
        words.caption(f"{as_text(dataset.name)} was removed.")
        back.button(
            "Undo",
            key=keys.of_data_set("restore", f"{dataset.name}-{dataset.fingerprint[:8]}"),
            on_click=request,
            args=(PLACE, library().restore, dataset.name, state.owner()),
            width="stretch",
        )


def _take_tick(names: list[str]) -> None:
    """Choose the data set of the ticked row."""
    rows = state.read(keys.DATA_TABLE)["selection"]["rows"]
    if rows and rows[0] < len(names):
        state.write(keys.DATA_SET, names[rows[0]])


def _row(dataset: OwnDataset) -> dict[str, Any]:
    mine = is_owner(state.owner(), dataset.owner)
    return {
        "Name": dataset.name,
        "Images": dataset.count,
        "Size": _size_in_words(dataset),
        "Classes": len(dataset.class_counts),
        "Disk, MB": dataset.size / 2**20,
        "Access": ("shared" if dataset.shared else "private") if mine else "shared by another",
        "Kept": _date(dataset.created),
    }


def _size_in_words(dataset: OwnDataset) -> str:
    height, width, channels = dataset.image_shape
    return f"{width}\u00a0×\u00a0{height}, {'grey' if channels == 1 else 'colour'}"


def _date(created: str) -> str:
    return f"{datetime.fromisoformat(created):%-d %b %Y}"
