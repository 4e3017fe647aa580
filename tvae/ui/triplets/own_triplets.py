"""Triplets of a person's own, made or brought in, and what trains on them."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from tvae.config import LossConfig, RunConfig, vae_and_tvae
from tvae.data import Split
from tvae.data.triplets import HELD_OUT_BY_IMAGE, HELD_OUT_BY_TRIPLET, TRAINED_ON, Answers, GivenTriplets
from tvae.errors import InputError
from tvae.runs.run import Run
from tvae.ui import cached
from tvae.ui import session as state
from tvae.ui.session import keys
from tvae.ui.style.escaping import as_text
from tvae.ui.training.requests import request, show_refusal
from tvae.ui.training.starting import start_run
from tvae.ui.training.train_setting import in_fast_steps
from tvae.ui.triplets.questions import PLACE, show_questions
from tvae.ui.triplets.triplet_file import show_triplet_file

ANSWER, BRING = SOURCES = "Answer questions", "Bring a file"
TRIAL_SECONDS = 30.0


def show_own_triplets(run: Run) -> None:
    """Show both ways to triplets of one's own, and what trains on them."""
    st.markdown("##### Triplets of your own")
    name = run.config.data.name
    try:
        train = cached.split(name, "train")
    except InputError as error:
        st.info(as_text(f"The images of {name} are not on this machine. {error}."))
        return
    st.fragment(_show)(run, train)  # an answer draws this part of the page alone


def _show(run: Run, train: Split) -> None:
    source = st.segmented_control(
        "Where they come from", SOURCES, default=ANSWER, key=keys.TRIPLET_SOURCE, required=True,
        label_visibility="collapsed", persist_state="session",
    )  # fmt: skip
    name = run.config.data.name
    try:
        if source == ANSWER:
            answers = Answers(name, train, state.owner())
            triplets = show_questions(answers, train)
        else:
            triplets = show_triplet_file(name, train)
    except InputError as error:
        st.error(as_text(f"{error}."))
        triplets = None
    show_refusal(PLACE)
    if triplets is not None:
        _show_training(run, triplets)


def _show_training(run: Run, triplets: GivenTriplets) -> None:
    """Buttons that train on the triplets, like the run that is shown."""
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
        config = config_like(run, triplets, percent / 100)
        trains = st.button("Train on these triplets", type="primary", on_click=_start, args=(config, triplets, None))
        tries = st.button(f"Try it for {TRIAL_SECONDS:g} s", on_click=_start, args=(config, triplets, TRIAL_SECONDS))
    if trains or tries:
        st.rerun()  # the whole page: the sidebar shows the new run
    st.caption(
        f"{sizes[TRAINED_ON]:,} are trained on; held out are {sizes[HELD_OUT_BY_TRIPLET]:,} by triplet and"
        f" {sizes[HELD_OUT_BY_IMAGE]:,} by image, always the same ones. Otherwise like {as_text(run.name)}:"
        f" {config.train.epochs:,} epochs. The run keeps a copy of the triplets."
    )


def _start(config: RunConfig, triplets: GivenTriplets, seconds: float | None) -> None:
    request(PLACE, lambda: start_run(config, seconds=seconds, triplets=triplets))


def config_like(run: Run, triplets: GivenTriplets, share: float) -> RunConfig:
    """The settings of a run, for a VAE and a TVAE that are trained on given triplets."""
    loss = next((loss for loss in reversed(run.config.arms.values()) if loss.triplet_weight), LossConfig())
    config = replace(
        run.config,
        data=replace(run.config.data, validation_share=0.0, triplets_share=share),
        train=replace(run.config.train, triplets="sampled", epochs=max(1, round(run.trained_epochs))),
        arms=vae_and_tvae(replace(loss, notion="")),
    )
    return in_fast_steps(triplets.named_in(config))
