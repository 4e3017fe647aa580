"""Replay of a run's training, with a caption that says what it is made of."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from tvae.config import LossConfig, reconstruction_name
from tvae.errors import InputError
from tvae.figures.arm_styles import arm_styles
from tvae.runs.history import read_history
from tvae.runs.replays.recorded import REPLAY
from tvae.runs.replays.shown import losses_at
from tvae.runs.run import Run, epochs_text, read_run
from tvae.ui import cached
from tvae.ui.components.replay import ReplaySide, replay_player
from tvae.ui.session import keys
from tvae.ui.style.captions import notions_after
from tvae.ui.style.escaping import as_text
from tvae.ui.style.reasons import reason_of


def show_replay(run: Run) -> bool:
    """Show how a run's latent space took shape, and say whether its folder holds a replay."""
    run = run.at(None)
    try:
        shown = cached.replay(run)
        history = read_history(run.folder)
    except InputError as error:
        st.warning(f"This run's replay can't be shown: {reason_of(error)}")
        return False
    if shown is None:
        return False
    styles, steps = arm_styles(run.config), shown.replay.steps
    rows = losses_at(history, steps)
    replay_player(
        [
            ReplaySide(
                title=styles[arm].name,
                colour=styles[arm].colour,
                positions=shown.positions[arm],
                accuracy=shown.accuracy.get(arm),
                losses=[_losses(row, arm, run.config.arms[arm]) for row in rows],
            )
            for arm in shown.arms
        ],
        epochs=[epochs_text(step / run.steps_per_epoch) for step in steps.tolist()],
        labels=shown.labels,
        class_names=run.class_names,
        parting=shown.parting,
        key=keys.REPLAY,
    )
    st.caption(
        f"Means μ of {len(shown.labels):,} fixed images of the {run.config.data.name} test split at {len(steps)} "
        f"moments, dense at first; each arm in the PCA plane of the last moment (epoch "
        f"{epochs_text(steps[-1] / run.steps_per_epoch)}), the second turned onto the first. Share of triplets in "
        f"order at m = 0, exact among {shown.counted:,} of these images. The arms part where their shares begin to "
        f"differ for good by more than two standard errors. Losses: training batches, before their weights. Seed "
        f"{run.config.train.seed}, run {run.name}{notions_after(run)}."
        + (
            ""
            if shown.ends_in_run
            else f" **Recorded in another training** with {run.name}'s settings and seed, whose "
            "weights are not this run's to the last digit; the losses are this run's."
        )
    )
    return True


def show_other_replay(run: Run) -> None:
    """Show the replay of another run in place of that of a run which keeps none, and say so."""
    for folder in cached.run_folders().values():
        if (folder / REPLAY).is_file():
            other = read_run(folder)
            st.caption(as_text(f"{run.name} keeps no replay of its training. This is {other.name}'s."))
            show_replay(other)
            return


def _losses(row: Mapping[str, Any] | None, arm: str, loss: LossConfig) -> str:
    """The terms of an arm's loss in a row of the history."""
    if row is None:
        return ""
    terms = row["arms"][arm]
    return (
        f"{reconstruction_name([loss])} {terms['reconstruction']:.2f} · KL {terms['kl']:.2f} nats · "
        f"triplet hinge {terms['triplet']:.3f}"
    )
