"""Buttons that train a setting that no run has, with the time it takes."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from tvae.config import RunConfig
from tvae.errors import InputError
from tvae.runs.run import Run
from tvae.runs.triplets import read_triplets_of
from tvae.ui.requests import request, show_refusal
from tvae.ui.session import keys
from tvae.ui.style.escaping import as_text
from tvae.ui.style.reasons import reason_of
from tvae.ui.training.network import time_in_words
from tvae.ui.training.starting import start_run, why_no_run_starts
from tvae.ui.training.status import show_status_here


def in_fast_steps(config: RunConfig) -> RunConfig:
    """The config with fast steps, as the app trains; results differ from plain steps no more than another seed's do."""
    return replace(config, train=replace(config.train, step="fast"))


def show_train_button(config: RunConfig, run: Run) -> None:
    """Offer to train this VAE and TVAE side by side, with the given triplets of `run` where the config names some."""
    _show_button(in_fast_steps(config), keys.TRAIN_THIS, run)


def show_ladder_button(config: RunConfig, run: Run) -> None:
    """Offer to train these arms of many settings, with the given triplets of `run` where the config names some."""
    _show_button(in_fast_steps(config), keys.TRAIN_LADDER, run)


def _show_button(config: RunConfig, key: str, run: Run) -> None:
    why_not = why_no_run_starts()
    st.button(
        "Train it here",
        key=key,
        type="primary",
        on_click=request,
        args=(key, _start, config, run),
        disabled=bool(why_not),
    )
    if why_not:
        st.error(why_not)
    show_refusal(key)
    show_status_here(config)
    arms, train = len(config.arms), config.train
    try:
        time = time_in_words(config.data.name, config.model, train.batch_size, arms, train.epochs, "epochs")
    except InputError as error:  # its data set is gone
        st.caption(as_text(f"{reason_of(error)}."))
        return
    st.caption(
        f"Trains {arms} arms side by side in the background; how far it is stands here and in the sidebar. {time}"
    )


def _start(config: RunConfig, run: Run) -> None:
    start_run(config, triplets=read_triplets_of(run.folder, config))
