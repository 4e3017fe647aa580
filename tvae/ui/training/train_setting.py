"""Button and command that train a setting no run has."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from tvae.config import RunConfig
from tvae.errors import InputError
from tvae.runs.available import runs_folder
from tvae.runs.run import Run
from tvae.runs.train_command import train_command
from tvae.runs.triplets import TRIPLETS, read_triplets_of
from tvae.ui.session import keys
from tvae.ui.training.starting import start_run


def in_fast_steps(config: RunConfig) -> RunConfig:
    """The config with fast steps, as the app trains; results differ from plain steps no more than another seed's do."""
    return replace(config, train=replace(config.train, step="fast"))


def show_train_button(config: RunConfig, run: Run) -> None:
    """Offer to train this VAE and TVAE side by side, with the given triplets of `run` where the config names some."""
    config = in_fast_steps(config)
    loss = config.arms["tvae"]
    out = runs_folder() / f"{config.data.name}-w{loss.triplet_weight:g}-m{loss.margin:g}"
    with st.popover("Train this", type="primary"):
        st.markdown("Trains both arms side by side in the background; the sidebar shows how far it is.")
        st.button("Train it here", key=keys.TRAIN_THIS, on_click=_start, args=(config, run))
        st.caption("Or with this line, in a terminal:")
        st.code(train_command(config, str(out), str(run.folder / TRIPLETS)), language="bash", wrap_lines=True)


def _start(config: RunConfig, run: Run) -> None:
    try:
        start_run(config, triplets=read_triplets_of(run.folder, config))
    except (InputError, OSError) as error:
        st.error(f"Not started. {error}.")
