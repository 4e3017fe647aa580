"""Fields to upload embeddings, what was understood of them, and the button that keeps them."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from tvae.errors import InputError
from tvae.figures.image_grid import GridRow
from tvae.runs.available import shown_folders
from tvae.runs.embeddings.adding import LONGEST_TITLE, Understood, arm_ids
from tvae.runs.embeddings.folder import check_name
from tvae.runs.embeddings.reading import Column
from tvae.system.user_folders import runs_folder
from tvae.ui import session as state
from tvae.ui.embeddings.brought import Brought, Upload, intake
from tvae.ui.images.image_grid import show_grid_within
from tvae.ui.own_files.progress import show_progress
from tvae.ui.requests import answered
from tvae.ui.session import keys
from tvae.ui.style.escaping import as_text
from tvae.ui.style.reasons import reason_of
from tvae.ui.style.sentences import with_capital

KEEP: Any = {"persist_state": "session"}
WHAT_IT_IS = """
Vectors of the **same rows in the same order** from two models of your own, such as SimCLR against CLIP, open like the
two arms of a run:

- **Latent map**: both spaces side by side, and which rows left their neighbours
- **Triplets**: exact triplet accuracy at any margin, class by class

**.npz**, **.npy** or **parquet**, with a vector a row. Arrays or columns called `labels` and `images` are taken too.
The vectors may have different lengths: 512 against 128.
"""
ROOM, MOST_SHOWN = 500, 12
"""Screen pixels of the images, and images that are shown."""


def show_embeddings(left: DeltaGenerator, right: DeltaGenerator) -> None:
    """Show the fields on the left, and on the right what was understood, or what embeddings are for."""
    with left:
        _show_fields()
    brought = intake().brought
    with right:
        if brought is None:
            st.markdown(WHAT_IT_IS)
        else:
            _show_brought(brought)


def _show_fields() -> None:
    st.file_uploader("First embedding, or both in one file", key=keys.EMBEDDINGS_A, on_change=answered(_take))
    st.file_uploader("Second embedding", key=keys.EMBEDDINGS_B, on_change=answered(_take))
    more = st.expander("Labels or images in files of their own", key=keys.EMBEDDINGS_MORE)
    with more:
        st.file_uploader(
            "Labels", key=keys.EMBEDDINGS_LABELS, on_change=answered(_take), help="An .npz, .npy or parquet file."
        )
        st.file_uploader(
            "Images",
            key=keys.EMBEDDINGS_IMAGES,
            on_change=answered(_take),
            help="In the order of the rows: a zip of pictures, 2.png before 10.png, an .npz or parquet.",
        )
    if refusal := intake().refusal:
        st.error(as_text(f"{refusal}."))


def _take() -> None:
    """Take the files that are in the fields now."""
    first, second = _upload(keys.EMBEDDINGS_A), _upload(keys.EMBEDDINGS_B)
    vectors = [upload for upload in (first, second) if upload is not None]
    intake().take(vectors, _upload(keys.EMBEDDINGS_LABELS), _upload(keys.EMBEDDINGS_IMAGES))


def _upload(key: str) -> Upload | None:
    upload = state.read(key)
    return None if upload is None else (upload.name, upload.getvalue())


def _show_brought(brought: Brought) -> None:
    """Show how far the work on the files is, what was understood of them, or why they can't be taken."""
    if show_progress(brought.task, keys.DATA_CANCEL, "Nothing is kept then."):
        return
    if brought.keeping is not None and brought.keeping.result is not None:
        state.choose_run(brought.keeping.result.name)
        intake().drop()
        st.rerun()  # the sidebar, which was drawn before, offers it too
    if brought.awaits_second:
        st.info(as_text(f"{brought.paths[0].name} holds one embedding. Now bring the second one, of the same rows."))
        return
    if not _choose_columns(brought):
        return
    task, understood = brought.task, brought.looking.result
    if task.error:
        st.error(as_text(f"{task.error}."))
    elif task.cancelled:
        st.info("Cancelled. Nothing was kept.")
    if understood is not None:
        _show_understood(brought, understood)


def _choose_columns(brought: Brought) -> bool:
    """Draw the choice of the vectors where the files hold several tables of them; returns whether it is made."""
    candidates = brought.candidates()
    if not candidates:
        return True
    chosen = brought.chosen()
    if not chosen:
        st.info("There are several tables of vectors. Choose the two to compare.")
    boxes = st.container(horizontal=True)
    for place, (word, columns) in enumerate(zip(("First", "Second"), candidates, strict=True)):
        names = [column.key for column in columns]
        start = chosen[place] if chosen else names[place if len(brought.paths) == 1 else 0]
        boxes.selectbox(
            f"{word} vectors",
            names,
            names.index(start),
            format_func={column.key: _described(column) for column in columns}.__getitem__,
            key=keys.embeddings(f"column-{place}", brought.number),
            on_change=answered(lambda: _choose(brought)),
            **KEEP,
        )
    if not chosen:
        st.button(
            "Take these", key=keys.embeddings("take", brought.number), on_click=answered(lambda: _choose(brought))
        )
    return bool(chosen)


def _described(column: Column) -> str:
    return f"{column.key}: {column.form}"


def _choose(brought: Brought) -> None:
    brought.choose([state.read(keys.embeddings(f"column-{place}", brought.number)) for place in range(2)])


def _show_understood(brought: Brought, understood: Understood) -> None:
    """Show rows, dimensions, classes and images, and the fields and the button that keep them."""
    classes = f"**{len(understood.class_names):,} classes**" if understood.labelled else "**no labels**"
    if understood.labelled and len(understood.class_names) == 1:
        classes = "**1 class**"
    images = "no images"
    if understood.images is not None:
        height, width = understood.images.shape[1:3]
        images = f"images of {width}\u00a0×\u00a0{height} pixels"
    st.markdown(f"**{understood.n:,} rows**, {classes}, {images}")
    table = {"File": understood.sources, "Numbers a row": [vectors.shape[1] for vectors in understood.vectors]}
    st.dataframe(
        pd.DataFrame(table, index=pd.Index(["First", "Second"])),
        column_config={"Numbers a row": st.column_config.NumberColumn(format="localized")},
    )
    if understood.images is not None:
        rows = np.unique(np.linspace(0, understood.n - 1, MOST_SHOWN).astype(int))
        names = [understood.class_names[label][:10] for label in understood.labels[rows]]
        under = names if understood.labelled else ()
        show_grid_within([GridRow(label="", images=understood.images[rows], under=under)], "Images of some rows", ROOM)
    for note in understood.notes:
        st.caption(as_text(f"{with_capital(note)}."))
    _show_names(brought, understood)


def _show_names(brought: Brought, understood: Understood) -> None:
    """Draw the names of the two embeddings and of the comparison, and the button that keeps it."""
    fields = st.container(horizontal=True, vertical_alignment="bottom")
    titles = [
        fields.text_input(
            f"Call the {word}",
            title,
            key=keys.embeddings(f"title-{place}", brought.number),
            max_chars=LONGEST_TITLE,
            width=160,
            **KEEP,
        )
        for place, (word, title) in enumerate(zip(("first", "second"), understood.titles, strict=True))
    ]
    name = fields.text_input(
        "Keep them as",
        free_name(understood.titles),
        key=keys.embeddings("name", brought.number),
        max_chars=64,
        width=160,
        **KEEP,
    ).strip()
    refusal = _why_not(name, titles)
    st.button(
        "Keep and compare",
        key=keys.DATA_KEEP,
        type="primary",
        disabled=bool(refusal),
        on_click=answered(brought.keep),
        args=(name, titles, state.owner()),
    )
    if refusal:
        st.error(as_text(f"{refusal}."))
    else:
        st.caption("Every triplet is counted once; then both pages open at once. Nobody else sees them.")


def free_name(titles: tuple[str, str]) -> str:
    """A possible name for a comparison of embeddings that are called so, that none has yet."""
    plain = re.sub(r"[^A-Za-z0-9._-]+", "-", "-".join(titles)).strip("-._")[:56] or "embeddings"
    names = (plain, *(f"{plain}-{number}" for number in range(2, 1_000)))
    taken = {name.casefold() for name in shown_folders()}
    return next((name for name in names if name.casefold() not in taken), plain)


def _why_not(name: str, titles: list[str]) -> str:
    """Why embeddings can't be kept under these names; empty where they can."""
    try:
        check_name(name, runs_folder(), shown_folders())
        arm_ids(titles)
    except InputError as error:
        return reason_of(error)
    return ""
