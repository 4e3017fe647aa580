"""The training page: runs in the background, to watch, slow down, compare and keep."""

import streamlit as st

from tvae.jobs.job import Job
from tvae.runs.run import Run
from tvae.ui import session as state
from tvae.ui.page import show_page
from tvae.ui.session import keys
from tvae.ui.style.escaping import as_text
from tvae.ui.training.comparison import choose_comparison, compared_with
from tvae.ui.training.live import show_run
from tvae.ui.training.panel import show_form_that_opens, show_training_form
from tvae.ui.training.replay import show_other_replay, show_replay, show_replay_of_job
from tvae.ui.training.run_table import manage, show_run_table
from tvae.ui.training.status import UNDER_WAY, called, trained_here, watched_job


def show_content(run: Run) -> None:
    """Show the page below its title: the form, the watched run or else the chosen one, and the list of runs."""
    watched = watched_job()
    if watched is not None and watched.state in UNDER_WAY:
        show_form_that_opens("Train another run", run)  # so that what trains is in sight
    else:
        show_training_form(run)
    if watched is not None and state.own_runs().shows_chosen:
        show_link_to(watched)
        watched = None
    job = watched or trained_here(run)
    if job is None:
        if not show_replay(run):
            show_other_replay(run)
    else:
        show_run(job)
        if job.state != "done":
            show_replay_of_job(job)
    name = run.name if job is None else job.id
    if job is None or job.state == "done":
        st.markdown("## What changed")
        choose_comparison(name, "" if job is None else compared_with(job, state.shown_before(job.id) or run.name))
    st.markdown(f"## Run {as_text(name)}")
    manage(name, job)
    show_run_table(name)


def show_link_to(job: Job) -> None:
    """Show which run is under way while the page shows another, and the button that leads back to it."""
    if job.state in UNDER_WAY and st.button(
        f"Watch {called(job)}, which is under way", key=keys.STATUS_WATCH, icon=":material/monitoring:"
    ):
        state.own_runs().watch(job.id)
        st.rerun()


show_page(
    "Training",
    "How does a latent space take shape, and what do margin and weights change?",
    show_content,
    trains_itself=True,
)
