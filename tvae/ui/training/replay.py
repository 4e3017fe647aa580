"""Replay of a run's training, with a caption on the images, moments and maps in it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from tvae.config import LossConfig, reconstruction_name, triplet_name
from tvae.errors import InputError
from tvae.figures.arm_styles import arm_styles
from tvae.jobs.job import Job
from tvae.runs.history import read_history
from tvae.runs.replays.recorded import REPLAY
from tvae.runs.replays.shown import PARTED, ShownReplay, losses_at
from tvae.runs.replays.times import time_axis
from tvae.runs.run import Run, read_run
from tvae.ui import cached
from tvae.ui.choices.arms import first_pair
from tvae.ui.components.replay import ReplaySide, replay_player
from tvae.ui.judging import judged_alike
from tvae.ui.session import keys
from tvae.ui.style.captions import notions_after
from tvae.ui.style.escaping import as_text
from tvae.ui.style.reasons import reason_of
from tvae.ui.training.status import is_advancing

OF_ANOTHER_TRAINING = (
    " **Recorded in another training** with the same settings and seed, so its numbers differ a little from this "
    "run's; the losses are this run's."
)
OF_TRAINING = (
    " Losses are those of training batches, decoded from means with noise added; the squared errors on other pages are "
    "smaller, since test images are decoded there from the means alone."
)
SECONDS_BETWEEN_MOMENTS = 4.0
"""Seconds between two looks for further moments of a run that trains: each look costs the server a little."""


def show_replay(run: Run) -> bool:
    """Show the replay of a run, where its folder holds one; returns whether it does."""
    run = run.at(None)
    try:
        shown = cached.replay(run, first_pair(run))
        history = read_history(run.folder)
    except InputError as error:
        st.warning(f"This run's replay can't be shown: {reason_of(error)}")
        return False
    if shown is None:
        return False
    styles, steps = arm_styles(run.config), shown.replay.steps
    rows = losses_at(history, steps)
    none_yet = "no losses yet" + (f": the first are means of steps 1 to {history[0]['step']:,}" if history else "")
    replay_player(
        [
            ReplaySide(
                title=styles[arm].name,
                colour=styles[arm].colour,
                positions=shown.positions[arm],
                accuracy=shown.accuracy.get(arm),
                losses=[_losses(row, arm, run.config.arms[arm]) if row else none_yet for row in rows],
            )
            for arm in shown.arms
        ],
        run=run.name,
        times=time_axis(steps, run.steps_per_epoch),
        labels=shown.labels,
        class_names=run.class_names,
        parting=shown.parting,
        key=keys.REPLAY,
    )
    st.caption(
        f"{len(shown.labels):,} fixed images of the {run.config.data.name} test split, each arm in the PCA plane of "
        f"its last moment; seed {run.config.train.seed}, run {run.name}{notions_after(run)}."
        + _parting_in_words(shown)
        + (OF_ANOTHER_TRAINING if shown.of_another_training else "")
        + (OF_TRAINING if history else ""),
        help=_explained(shown),
    )
    return True


def show_replay_of_job(job: Job) -> None:
    """Show the replay of a job's run: while it trains up to the present moment, afterwards up to its end."""
    st.fragment(_replay_of_job, run_every=SECONDS_BETWEEN_MOMENTS if is_advancing(job) else None)(job.id)


def _replay_of_job(run_id: str) -> None:
    try:
        run = judged_alike(read_run(cached.jobs().run(run_id).folder))
    except InputError:  # deleted, or nothing is written yet
        return
    if (run.folder / REPLAY).is_file():
        st.markdown("## How it took shape" if run.provenance.finished else "## How it takes shape")
        show_replay(run)


def show_other_replay(run: Run) -> None:
    """Show the replay of another run in place of that of a run which keeps none, and say so."""
    for folder in cached.run_folders().values():
        if (folder / REPLAY).is_file():
            other = read_run(folder)
            st.caption(as_text(f"{run.name} keeps no replay of its training. This is {other.name}'s."))
            show_replay(other)
            return


def _explained(shown: ShownReplay) -> str:
    """Explanation of the replay, for which the caption has no room."""
    counted = (
        f" Triplets in order: share at m = 0, exact among {shown.counted:,} of the images." if shown.counted else ""
    )
    turned = " The second map is turned onto the first; both have one scale." if len(shown.arms) == 2 else ""
    return (
        f"Latent means μ at {len(shown.replay.steps)} moments, dense at first.{turned}{counted} Losses: mean over "
        "training batches, before their weights."
    )


def _parting_in_words(shown: ShownReplay) -> str:
    """What the marked moment is."""
    if len(shown.arms) < 2 or not shown.accuracy:
        return ""
    points = 100 * abs(shown.accuracy[shown.arms[1]][-1] - shown.accuracy[shown.arms[0]][-1])
    if shown.parting is None:
        return f" The shares of triplets in order end {points:.1f} points apart, which is within the noise."
    return (
        f" Parted: from there on the shares of triplets in order stay at least {100 * PARTED:.0f} % as far apart as "
        f"the {points:.1f} points at the end."
    )


def _losses(row: Mapping[str, Any], arm: str, loss: LossConfig) -> str:
    """The terms of an arm's loss in a row of the history."""
    terms = row["arms"][arm]
    return (
        f"{reconstruction_name([loss])} {terms['reconstruction']:.2f} · KL {terms['kl']:.2f} nats · "
        f"{triplet_name([loss])} {terms['triplet']:.3f}"
    )
