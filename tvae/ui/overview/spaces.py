"""Figure 2: the latent spaces of the arms that are shown, as the latent map shows them."""

from __future__ import annotations

import numpy as np
import streamlit as st

from tvae.figures.still_map import map_png
from tvae.linked_map.contents import MapSide
from tvae.maps.parameters import METHODS
from tvae.model.encoding import Encoding
from tvae.runs.run import Run
from tvae.ui import cached
from tvae.ui import session as state
from tvae.ui.choices.arms import shown_arms
from tvae.ui.components.latent_map import latent_map
from tvae.ui.maps.controls import FEWEST_ROWS, FIRST_METHOD, METHOD_OF
from tvae.ui.maps.layout_progress import arm_layouts, show_layout_states
from tvae.ui.maps.projecting import Picture, kept_still, laid_over
from tvae.ui.maps.views import View
from tvae.ui.session import keys
from tvae.ui.style.arm_columns import arm_badge
from tvae.ui.style.captions import measured_on, titled
from tvae.ui.style.escaping import as_text
from tvae.ui.style.theme import theme

STILL_MAP = 290
"""Pixels of a still map's side: three stand beside each other in a window 1400 wide."""


def show_spaces(run: Run, encoding: Encoding) -> None:
    """The first and the last of the shown arms on two linked maps, those between as still maps; a single one as one.

    The layout is the one that the latent map has at first. Where it is not computed yet, PCA stands in for it.
    """
    count = len(shown_arms(run))
    what = {1: "the latent space", 2: "both latent spaces"}.get(count, "the latent spaces")
    st.markdown(f"## Figure 2: {what}")
    if len(encoding.labels) < FEWEST_ROWS:
        st.info(f"A map needs at least {FEWEST_ROWS} images; this run's test split has {len(encoding.labels)}.")
        return
    views = [View(run, arm) for arm in shown_arms(run)]
    layouts = state.layouts()
    pictures = arm_layouts(views, METHODS[METHOD_OF[FIRST_METHOD]](), layouts)
    first = kept_still(views[0], pictures[0])
    pictures = [first, *(laid_over(first, side_map, None) for side_map in pictures[1:])]
    show_layout_states(pictures, layouts)
    _show_linked_maps(views, pictures, encoding)
    _show_still_maps(views[1:-1], pictures[1:-1], encoding)
    st.caption(_caption(views, pictures, encoding))


def _show_linked_maps(views: list[View], pictures: list[Picture], encoding: Encoding) -> None:
    run, first = views[0].run, pictures[0]
    ends = sorted({0, len(views) - 1})
    sides = [
        MapSide(
            title=view.title,
            short_title=view.label,
            colour=view.colour,
            positions=side_map.positions,
            caption=side_map.told,
        )
        for view, side_map in ((views[end], pictures[end]) for end in ends)
    ]
    latent_map(
        *sides,
        labels=encoding.labels,
        class_names=run.class_names,
        facts=titled(f"{first.told} of the means", run, encoding),
        key=keys.overview_map(run.name),
    )


def _show_still_maps(views: list[View], pictures: list[Picture], encoding: Encoding) -> None:
    if not views:
        return
    row = st.container(horizontal=True, gap="medium")  # one below the other on a narrow page
    for view, side_map in zip(views, pictures, strict=True):
        ground = cached.still_map(side_map.positions, encoding.labels, view.run.class_names, theme())
        with row.container(width=STILL_MAP):
            arm_badge(view.run, view.arm, side_map.told)
            st.image(
                map_png(ground, side_map.positions, None, np.zeros(0, np.int64), view.colour, theme()),
                width="stretch",
                alt=f"Map of {view.title}",
            )


def _caption(views: list[View], pictures: list[Picture], encoding: Encoding) -> str:
    first = pictures[0]
    trusted = "; ".join(
        f"{as_text(view.title)}: {side_map.fidelity.trustworthiness:.3f}"
        for view, side_map in zip(views, pictures, strict=True)
        if side_map.fidelity is not None and side_map.fidelity.trustworthiness is not None
    )
    turned = "The right map is" if len(views) == 2 else "The other maps are"
    others = "" if len(views) < 2 else f" {turned} turned and scaled to lie like the first."
    return (
        f"{first.told}: each point is the mean μ of an image of the {measured_on(views[0].run, encoding)}.{others}"
        + (f" Trustworthiness: {trusted}." if trusted else "")
        + ("" if first.method == "pca" else " Distances between groups and their sizes mean nothing on such a map.")
    )
