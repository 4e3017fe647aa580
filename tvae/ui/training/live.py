"""Shows a run during its training and afterwards: progress and controls, map, curves."""

from __future__ import annotations

import streamlit as st

from tvae.errors import InputError
from tvae.figures.arm_styles import arm_styles
from tvae.figures.training import accuracy_while_training, loss_curves
from tvae.jobs.job import Job
from tvae.runs.replays.recorded import REPLAY
from tvae.runs.run import read_run
from tvae.ui import cached
from tvae.ui import session as state
from tvae.ui.judging import judged_alike
from tvae.ui.page_links import map_link
from tvae.ui.requests import request, show_refusal
from tvae.ui.session import keys
from tvae.ui.style.escaping import as_text
from tvae.ui.style.sentences import with_capital
from tvae.ui.training.live_map import fitted_map, show_map
from tvae.ui.training.replay import show_replay
from tvae.ui.training.status import (
    MEASURING_ENDS,
    POLL_SECONDS,
    SHOW_HELP,
    UNDER_WAY,
    called,
    in_words,
    poll_seconds,
    show_numbers,
    stage_of,
)
from tvae.ui.training.step_explained import show_step

PLACE = "controls"
"""Place at which the controls show why a change was not made."""


def show_run(job: Job) -> None:
    """Show a run: its state and controls, then its map or its replay, and its curves, all in one fragment.

    It is drawn again every second while the run is under way or its map is being made, and at no time else.
    """
    computing = _computes_map(job)
    every = poll_seconds(job) or (POLL_SECONDS if computing else None)
    st.fragment(_show, run_every=every)(job.id, stage_of(job), computing)


def _show(run_id: str, stage: tuple[str, bool], computing: bool) -> None:
    """Draw the run; the whole page where the run is gone, began or ended, or its map began or ended to be made."""
    try:
        job = cached.jobs().run(run_id)
    except InputError:  # deleted by its owner
        st.rerun()
    if (stage_of(job), _computes_map(job)) != (stage, computing):
        st.rerun()
    _show_state(job)
    if job.slow and (step := cached.jobs().lesson(run_id)) is not None:
        show_step(step, job.config)
    if _has_replay(job):
        show_replay(judged_alike(read_run(job.folder)))
    else:
        show_map(job)
    with st.container(key=keys.CHARTS):
        left, right = st.columns([2, 3], gap="large")
    with left:
        _show_accuracy(job)
    with right:
        _show_losses(job)


def _has_replay(job: Job) -> bool:
    """Whether the run is done and has a replay, which then stands in the place of its map."""
    return job.state == "done" and (job.folder / REPLAY).is_file()


def _computes_map(job: Job) -> bool:
    fitted = None if _has_replay(job) else fitted_map(job.id)
    return fitted is not None and fitted.layout_state.ticket is not None


def _show_state(job: Job) -> None:
    """Show the state of the run, and beside it the buttons that control it."""
    with st.container(gap="xsmall"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            speed = f" :gray[· step {job.step:,}, {job.images_per_second:,.0f} images a second in each arm]"
            st.markdown(
                f"**{as_text(called(job))}**: {in_words(job)}"
                + (speed if job.state == "running" and job.images_per_second else ""),
                width="stretch",
            )
            _show_controls(job)
        show_numbers(job)
        for warning in job.warnings:
            st.warning(warning)
        if job.state in ("failed", "interrupted"):
            st.info(f"{with_capital(in_words(job))}. What was saved stands; Resume goes on from there.")
    show_refusal(PLACE)


def _show_controls(job: Job) -> None:
    """Buttons to pause, step, resume, stop and slow down a run, for its owner only; and to see one that is done."""
    if job.state == "done":
        _show_ways_on(job)
        return
    if not cached.jobs().may_control(job.id, state.owner()):
        if job.state in UNDER_WAY:
            st.caption("Somebody else's run: you can watch it, but not stop it.")
        return
    jobs, me = cached.jobs(), state.owner()
    live = job.state == "running"
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
            "Slow",
            key=slow,
            disabled=not live,
            help="A step at a time, explained.",
            on_change=lambda: request(PLACE, jobs.slow, job.id, me, state.read(slow)),
        )


def _show_ways_on(job: Job) -> None:
    """Show ways from a finished run: a link to its map, and a button that has every page show it."""
    with st.container(key=keys.STATUS_MAP, width="content"):
        map_link("Open on the map", run=job.id)
    # Offered and not done by itself: a person may be in the middle of something on another run.
    if job.id != state.value_of(keys.RUN) and st.button("Show it", key=keys.STATUS_SHOW, help=SHOW_HELP):
        state.choose_run(job.id)
        st.rerun()  # the whole page; a callback would have this fragment alone drawn again


def _resume(run_id: str) -> None:
    own = state.own_runs()
    with own.changing:
        cached.jobs().resume(run_id, state.owner())
        own.watch(run_id)


def _one_step(job: Job) -> None:
    if not job.paused:
        cached.jobs().pause(job.id, state.owner())
    cached.jobs().step_once(job.id, state.owner())


def _show_accuracy(job: Job) -> None:
    """Show triplet accuracy against the epoch."""
    st.markdown("## Triplet accuracy on test images")
    live = cached.jobs().live(job.id)
    if not live:
        st.caption("The first numbers come within seconds of the start.")
        return
    margin = live[-1]["margins"][0]
    figure = accuracy_while_training(live, arm_styles(job.config), margin)
    st.plotly_chart(figure, key=keys.LIVE_ACCURACY, alt="Triplet accuracy of each arm against the epoch")
    st.caption(
        f"Share of triplets right at m = {margin:g}, exact among {live[-1]['n']:,} images spread over the "
        f"{job.config.data.name} test split, seed {job.config.train.seed}, run {job.id}{_judged_by(job)}."
    )


def _judged_by(job: Job) -> str:
    """Words for the notion that all arms are judged by during training, the run's; empty where no setting names any."""
    notions = (job.config.data.notion, *(loss.notion for loss in job.config.arms.values()))
    return (
        as_text(f", judged by {job.config.data.notion or 'the first labels of the data set'}") if any(notions) else ""
    )


def _show_losses(job: Job) -> None:
    """Show each term of the loss by arm."""
    st.markdown("## The terms of the loss")
    history = cached.jobs().history(job.id)
    if not history:
        st.caption("A line starts with the first tenth of an epoch.")
        return
    figure = loss_curves(history, arm_styles(job.config), job.config.arms)
    st.plotly_chart(figure, key=keys.LIVE_LOSSES, alt="Terms of the loss of each arm against the epoch")
    st.caption(
        f"On the training batches, before their weights, averaged over a tenth of an epoch; the hinge in latent "
        f"distance; run {job.id}."
    )
