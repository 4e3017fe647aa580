"""Embeddings that are kept: a link to their maps, remove them, bring them back."""

from __future__ import annotations

import contextlib

import streamlit as st

from tvae.errors import InputError
from tvae.runs.embeddings.folder import Embeddings, is_embeddings_folder, read_embeddings
from tvae.ui import cached
from tvae.ui import session as state
from tvae.ui.page_links import map_link
from tvae.ui.requests import request, show_refusal
from tvae.ui.session import keys
from tvae.ui.style.escaping import as_text

PLACE = "own-embeddings"
"""Place at which the page shows why embeddings were not removed."""


def show_kept() -> None:
    """Show the embeddings that this person may see, the newest first, and buttons that bring removed ones back."""
    kept: list[Embeddings] = []
    for folder in cached.shown_folders().values():
        if is_embeddings_folder(folder):
            with contextlib.suppress(InputError):
                kept.append(read_embeddings(folder))
    show_refusal(PLACE)
    if kept:
        st.markdown("## Your comparisons")
    for each in sorted(kept, key=lambda each: each.record.created, reverse=True):
        _show_one(each)
    jobs, me = cached.jobs(), state.owner()
    for name in jobs.trash.deleted_embeddings(me):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.caption(f"{as_text(name)} was removed.", width=300)
            st.button(
                "Undo",
                key=keys.undelete(name),
                on_click=request,
                args=(PLACE, jobs.trash.undelete, name, me),
            )


def _show_one(embeddings: Embeddings) -> None:
    jobs, me, record = cached.jobs(), state.owner(), embeddings.record
    titles = " against ".join(f"{given.title} ({given.columns:,})" for given in embeddings.config.arms.values())
    classes = f"{len(record.class_names):,} classes" if record.labelled else "no labels"
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"**{as_text(embeddings.name)}**  \n{as_text(titles)}, n = {record.n:,}, {classes}", width=420)
        map_link("Open on the latent map", run=embeddings.name)
        if jobs.may_control(embeddings.name, me):
            st.button(
                "Remove",
                key=keys.of_data_set("remove", embeddings.name),
                icon=":material/delete:",
                on_click=request,
                args=(PLACE, jobs.trash.delete, embeddings.name, me),
                help="Can be undone below for a day.",
            )
