"""Sidebar status of the watched run."""

from __future__ import annotations

from typing import Any

import streamlit as st

from tvae.config import RunConfig
from tvae.errors import InputError
from tvae.figures.training import nearest_margin
from tvae.jobs.job import Job
from tvae.jobs.preparation import preparation
from tvae.metrics.measurable import NOT_MEASURABLE
from tvae.runs.collapsed_arms import collapse_warnings
from tvae.runs.run import Run, read_metrics, read_run
from tvae.system.user_folders import runs_folder
from tvae.ui import cached
from tvae.ui import session as state
from tvae.ui.choices.runs import span
from tvae.ui.page_links import page_link
from tvae.ui.requests import request, show_refusal
from tvae.ui.session import keys
from tvae.ui.style.arm_text import arm_texts
from tvae.ui.style.escaping import as_text
from tvae.ui.style.reasons import reason_of

UNDER_WAY = ("queued", "running")
SHOWN_MARGIN = 0.0
PHASES = {
    "starting": "starts …",
    "loading": "loads its images …",
    "compiling": "compiles, once on this machine …",
    "paused": "paused",
    "measuring": "is measured …",
    "stopping": "stops …",
}
POLL_SECONDS = 1.0
PLACE = "status"
"""Place at which this status shows why a change was not made."""
SHOW_HELP = "Every page then shows this run."
MEASURING_ENDS = "Its training is over; measuring ends by itself."
"""Why a run that is measured can't be stopped."""
FIRST_POLL_SECONDS = 0.25
"""Seconds between two looks while the first numbers are about to come, which a person waits for."""


def show_status() -> None:
    """Shows the watched run; nothing where there is none."""
    job = watched_job()
    if job is None:
        return
    state.own_runs().shows_chosen = False  # the links below lead to this run
    _show_and_follow(job, "")


def show_status_on_page() -> None:
    """Shows the watched run below a page's title; page.css leaves it out while the sidebar, which shows it, is open."""
    job = watched_job()
    if job is not None:
        with st.container(key=keys.STATUS_ON_PAGE):
            _show_and_follow(job, "-on-page")


def show_status_here(config: RunConfig) -> None:
    """Shows the watched run beside the button that started it; nothing where it has another config."""
    job = watched_job()
    if job is not None and job.config == config:
        with st.container(key=keys.STATUS_HERE):
            _show_and_follow(job, "-here")


def _show_and_follow(job: Job, place: str) -> None:
    """Show the watched run, drawn anew as long as it is under way; `place` ends the keys of its buttons."""
    st.fragment(_show, run_every=poll_seconds(job))(job.id, stage_of(job), place)


def watched_job() -> Job | None:
    """The run that this session watches, None where it watches none or the run is gone."""
    own = state.own_runs()
    if not own.watched:
        return None
    try:
        job = cached.jobs().run(own.watched)
        if cached.jobs().may_see(job.id, state.owner()):
            return job
    except InputError:
        pass
    own.watched = ""
    return None


def is_advancing(job: Job) -> bool:
    """Whether the run's replay still grows: it is under way, and not paused."""
    return job.state in UNDER_WAY and job.phase != "paused"


def follow_choice() -> None:
    """Have the training page show the run that was just chosen; one that is over is watched no longer."""
    job, own = watched_job(), state.own_runs()
    if job is not None and job.over:
        own.watched = ""
    own.shows_chosen = True


def trained_here(run: Run) -> Job | None:
    """This run among those of this server; None for one that ships."""
    if run.folder.parent != runs_folder():
        return None
    try:
        return cached.jobs().run(run.folder.name)
    except InputError:  # deleted meanwhile
        return None


def stage_of(job: Job) -> tuple[str, bool]:
    """State of the run, and whether its first accuracy is still awaited; the page is redrawn when either changes."""
    begins = job.trains and job.state in UNDER_WAY and job.phase not in ("waiting", "measuring", "paused")
    return job.state, begins and cached.jobs().last_live(job.id) is None


def poll_seconds(job: Job) -> float | None:
    """Seconds between two updates of the status; None for a run that has ended, as each costs the server a little."""
    run_state, begins = stage_of(job)
    return None if run_state not in UNDER_WAY else FIRST_POLL_SECONDS if begins else POLL_SECONDS


def _show(run_id: str, stage: tuple[str, bool], place: str) -> None:
    try:
        job = cached.jobs().run(run_id)
    except InputError:
        st.rerun()
    if stage_of(job) != stage:
        st.rerun()
    with st.container(border=True, gap="small"):
        show_progress(job)
        show_refusal(PLACE + place)
        if job.state in UNDER_WAY:
            stop, more = st.columns(2, vertical_alignment="center")
            if cached.jobs().may_control(job.id, state.owner()):
                stop.button(
                    "Stop",
                    key=keys.STATUS_STOP + place,
                    on_click=request,
                    args=(PLACE + place, cached.jobs().stop, job.id, state.owner()),
                    disabled=job.stopping or job.phase == "measuring",
                    help=MEASURING_ENDS if job.phase == "measuring" else None,
                    width="stretch",
                )
            with more:
                page_link("pages/5_Training.py", "Watch", ":material/monitoring:")
        else:
            # Offered and not done by itself: a person may be in the middle of something on another run.
            offered = job.state == "done" and job.id != state.value_of(keys.RUN)
            # These buttons have no callbacks: those would redraw only this fragment.
            if offered and st.button(
                "Show it", key=keys.STATUS_SHOW + place, type="primary", width="stretch", help=SHOW_HELP
            ):
                state.choose_run(job.id)
                st.rerun()
            hide, more = st.columns(2, vertical_alignment="center")
            label, icon = ("Compare", "compare_arrows") if job.state == "done" else ("Open", "monitoring")
            with more:
                page_link("pages/5_Training.py", label, f":material/{icon}:")
            if hide.button("Hide", key=keys.STATUS_HIDE + place, width="stretch"):
                state.own_runs().watched = ""
                st.rerun()


def show_progress(job: Job) -> None:
    """Shows one run in three lines: its state, its progress, its accuracy."""
    st.markdown(f"**{as_text(called(job))}**: {in_words(job)}")
    show_numbers(job)


def show_numbers(job: Job) -> None:
    """Shows a run's progress, its accuracy, and warnings about it."""
    if job.state in UNDER_WAY and (job.step or not show_preparation()):
        st.progress(job.share, _progress_in_words(job))
    reached = accuracy_so_far(job)
    if reached:
        st.caption(reached)
    for warning in collapse_warnings(_metrics(job) or {"arms": {}}, arm_texts(job.config)).values():
        st.warning(warning)


def show_preparation() -> bool:
    """Shows how far this machine's first run is prepared, and returns True; False where nothing prepares it."""
    prepared = preparation()
    if prepared is None:
        return False
    st.progress(prepared.parts / prepared.of, f"Preparing this machine's first run: {prepared.parts} of {prepared.of}")
    return True


def _progress_in_words(job: Job) -> str:
    """Words for the phase that a run is in, of two, and the time that both will still take."""
    left = "" if job.seconds_left is None else f", {duration(job.seconds_left)} left"
    if job.phase == "measuring":
        return f"{'Measuring, 2 of 2' if job.trains else 'Measuring'}: {100 * job.measured:.0f} %{left}"
    so_far = f"epoch {job.epoch:.2f}" if job.step else "has not begun"
    return f"Training, 1 of 2: {so_far}{left}{' with measuring' if left else ''}"


def called(job: Job) -> str:
    """The run's name, or its data set and settings where it has none."""
    losses = [loss for loss in job.config.arms.values() if loss.triplet_weight] or list(job.config.arms.values())
    margins, weights = (span(losses, setting) for setting in ("margin", "triplet_weight"))
    return job.name or f"{job.config.data.name}, m = {margins}, w = {weights}"


def in_words(job: Job) -> str:
    """The run's state in words."""
    if job.stopping:
        return "stops …"
    if job.state == "queued":
        return f"waits, place {job.place} in line" if job.place else PHASES["starting"]
    if job.state == "running":
        return PHASES.get(job.phase, "trains")
    return f"{job.state}: {reason_of(job.reason)}" if job.reason else job.state


def accuracy_so_far(job: Job) -> str:
    """Triplet accuracy of each arm, measured at the end or, until then, on a part of the test split."""
    if (metrics := _metrics(job)) is not None:
        shares = {arm: values["triplet_accuracy"]["0"] for arm, values in metrics["arms"].items()}
        if None in shares.values():
            return f"Triplet accuracy: {NOT_MEASURABLE}, as the {metrics['n']:,} test images have no triplet."
        return f"{_shares(job, shares)} of triplets right at m = 0, n = {metrics['n']:,} test images."
    row = cached.jobs().last_live(job.id)
    if row is None:
        return ""
    place = nearest_margin(row["margins"], SHOWN_MARGIN)
    shares = {arm: values[place] for arm, values in row["arms"].items()}
    return f"{_shares(job, shares)} of triplets right at m = {row['margins'][place]:g}, {row['n']:,} test images."


def _metrics(job: Job) -> dict[str, Any] | None:
    """Metrics of a finished run; None of another, and where its files can't be read."""
    if job.state != "done":
        return None
    try:
        return read_metrics(read_run(job.folder).folder)
    except InputError:
        return None


def _shares(job: Job, shares: dict[str, float]) -> str:
    names = arm_texts(job.config)
    return ", ".join(f"{names[arm]} {100 * share:.2f} %" for arm, share in shares.items())


def duration(seconds: float) -> str:
    """Seconds in words."""
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    if seconds < 5400:
        return f"{round(seconds / 60)} min"
    return f"{seconds / 3600:.1f} h"
