"""Training at a setting that a page shows and that no run has: the one place where training is offered."""

from __future__ import annotations

import streamlit as st

from tvae.config import RunConfig
from tvae.train_command import train_command
from tvae.ui.runs import runs_folder


def offer_training(config: RunConfig) -> None:
    """Offer to train this VAE and TVAE side by side."""
    loss = config.arms["tvae"]
    out = runs_folder() / f"{config.data.name}-w{loss.triplet_weight:g}-m{loss.margin:g}"
    with st.popover("Train this", type="primary"):
        st.markdown("This line trains both arms side by side; the run then stands in the list at the left.")
        st.code(train_command(config, str(out)), language="bash", wrap_lines=True)
