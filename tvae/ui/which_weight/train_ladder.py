"""Button that trains a ladder of weights, for a data set that has none."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from tvae.config import PRESETS, RunConfig
from tvae.runs.run import Run
from tvae.sweeps.plan import VALIDATION_SHARE
from tvae.ui.style.escaping import as_text
from tvae.ui.training.train_setting import show_ladder_button


def show_train_ladder(run: Run) -> None:
    """Say that no run compares several weights on these images, and offer to train one."""
    config = ladder_config(run)
    st.info(
        f"Here stand arms that were really trained at {len(config.arms)} weights and margins, each a point of triplet "
        f"accuracy against what it costs. No run on {as_text(run.config.data.name)} has more than two arms yet."
    )
    show_ladder_button(config, run)


def ladder_config(run: Run) -> RunConfig:
    """The ladder's losses on a run's data and network, trained as it was, with a validation split."""
    data = run.config.data
    if run.provenance.validation is None:
        data = replace(data, validation_share=VALIDATION_SHARE)
    train = replace(run.config.train, epochs=max(1, round(run.trained_epochs)))
    return replace(run.config, data=data, train=train, arms=PRESETS["ladder"].arms)
