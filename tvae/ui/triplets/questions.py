"""Makes triplets: a person says which of two images is nearer to a third, by two buttons or keys."""

from __future__ import annotations

import streamlit as st

from tvae.data import Split
from tvae.data.triplets import Answers, GivenTriplets
from tvae.ui import session as state
from tvae.ui.images.cells import image_cell
from tvae.ui.requests import answered, request
from tvae.ui.session import keys

PLACE = "own-triplets"
"""Place at which the page shows why an answer was not kept or no run was started."""
SIDE = 150
"""Screen pixels of an image of a question."""


def show_questions(answers: Answers, train: Split) -> GivenTriplets | None:
    """Show a question with three images, and return the answers so far."""
    skipped = state.read(keys.TRIPLETS_SKIPPED, 0)
    anchor, first, second = answers.question(skipped)
    count = len(answers.rows())
    with st.container(key=keys.TRIPLET_QUESTION, width=2 * SIDE + 20):
        st.markdown("Which of the two below is nearer to this one?", text_alignment="center")
        _show_image(train, anchor, "The anchor")
        pair = st.container(horizontal=True, horizontal_alignment="center")  # side by side on a narrow page too
        for number, row, other in ((1, first, second), (2, second, first)):
            with pair.container(width=SIDE):
                _show_image(train, row, f"Image {number}")
                st.button(
                    "This one",
                    shortcut=f"{number}",
                    key=keys.triplet_answer(number),
                    on_click=request,
                    args=(PLACE, answers.add, (anchor, row, other)),
                    width="stretch",
                )
        with st.container(horizontal=True, horizontal_alignment="center"):
            st.button("Skip", shortcut="S", on_click=answered(_skip, PLACE), key=keys.triplet_answer(0))
            st.button("Undo", shortcut="U", on_click=request, args=(PLACE, answers.undo), disabled=count == 0)
            st.download_button(
                "CSV",
                answers.content,
                f"triplets-{answers.path.parent.name.split('@')[0]}.csv",
                "text/csv",
                icon=":material/download:",
                disabled=count == 0,
                on_click="ignore",
            )
    st.caption(
        f"**{count:,} {'answer' if count == 1 else 'answers'}** so far, kept for you on this server. Random training"
        " images, without their labels. Keys: 1, 2, S to skip, U to undo."
    )
    return answers.triplets()


def _show_image(train: Split, row: int, alt: str) -> None:
    with st.container(horizontal_alignment="center"):
        st.image(image_cell(train.images[row]), width=SIDE, alt=alt)


def _skip() -> None:
    state.write(keys.TRIPLETS_SKIPPED, state.read(keys.TRIPLETS_SKIPPED, 0) + 1)
