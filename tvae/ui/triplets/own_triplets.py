"""Triplets of a person's own, made or brought in, and the buttons that train on them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import streamlit as st

from tvae.config import LossConfig, RunConfig, vae_and_tvae
from tvae.data import Split, check_usable
from tvae.data.triplets import HELD_OUT_BY_IMAGE, HELD_OUT_BY_TRIPLET, TRAINED_ON, Answers, GivenTriplets
from tvae.errors import InputError
from tvae.ui import cached
from tvae.ui import session as state
from tvae.ui.requests import answered, show_refusal
from tvae.ui.session import keys
from tvae.ui.style.escaping import as_text
from tvae.ui.style.reasons import reason_of
from tvae.ui.training.starting import start_run, why_no_run_starts
from tvae.ui.training.train_setting import in_fast_steps
from tvae.ui.triplets.questions import PLACE, show_questions
from tvae.ui.triplets.triplet_file import show_triplet_file

ANSWER, BRING = SOURCES = "Answer questions", "Bring a file"
TRIAL_SECONDS = 30.0


def show_own_triplets(config: RunConfig, like: str) -> None:
    """Show both ways to make or bring in triplets, and the buttons that train on them.

    Args:
        config: the settings with which is trained, but for the triplets.
        like: what has these settings, such as a run's name.
    """
    name = config.data.name
    try:
        check_usable(name, state.owner())  # a shared run may be on images that are not
        train = cached.split(name, "train")
    except InputError as error:
        st.info(
            as_text(f"Triplets of your own take the images of {name}, which can't be shown here. {reason_of(error)}.")
        )
        return
    st.fragment(_show)(config, like, train)  # an answer draws this part of the page alone


def _show(config: RunConfig, like: str, train: Split) -> None:
    source = st.segmented_control(
        "Where they come from",
        SOURCES,
        default=ANSWER,
        key=keys.TRIPLET_SOURCE,
        required=True,
        label_visibility="collapsed",
        persist_state="session",
    )
    name = config.data.name
    try:
        if source == ANSWER:
            triplets = show_questions(Answers(name, train, state.owner()), train)
        else:
            triplets = show_triplet_file(name, train)
    except InputError as error:
        st.error(as_text(f"{reason_of(error)}."))
        triplets = None
    show_refusal(PLACE)
    if triplets is not None:
        _show_training(config, like, triplets)


def _show_training(like_config: RunConfig, like: str, triplets: GivenTriplets) -> None:
    """Buttons that train on the triplets, with the settings beside which they stand."""
    sizes = {part: int((triplets.parts == part).sum()) for part in (TRAINED_ON, HELD_OUT_BY_TRIPLET, HELD_OUT_BY_IMAGE)}
    with st.container(horizontal=True, vertical_alignment="bottom"):
        with st.container(width=230):
            percent = st.slider(
                "Of each batch, from these triplets",
                5,
                100,
                100,
                step=5,
                format="%d %%",
                key=keys.TRIPLET_SHARE,
                help="The rest is drawn from the labels. At 100 % the networks see the images of these triplets alone.",
                persist_state="session",
            )
        config = config_on(like_config, triplets, percent / 100)
        why_not = why_no_run_starts()
        starts: Any = {"on_click": answered(_start, PLACE), "disabled": bool(why_not)}
        trains = st.button("Train on these triplets", type="primary", args=(config, triplets, None), **starts)
        tries = st.button(f"Try it for {TRIAL_SECONDS:g} s", args=(config, triplets, TRIAL_SECONDS), **starts)
    if why_not:
        st.error(why_not)
    if trains or tries:
        st.rerun()  # the whole page: the sidebar shows the new run
    st.caption(
        f"Trained on: {sizes[TRAINED_ON]:,}; held out: {sizes[HELD_OUT_BY_TRIPLET]:,} by triplet and"
        f" {sizes[HELD_OUT_BY_IMAGE]:,} by image, always the same ones. Otherwise like {as_text(like)}:"
        f" {config.train.epochs:,} epochs. The run keeps a copy of the triplets."
    )


def _start(config: RunConfig, triplets: GivenTriplets, seconds: float | None) -> None:
    start_run(config, seconds=seconds, triplets=triplets)


def config_on(config: RunConfig, triplets: GivenTriplets, share: float) -> RunConfig:
    """These settings for a VAE and a TVAE that are trained on given triplets."""
    loss = next((loss for loss in reversed(config.arms.values()) if loss.triplet_weight), LossConfig())
    config = replace(
        config,
        data=replace(config.data, validation_share=0.0, triplets_share=share),
        train=replace(config.train, triplets="sampled"),
        arms=vae_and_tvae(replace(loss, notion="")),
    )
    return in_fast_steps(triplets.named_in(config))
