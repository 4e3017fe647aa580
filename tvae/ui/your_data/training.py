"""Trains an own data set with settings that are suggested for it, and leads to the map of its newest run."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import streamlit as st

from tvae.config import LossConfig, RunConfig, vae_and_tvae
from tvae.data.own import OwnDataset
from tvae.errors import InputError
from tvae.jobs.job import Job
from tvae.training.suggested_config import Suggestion
from tvae.ui import cached
from tvae.ui import session as state
from tvae.ui.page_links import map_link
from tvae.ui.requests import answered, request, show_refusal
from tvae.ui.session import keys
from tvae.ui.style.escaping import as_text
from tvae.ui.style.reasons import reason_of
from tvae.ui.training.panel import LABELS
from tvae.ui.training.starting import start_run, why_no_run_starts
from tvae.ui.training.status import UNDER_WAY, accuracy_so_far, in_words, poll_seconds, show_progress
from tvae.ui.training.train_setting import in_fast_steps

TRIAL_SECONDS = 30.0
FIELDS = ("triplet_weight", "margin", "kl_weight")
KEEP: Any = {"persist_state": "session"}
PLACE = "own-data-training"
"""Place at which the page shows why a run can't be started."""


def show_training(dataset: OwnDataset) -> None:
    """Show the fields and buttons that train the data set, and its newest run."""
    try:
        suggestion = cached.suggestion(dataset)
    except InputError as error:
        st.error(as_text(f"Can't be trained on. {reason_of(error)}."))
        return
    job = newest_run(dataset.name)
    config = _chosen_config(dataset, suggestion)
    why_not = why_no_run_starts()
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.button(
            "Train",
            key=keys.of_data_set("train", dataset.name),
            type="primary" if job is None else "secondary",
            on_click=request,
            args=(PLACE, start_run, config),
            disabled=bool(why_not),
        )
        st.button(
            f"Try it for {TRIAL_SECONDS:g} s",
            key=keys.of_data_set("trial", dataset.name),
            on_click=answered(_start_trial, PLACE),
            args=(config,),
            disabled=bool(why_not),
        )
        if job is not None:
            _show_outcome(job)
    if why_not:
        st.error(why_not)
    if job is not None and job.state == "done":
        st.markdown(accuracy_so_far(job))
    show_refusal(PLACE)
    if job is not None and job.state in UNDER_WAY:
        st.fragment(_show_run, run_every=poll_seconds(job))(job.id, job.state)
    viewers = "Everybody on this server" if dataset.shared else "While the data set is private, only you"
    st.caption(
        f"Trains in the background: {config.train.epochs:,} epochs in steps of {config.train.batch_size} triplets. A"
        " trial is the same, ended early, to see whether the weights suit the images."
        f" {viewers} can open the run, with the few images that are kept with it."
    )
    st.caption(as_text(f"{suggestion.reason} {suggestion.network}"))


def newest_run(name: str) -> Job | None:
    """The newest run of a data set that this person may control; None where there is none."""
    jobs, me = cached.jobs(), state.owner()
    mine = (job for job in jobs.runs() if job.config.data.name == name and jobs.may_control(job.id, me))
    return next(mine, None)


def _chosen_config(dataset: OwnDataset, suggestion: Suggestion) -> RunConfig:
    """The suggested settings, with the values in the fields."""
    names = FIELDS if len(suggestion.config.arms) == 2 else FIELDS[-1:]
    values = {}
    with st.container(horizontal=True):
        for name in names:
            value = getattr(suggestion.loss, name)
            with st.container(width=150):
                values[name] = st.number_input(
                    LABELS[name],
                    0.0,
                    1e6,
                    value,
                    step=10.0 ** (math.floor(math.log10(value)) - 1),
                    format="%.4g",
                    key=keys.of_data_set(name, dataset.name),
                    **KEEP,
                )
    loss: LossConfig = replace(suggestion.loss, **values)
    arms = vae_and_tvae(loss)
    return in_fast_steps(replace(suggestion.config, arms={arm: arms[arm] for arm in suggestion.config.arms}))


def _start_trial(config: RunConfig) -> None:
    start_run(config, seconds=TRIAL_SECONDS)


def _show_outcome(job: Job) -> None:
    """A link to the map of a run that has ended."""
    if job.state in ("done", "stopped"):
        with st.container(key=keys.DATA_OPEN, width="content"):
            map_link("Open the map", run=job.id)
    elif job.state not in UNDER_WAY:
        st.error(as_text(f"The last run {in_words(job)}."))


def _show_run(run_id: str, run_state: str) -> None:
    job = cached.jobs().run(run_id)
    if job.state != run_state:
        st.rerun()
    show_progress(job)
