"""Layouts of all maps, laid over the left one; those under way, failed, cancelled."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import streamlit as st
from jaxtyping import Int

from tvae.errors import InputError
from tvae.maps.parameters import Parameters, PcaParameters
from tvae.maps.projector import Ticket
from tvae.ui import session as state
from tvae.ui.maps.controls import MapChoices
from tvae.ui.maps.projecting import (
    Picture,
    kept_still,
    laid_over,
    passing_picture,
    picture,
    request_for,
    spread,
)
from tvae.ui.maps.view_pair import Positions
from tvae.ui.maps.views import View
from tvae.ui.requests import answered
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
                "Try again",
                key=keys.layout_again(key),
                on_click=answered(layouts.ask_again),
                args=(key,),
                width="stretch",
            )


@dataclass(frozen=True, eq=False)
class SideMaps:
    """The maps of the left, the right and the further views, in this order."""

    of_shown: list[Picture]
    """Of the rows that are shown: all, or those that are isolated."""
    of_all: list[Picture]
    """The same with a place for every row; rows that are not shown have none (NaN)."""

    @property
    def at(self) -> Positions:
        """Of all rows on the left and on the right map."""
        return self.of_all[0].positions, self.of_all[1].positions


def side_maps(chosen: MapChoices, picks: state.Picks, playing: bool) -> SideMaps:
    """The chosen maps, or PCA of each while the epochs play."""
    only, pair = picks.isolated, chosen.pair
    if playing:
        projected = [passing_picture(view, only) for view in chosen.views]
    else:
        projected = view_layouts(chosen.views, chosen.parameters, chosen.seed, state.layouts(), only)
    first = kept_still(pair.left, projected[0]) if only is None else projected[0]
    together = picks.rows if chosen.align_to_selection and only is None else None
    projected = [first, *(laid_over(first, side_map, together) for side_map in projected[1:])]
    return SideMaps(projected, [spread(side_map, only, len(pair.labels)) for side_map in projected])


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
