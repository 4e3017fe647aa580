"""Field to upload a file, or to name a path on the server where its configuration allows that."""

from __future__ import annotations

import streamlit as st

from tvae.ui import session as state
from tvae.ui.own_files.server_path import show_server_path
from tvae.ui.requests import answered
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
    """Show the fields for a file and a path, and the reason if the last one was refused."""
    st.file_uploader(  # says itself how large a file may be
        "Your labelled images",
        key=keys.DATA_FILE,
        on_change=answered(_take_upload),
        help=f"Nothing is kept before you have seen what was understood. Recognised by content:\n{FORMS}",
    )
    show_server_path(keys.DATA_PATH, keys.DATA_READ, _take_path)
    refusal = intake().refusal
    if refusal:
        st.error(as_text(f"{refusal}."))


def _take_upload() -> None:
    """Take the file that was just uploaded; without one, drop the source."""
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
