"""Layouts of both maps: under way, failed, cancelled."""

from __future__ import annotations

import streamlit as st

from tvae.errors import InputError
from tvae.maps.parameters import Parameters, PcaParameters
from tvae.maps.projector import Ticket
from tvae.ui import session as state
from tvae.ui.maps.projecting import Picture, picture, request_for
from tvae.ui.maps.views import View
from tvae.ui.session import keys
from tvae.ui.style.escaping import as_text


@st.fragment(run_every=1.0)
def show_progress(ticket: Ticket, key: str, told: str) -> None:
    """Shows how far the layout is, with a button that cancels it."""
    if ticket.over:
        st.rerun()
    now = ticket.progress()
    left = "" if now.seconds_left is None else f", about {max(1, round(now.seconds_left))} s left"
    bar, out = st.columns([4, 1], vertical_alignment="center")
    doing = "Measuring the accuracy of PCA" if told == "PCA" else f"{told}"
    bar.progress(min(1.0, now.share), f"{doing}: {now.phase}{left}.")
    if out.button("Cancel", key=keys.layout_cancel(key), width="stretch"):
        ticket.cancel()
        st.rerun()


def show_layout_states(pictures: tuple[Picture, Picture], kept: state.Layouts) -> None:
    """Shows layouts that are being computed and those that failed."""
    for key, shown in {shown.key: shown for shown in pictures}.items():
        if shown.ticket is not None:
            show_progress(shown.ticket, key, shown.told)
        if shown.failed:
            words, again = st.columns([4, 1], vertical_alignment="center")
            words.info(as_text(f"{shown.failed} {shown.told} is shown instead."))
            again.button("Try again", key=keys.layout_again(key), on_click=kept.ask_again, args=(key,), width="stretch")


def both_layouts(
    left: View, right: View, chosen: tuple[Parameters, Parameters], seed: int, kept: state.Layouts
) -> tuple[Picture, Picture]:
    """The layouts of both sides; PCA with a note where the method is impossible for these rows."""
    try:
        asked = (request_for(left, right, chosen[0], seed), request_for(right, left, chosen[1], seed))
    except InputError as error:
        st.info(as_text(f"{error}. PCA is shown."))
        asked = tuple(request_for(view, other, PcaParameters(), seed) for view, other in ((left, right), (right, left)))
    pictures = picture(left, right, asked[0], kept), picture(right, left, asked[1], kept)
    kept.give_up_others({shown.key for shown in pictures})
    return pictures
