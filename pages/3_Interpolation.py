"""Interpolation: decoded images on a path between two images in each latent space, and the classes that it passes."""

import streamlit as st

from tvae.explore.interpolation import class_segments, path_summary
from tvae.figures.arm_styles import arm_styles
from tvae.model.encoding import Encoding
from tvae.runs.arm_names import arm_name
from tvae.runs.run import Run
from tvae.ui import cached
from tvae.ui import session as state
from tvae.ui.choices.arms import shown_arms
from tvae.ui.choices.path_ends import choose_ends, choose_source, pick_ends
from tvae.ui.components.path_player import Lane, path_player
from tvae.ui.interpolation.steps import show_steps
from tvae.ui.interpolation.third_classes import WAYS, show_third_classes
from tvae.ui.page import show_encoded_page
from tvae.ui.requests import answered
from tvae.ui.run_images import images_of, look_for_images_again
from tvae.ui.session import keys


def show_content(run: Run, encoding: Encoding) -> None:
    """Show the page below its title."""
    fingerprint, names, n = run.provenance.test.fingerprint, run.class_names, len(encoding.labels)
    if n < 3:
        st.info(f"A way needs images beside it; this run's test split has {n}.")
        return
    arms = shown_arms(run)
    picks = state.picks(fingerprint, n)
    state.put_picks_in_address(picks, n)
    bar = st.container(horizontal=True, vertical_alignment="bottom")
    with bar.container(width=150):
        source = choose_source(picks)
    which = bar.container(horizontal=True, width="content")
    steps = bar.container(width=130).slider("Steps", **state.number(keys.STEPS, 5, 21, 11))
    path_kind = bar.segmented_control(
        "Way",
        required=True,
        help="Straight: a line between both codes. Spherical: turning round the origin, as far out as the prior's own "
        "samples lie.",
        **state.choice(keys.WAY, tuple(WAYS), "straight", default_as="default"),
    )
    picker = bar.popover("Pick")
    with bar.popover("More"):
        confusable_to = st.selectbox(
            "Confusable to",
            format_func=lambda arm: arm_name(run.config, arm),
            help="The arm whose distances count.",
            **state.choice(keys.CONFUSABLE_ARM, list(run.config.arms), arms[0], text=str.upper),
        )
        voters = int(st.number_input("Images that vote", step=1, **state.number(keys.VOTERS, 1, 100, 15)) or 15)
    with which:
        ends = choose_ends(source, run, encoding, confusable_to or arms[0], picks)
    voters, path_kind = min(voters, n - 2), path_kind or "straight"

    paths = {arm: cached.path(run, arm, ends.rows, steps, WAYS[path_kind], voters) for arm in arms}
    if ends.note:
        st.info(ends.note)
    if ends.rows[0] == ends.rows[1]:
        st.info("Both ends are one and the same image, so every step is the same code.")
    labels = int(encoding.labels[ends.rows[0]]), int(encoding.labels[ends.rows[1]])
    styles = arm_styles(run.config)
    lanes = [
        Lane(
            title=styles[arm].name,
            colour=styles[arm].colour,
            summary=path_summary(class_segments(path.votes.winners, path.t), labels, names),
            path=path,
        )
        for arm, path in paths.items()
    ]
    images, missing = images_of(run)
    left_at = path_player(
        lanes,
        ends=ends.rows,
        labels=encoding.labels,
        class_names=names,
        images=images,
        opened_at=state.opened_at(keys.PATH_PLACE, state.is_set(keys.PATH)),
        key=keys.PATH,
    )
    state.keep_place(keys.PATH_PLACE, left_at)
    with picker:
        if images is None:
            st.caption("There are no images to pick from; rows can be named by number.")
        else:
            pick_ends(run, encoding, images, ends.rows, picks)
    if images is None:
        words, again = st.columns([6, 1], vertical_alignment="center")
        words.info(f"The nearest images are told by number only. {missing}")
        again.button("Try again", on_click=answered(look_for_images_again))
    show_steps(run, encoding, paths, images, ends, path_kind)
    show_third_classes(run, encoding, arms, path_kind, voters)


show_encoded_page(
    "Interpolation",
    "What lies between two images, and does the way lead through a third class?",
    show_content,
    at_any_epoch=True,
)
