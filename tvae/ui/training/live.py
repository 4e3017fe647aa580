"""Shows a run while it trains and afterwards: controls, curves, map."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from tvae.errors import InputError
from tvae.figures.arm_styles import arm_styles
from tvae.figures.training import accuracy_while_training, loss_curves
from tvae.jobs.job import Job
from tvae.ui import cached
from tvae.ui import session as state
from tvae.ui.session import keys
from tvae.ui.style.escaping import as_text
from tvae.ui.training.live_map import show_map
from tvae.ui.training.requests import request, show_refusal
from tvae.ui.training.status import MEASURING_ENDS, POLL_SECONDS, UNDER_WAY, in_words, is_advancing, show_progress
from tvae.ui.training.step_explained import show_lesson

PLACE = "controls"
"""Where the controls show why a change was not made."""


def show_run(job: Job) -> None:
    """Show a run while it trains, and how it trained afterwards."""
    every = POLL_SECONDS if is_advancing(job) else None
    show_controls(job)
    show_refusal(PLACE)
    _polled(_progress, POLL_SECONDS if job.state in UNDER_WAY else None)(job.id, _controls_of(job))
    with st.container(key=keys.CHARTS):
        left, right = st.columns([2, 3], gap="large")
    with left:
        _polled(_accuracy, every)(job.id)
    with right:
        _polled(_losses, every)(job.id)
    show_map(job)


def _polled(show: Callable[..., None], every: float | None) -> Callable[..., None]:
    """The function as a fragment; once the run is gone, deleted by its owner, the whole page is drawn again."""

    def show_or_leave(run_id: str, *arguments: str) -> None:
        try:
            cached.jobs().run(run_id)
        except InputError:
            st.rerun()
        show(run_id, *arguments)

    return st.fragment(show_or_leave, run_every=every)


def show_controls(job: Job) -> None:
    """Buttons to pause, step, resume, stop and slow down a run; for its owner only."""
    if not cached.jobs().may_control(job.id, state.owner()):
        if job.state in UNDER_WAY:
            st.caption("Somebody else's run: you can watch it, but not stop it.")
        return
    jobs, me = cached.jobs(), state.owner()
    live = job.state == "running"
    with st.container(horizontal=True, vertical_alignment="center"):  # wraps where the page is narrow
        if live and not job.paused:
            st.button("Pause", icon=":material/pause:", on_click=request, args=(PLACE, jobs.pause, job.id, me))
        elif job.paused or job.resumable:
            st.button("Resume", icon=":material/play_arrow:", on_click=request, args=(PLACE, _resume, job.id))
        if live:
            st.button(
                "One step",
                icon=":material/skip_next:",
                on_click=request,
                args=(PLACE, _one_step, job),
                help="Pauses, and takes a single step.",
            )
        if job.state in UNDER_WAY:
            measuring = job.phase == "measuring"
            st.button(
                "Stop",
                icon=":material/stop:",
                on_click=request,
                args=(PLACE, jobs.stop, job.id, me),
                disabled=job.stopping or measuring,
                help=MEASURING_ENDS if measuring else None,
            )
            slow = keys.slow_mode(job.id)
            state.write(slow, job.slow)  # as the run is: another tab may have changed it since this one looked
            st.toggle(
                "Slow: a step at a time, explained",
                key=slow,
                disabled=not live,
                on_change=lambda: request(PLACE, jobs.slow, job.id, me, state.read(slow)),
            )


def _resume(run_id: str) -> None:
    own = state.own_runs()
    with own.changing:
        cached.jobs().resume(run_id, state.owner())
        own.watched = run_id


def _one_step(job: Job) -> None:
    if not job.paused:
        cached.jobs().pause(job.id, state.owner())
    cached.jobs().step_once(job.id, state.owner())


def _controls_of(job: Job) -> str:
    """The run's state as text: the controls are drawn again when it changes, also from another tab."""
    phase = job.phase if job.phase in ("paused", "measuring") else ""
    step = job.step if job.phase == "paused" else None
    return f"{job.state} {job.paused} {job.slow} {job.stopping} {job.resumable} {phase} {step}"


def _progress(run_id: str, controls_before: str) -> None:
    """Shows how far the run is; the whole page is drawn again when it ends, and when other controls fit it."""
    job = cached.jobs().run(run_id)
    if _controls_of(job) != controls_before:
        st.rerun()
    with st.container(border=True):
        show_progress(job)
        if job.state == "running" and job.images_per_second:
            st.caption(f"Step {job.step:,}, {job.images_per_second:,.0f} images a second in each arm.")
        for warning in job.warnings:
            st.warning(warning)
        if job.state in ("failed", "interrupted"):
            st.info(f"{in_words(job).capitalize()}. What was saved stands; Resume goes on from there.")
    if job.slow and (lesson := cached.jobs().lesson(run_id)) is not None:
        show_lesson(lesson, job.config)


def _accuracy(run_id: str) -> None:
    """Shows triplet accuracy against the epoch."""
    st.markdown("##### Triplet accuracy on test images")
    jobs = cached.jobs()
    live, job = jobs.live(run_id), jobs.run(run_id)
    if not live:
        st.caption("The first numbers come within seconds of the start.")
        return
    margins = live[-1]["margins"]
    margin = margins[0]
    figure = accuracy_while_training(live, arm_styles(job.config), margin)
    st.plotly_chart(figure, key=keys.LIVE_ACCURACY, alt="Triplet accuracy of each arm against the epoch")
    st.caption(
        f"Share of triplets right at m = {margin:g}, exact among {live[-1]['n']:,} images spread over the "
        f"{job.config.data.name} test split, seed {job.config.train.seed}, run {run_id}{_judged_by(job)}."
    )


def _judged_by(job: Job) -> str:
    """The notion that all arms are judged by while they train: the run's; empty where no setting names any."""
    notions = (job.config.data.notion, *(loss.notion for loss in job.config.arms.values()))
    return (
        as_text(f", judged by {job.config.data.notion or 'the first labels of the data set'}") if any(notions) else ""
    )


def _losses(run_id: str) -> None:
    """Shows each term of the loss by arm."""
    st.markdown("##### The terms of the loss")
    jobs = cached.jobs()
    history = jobs.history(run_id)
    if not history:
        st.caption("A line starts with the first tenth of an epoch.")
        return
    figure = loss_curves(history, arm_styles(jobs.run(run_id).config), jobs.run(run_id).config.arms)
    st.plotly_chart(figure, key=keys.LIVE_LOSSES, alt="Terms of the loss of each arm against the epoch")
    st.caption(
        f"On the training batches, before their weights, averaged over a tenth of an epoch; the hinge in latent "
        f"distance; run {run_id}."
    )
