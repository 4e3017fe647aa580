"""Field to upload a file, or to name a path on the server where its configuration allows that."""

from __future__ import annotations

import streamlit as st

from tvae.data.own import sources_folder
from tvae.ui import session as state
from tvae.ui.session import keys
from tvae.ui.style.escaping import as_text
from tvae.ui.your_data.source import intake

FORMS = """
- **zip** with a folder of pictures a class, with `train/` and `test/` above them or without
- **.npz** as MedMNIST has it, or with `images` and `labels`
- **parquet** as Hugging Face has it
- **zip** of a CSV or TSV of path and label, with its pictures
- **zip** of idx files, as MNIST has them
"""


def show_input() -> None:
    """Show the fields, and why the last file or path was refused."""
    st.file_uploader(  # says itself how large a file may be
        "Your labelled images",
        key=keys.DATA_FILE,
        on_change=_take_upload,
        help=f"Nothing is kept before you have seen what was understood. Recognised by content:\n{FORMS}",
    )
    if sources_folder() is not None:
        with st.container(horizontal=True, vertical_alignment="bottom"):
            st.text_input(
                "Or a file or folder on the server",
                placeholder="scans/2026",
                key=keys.DATA_PATH,
                help="Below the folder that the server's configuration names (TVAE_SOURCES).",
                persist_state="session",
            )
            st.button("Read it", key=keys.DATA_READ, on_click=_take_path)
    refusal = intake().refusal
    if refusal:
        st.error(as_text(f"{refusal}."))


def _take_upload() -> None:
    """Take the file that was just uploaded; without one, be without a source."""
    upload = state.read(keys.DATA_FILE)
    if upload is None:
        intake().drop()
    else:
        intake().take(upload.name, upload.getvalue())


def _take_path() -> None:
    """Take the path in the field."""
    text = (state.read(keys.DATA_PATH) or "").strip()
    if text:
        intake().take_path(text)
