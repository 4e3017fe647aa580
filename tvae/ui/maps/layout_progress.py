"""Layouts of both maps: under way, failed, cancelled."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import streamlit as st
from jaxtyping import Int

from tvae.errors import InputError
from tvae.maps.parameters import Parameters, PcaParameters
from tvae.maps.projector import Ticket
from tvae.ui import session as state
from tvae.ui.maps.projecting import Picture, picture, request_for
from tvae.ui.maps.views import View
from tvae.ui.session import keys
from tvae.ui.style.escaping import as_text
from tvae.ui.style.reasons import reason_of


@st.fragment(run_every=1.0)
def show_progress(ticket: Ticket, key: str, map_caption: str) -> None:
    """Shows how far the layout is, with a button that cancels it."""
    if ticket.over:
        st.rerun()
    now = ticket.progress()
    left = "" if now.seconds_left is None else f", about {max(1, round(now.seconds_left))} s left"
    waiting = f" for {now.ahead} other map{'s' if now.ahead > 1 else ''}" if now.ahead else ""
    bar, out = st.columns([4, 1], vertical_alignment="center")
    doing = "Measuring the accuracy of PCA" if map_caption == "PCA" else map_caption
    bar.progress(min(1.0, now.share), f"{doing}: {now.phase}{waiting}{left}.")
    if out.button("Cancel", key=keys.layout_cancel(key), width="stretch"):
        ticket.cancel()
        st.rerun()


def show_layout_states(pictures: Sequence[Picture], layouts: state.Layouts) -> None:
    """Shows layouts that are being computed and those that failed."""
    for key, side_map in {side_map.key: side_map for side_map in pictures}.items():
        if side_map.ticket is not None:
            show_progress(side_map.ticket, key, side_map.told)
        if side_map.failed:
            words, again = st.columns([4, 1], vertical_alignment="center")
            words.info(as_text(f"{side_map.failed} {side_map.told} is shown instead."))
            again.button(
                "Try again", key=keys.layout_again(key), on_click=layouts.ask_again, args=(key,), width="stretch"
            )


def view_layouts(
    views: Sequence[View],
    chosen: Sequence[Parameters],
    seed: int,
    layouts: state.Layouts,
    rows: Int[np.ndarray, " m"] | None = None,
) -> list[Picture]:
    """The layouts of two views or more; PCA with a note where a method is impossible for these rows.

    Args:
        views: the left one, the right one and further ones; a further one of another run or epoch has the layout of
            its own run's arms.
        chosen: parameters of the left one and of the right one; further ones have the left one's.
        rows: those that alone are projected.
    """
    left, right, *further = views
    beside = [(left, right), (right, left), *((view, left if view.run == left.run else view) for view in further)]
    parameters = [*chosen, *[chosen[0]] * len(further)]
    try:
        requests = [request_for(*two, each, seed, rows) for two, each in zip(beside, parameters, strict=True)]
    except InputError as error:
        st.info(as_text(f"{reason_of(error)}. PCA is shown."))
        requests = [request_for(*two, PcaParameters(), seed, rows) for two in beside]
    pictures = [picture(*two, request, layouts) for two, request in zip(beside, requests, strict=True)]
    layouts.give_up_others({side_map.key for side_map in pictures})
    return pictures


def arm_layouts(views: Sequence[View], parameters: Parameters, layouts: state.Layouts) -> list[Picture]:
    """The layouts of several arms of one run; PCA with a note where the method is impossible for these rows."""
    first = views[0]
    try:
        request = request_for(first, first, parameters, 0)
    except InputError as error:
        st.info(as_text(f"{reason_of(error)}. PCA is shown."))
        request = request_for(first, first, PcaParameters(), 0)
    pictures = [picture(view, first, request, layouts) for view in views]
    layouts.give_up_others({side_map.key for side_map in pictures})
    return pictures
