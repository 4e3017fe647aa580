"""Brings in a file of triplets, and shows how it was read."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import streamlit as st

from tvae.data import Split, image_names
from tvae.data.triplets import Consistency, GivenTriplets, WrongTriplets, consistency, read_triplets
from tvae.errors import InputError
from tvae.ui import session as state
from tvae.ui.images.cells import image_cell
from tvae.ui.requests import answered
from tvae.ui.session import keys
from tvae.ui.style.escaping import as_text
from tvae.ui.style.reasons import reason_of
from tvae.ui.style.sentences import with_capital
from tvae.ui.triplets.questions import PLACE

LARGEST_FILE = 32
"""Megabytes of a file that is brought in; the command line takes more."""
FORMS = """
A row is **anchor, positive, negative**: the positive is the one nearer to the anchor. Text with commas, semicolons,
tabs or white space, with a header (`anchor,positive,negative`, `head,b,c`, `head,winner,loser`) or none; or `.npy` of
whole numbers (n, 3). A header with a column `odd` says that the other two are alike. Images are rows of the
**training** images, counted from 0, or the names of their files where the data set keeps them.
"""


@dataclass(frozen=True, eq=False)
class Brought:
    """A triplet file that was brought in: its triplets, or why it was refused."""

    title: str
    data: str
    """Name of the data set that it was read for."""
    triplets: GivenTriplets | None = None
    counts: Consistency | None = None
    notes: tuple[str, ...] = ()
    refusal: str = ""
    wrong_rows: tuple[str, ...] = ()


def show_triplet_file(name: str, train: Split) -> GivenTriplets | None:
    """Show a field for a file and how the file was read, and return its triplets."""
    st.file_uploader(
        "A file of triplets",
        key=keys.TRIPLET_FILE,
        on_change=answered(_take_file, PLACE),
        args=(name,),
        max_upload_size=LARGEST_FILE,
        help=FORMS,
    )
    st.checkbox(
        "Rows without a header are odd-one-out answers: the first two alike, the third odd",
        key=keys.TRIPLET_ROWS,
        on_change=answered(_take_file, PLACE),
        args=(name,),
    )
    brought: Brought | None = state.read(keys.BROUGHT_TRIPLETS)
    if brought is None or brought.data != name:
        with st.container(width=700):
            st.caption(FORMS)
        return None
    if brought.triplets is None or brought.counts is None:
        st.error(as_text(f"{brought.refusal}."))
        st.caption("\n".join(f"- {as_text(sentence)}" for sentence in brought.wrong_rows))
        return None
    _show_understood(brought, brought.triplets, brought.counts, train)
    return brought.triplets


def _take_file(name: str) -> None:
    """Read the uploaded file; without one, forget the last one."""
    upload = state.read(keys.TRIPLET_FILE)
    if upload is None:
        state.forget(keys.BROUGHT_TRIPLETS)
        return
    state.write(keys.BROUGHT_TRIPLETS, _read(upload.name, upload.getvalue(), name, bool(state.read(keys.TRIPLET_ROWS))))


def _read(title: str, content: bytes, name: str, odd_one_out: bool) -> Brought:
    if len(content) > LARGEST_FILE * 2**20:
        return Brought(title, name, refusal=f"{title}: more than {LARGEST_FILE} MB; use the command line")
    try:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "triplets"
            path.write_bytes(content)
            file = read_triplets(path, image_names(name), title=title, odd_one_out=odd_one_out)
    except WrongTriplets as error:
        refusal = f"{title}: {error.count:,} {'row' if error.count == 1 else 'rows'} can't be taken, so none is"
        return Brought(title, name, refusal=refusal, wrong_rows=tuple(error.sentences))
    except (InputError, OSError) as error:
        return Brought(title, name, refusal=reason_of(error))
    return Brought(title, name, file.triplets, consistency(file.triplets.distinct), file.notes)


def _show_understood(brought: Brought, triplets: GivenTriplets, counts: Consistency, train: Split) -> None:
    """Show the content of a file, before a run keeps it."""
    distinct = len(triplets.distinct)
    again = f" ({distinct:,} distinct)" if distinct < len(triplets) else ""
    st.markdown(f"**{len(triplets):,} triplets**{again} on {len(np.unique(triplets.rows)):,} images")
    st.caption(" ".join(as_text(f"{with_capital(note)}.") for note in brought.notes))
    if counts.impossible:
        st.caption(
            f"Contradictions: **{counts.contradictions:,}**, cycles: **{counts.cycles:,}**. "
            f"{counts.impossible:,} triplets can't all be right; they are trained on all the same."
        )
    with st.container(horizontal=True):
        for role, row in zip(("anchor", "positive", "negative"), triplets.rows[0].tolist(), strict=True):
            with st.container(width=90):
                st.image(image_cell(train.images[row]), width=80, alt=f"{with_capital(role)} of the first triplet")
                st.caption(with_capital(role))
