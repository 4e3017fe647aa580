"""The triplets page: exact triplet accuracy as the margin moves, and the triplets themselves."""

from dataclasses import replace

import streamlit as st

from tvae.metrics.collapse import collapse_warning
from tvae.metrics.measurable import NOT_MEASURABLE, has_triplet
from tvae.model.encoding import LatentSpaces
from tvae.runs.embeddings.shown import Shown
from tvae.runs.run import Run
from tvae.ui import measured
from tvae.ui import session as state
from tvae.ui.choices.arms import shown_arms
from tvae.ui.page import show_page_of_spaces
from tvae.ui.page_links import page_link
from tvae.ui.session import keys
from tvae.ui.style.arm_text import arm_text
from tvae.ui.triplets.classes import choose_classes, show_matrices
from tvae.ui.triplets.given import show_given
from tvae.ui.triplets.inspector import show_triplets
from tvae.ui.triplets.own_triplets import show_own_triplets
from tvae.ui.triplets.scores import (
    choose_margin,
    show_curves,
    show_definition,
    show_downloads,
    show_gaps,
    show_table,
    table_of,
)
from tvae.ui.triplets.view import TripletView

CLASSES, GIVEN = TABS = "Classes and triplets", "Given triplets"
MOVED = ("What it costs", "Other weights")
"""Tabs of former versions that are pages now: links to them still lead there."""
WHICH_WEIGHT = "pages/0_Which_weight.py"
TALL = 3
"""With more arms than this the table stands below the curves; above, it would push them off the first screen."""


def show_content(run: Shown, encoding: LatentSpaces) -> None:
    """Show the page below its title."""
    if state.requested_text(keys.TRIPLET_TAB) in MOVED:
        st.switch_page(WHICH_WEIGHT, query_params=state.shared_parameters())
    if not has_triplet(encoding.labels):
        rows = "images of the test split" if isinstance(run, Run) else "rows"
        st.info(
            f"Triplet accuracy is {NOT_MEASURABLE} here: the {len(encoding.labels):,} {rows} have no triplet, which "
            "takes labels of two classes, and two of one of them."
        )
        margin = choose_margin(run)
        if isinstance(run, Run):
            show_given_triplets(run, margin)
        return
    margin = choose_margin(run)
    head = st.container()
    below = st.container(horizontal=True, vertical_alignment="bottom")
    arms = shown_arms(run)
    view = TripletView(
        run=run,
        encoding=encoding,
        curves=measured.curves(run, encoding),
        margin=margin,
        arms=[arms[0], arms[-1]][: len(arms)],
    )
    with head:
        show_warnings(view)
        places = [st.container(), st.container()]
    table, charts = places if len(view.curves) <= TALL else places[::-1]
    with charts, st.container(key=keys.CHARTS):
        left, right = st.columns([3, 2], gap="large")
    with left:
        show_curves(view)
    with table:
        numbers = table_of(view)
        show_table(view, numbers)
    with right:
        show_gaps(view)
    with below:
        show_definition(view)
        show_downloads(view, numbers)
    if not isinstance(run, Run):
        pair = choose_classes(view)
        show_matrices(view, pair)
        show_triplets(view, pair)
        return
    page_link(WHICH_WEIGHT, "What a margin and a weight cost, and which to take", ":material/balance:")
    state.choice(keys.TRIPLET_TAB, TABS, CLASSES)
    classes, given = st.tabs(TABS, key=keys.TRIPLET_TAB, on_change="rerun")
    if classes.open:
        with classes:
            pair = choose_classes(view)
            show_matrices(view, pair)
            show_triplets(view, pair)
    if given.open:
        with given:
            show_given_triplets(run, margin)


def show_given_triplets(run: Run, margin: float) -> None:
    """Show the given triplets of the run, and the controls to make triplets or to bring a file of them."""
    arms = shown_arms(run)
    show_given(run, margin, [arms[0], arms[-1]][: len(arms)])
    st.markdown("## Triplets of your own")
    train = replace(run.config.train, epochs=max(1, round(run.trained_epochs)))
    show_own_triplets(replace(run.config, train=train), run.name)


def show_warnings(view: TripletView) -> None:
    """Warn of collapsed arms, and of a run with nothing to compare."""
    for arm, curve in view.curves.items():
        if curve.collapsed:
            st.warning(collapse_warning(arm_text(view.run.config, arm), all_equal=curve.all_equal))
    if len(view.curves) == 1:
        st.info("This run has one arm, so nothing stands beside it.")


show_page_of_spaces(
    "Triplets", "Which triplets are in the right order, by which margin?", show_content, at_any_epoch=True
)
