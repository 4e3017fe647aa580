"""The training page: runs in the background, to watch, slow down, compare and keep."""

import streamlit as st

from tvae.runs.run import Run
from tvae.ui import cached
from tvae.ui import session as state
from tvae.ui.page import show_page
from tvae.ui.training.comparison import compared_with, show_comparison
from tvae.ui.training.live import show_run
from tvae.ui.training.replay import show_other_replay, show_replay, show_replay_of_job
from tvae.ui.training.run_table import show_run_table
from tvae.ui.training.status import called, in_words, watched_job


def show_content(run: Run) -> None:
    """Show the page below its title."""
    job = watched_job()
    others = cached.jobs().runs(state.owner())
    if job is None and others:
        job = next((other for other in others if other.state in ("running", "queued")), None)
    if others:
        ids = [other.id for other in others]
        # The list is drawn once, so it does not say what a running job is doing: that changes too often.
        run_titles = {
            other.id: f"{called(other)} ({other.id}): {in_words(other) if other.over else 'under way'}"
            for other in others
        }
        picked = st.selectbox(
            "Training run",
            ids,
            index=ids.index(job.id) if job is not None and job.id in ids else None,
            format_func=lambda run_id: run_titles[run_id],
            placeholder="Choose a run to see how it trained",
        )
        if picked and (job is None or picked != job.id):
            state.own_runs().watched = picked
            st.rerun()
    if job is None:
        if not show_replay(run):
            show_other_replay(run)
        st.info("Nothing is training. Open **Train a run** in the sidebar: a quick look at both arms takes about 20 s.")
    else:
        show_run(job)
        show_replay_of_job(job)
        if job.state == "done":
            st.markdown("##### What changed")
            show_comparison(compared_with(job, state.shown_before(job.id) or run.name), job.id)
    show_run_table()


show_page("Training", "How does a latent space take shape, and what do margin and weights change?", show_content)
