"""Shows the sweep that is chosen, drawn anew while it trains."""

from __future__ import annotations

import streamlit as st

from tvae.errors import InputError
from tvae.jobs.runs_folder import runs_folder_refusal
from tvae.sweeps.plan import Plan
from tvae.system.user_folders import runs_folder
from tvae.ui import session as state
from tvae.ui.requests import request
from tvae.ui.session import keys
from tvae.ui.style.escaping import as_text
from tvae.ui.style.reasons import reason_of
from tvae.ui.sweep.cell import show_cell
from tvae.ui.sweep.heat_map import caption, choose_shown, in_short, show_baseline, show_heat_map, show_table
from tvae.ui.sweep.steering import PLACE, show_steering
from tvae.ui.sweep.sweeps import SweepView, background, sweep_view
from tvae.ui.training.status import duration, in_words

POLL_SECONDS = 2.0
NO_CELL = ""


def choose_sweep(plans: dict[str, Plan]) -> str:
    """Draw the choice among these sweeps where there are several, and return the chosen one's name."""
    names = list(plans)
    control = state.choice(keys.SWEEP, names, names[0], explain=lambda name: f"There is no sweep {name} here.")
    if len(names) == 1:
        return names[0]
    return st.selectbox("Sweep", **control, format_func=lambda name: _label(name, plans[name])) or names[0]


def _label(name: str, plan: Plan) -> str:
    origin = "" if plan.owner else ", from the command line"
    return f"{name}: {plan.config.data.name}, {len(plan.cells):,} cells, {len(plan.seeds):,} seeds{origin}"


def show_sweep(name: str) -> None:
    """Show a sweep: how far it is, its cells, and the one that was clicked."""
    try:
        view = sweep_view(name)
    except InputError as error:
        st.error(as_text(f"This sweep can't be shown. {reason_of(error)}."))
        return
    if view.under_way and view.is_of_app and not background().works and not runs_folder_refusal(runs_folder()):
        request(PLACE, background().start)  # its process was killed, or ended with the machine
    st.fragment(_show, run_every=POLL_SECONDS if view.under_way else None)(name, view.under_way)


def _show(name: str, under_way: bool) -> None:
    try:
        view = sweep_view(name)
    except InputError as error:
        st.error(as_text(f"This sweep can't be shown. {reason_of(error)}."))
        return
    if view.under_way != under_way:
        st.rerun()  # the whole page: other parts of it tell of the runs too
    clicked = state.take(keys.SWEEP_CLICKED)
    if clicked is not None:
        state.choose(keys.SWEEP_CELL, clicked)
    st.markdown(f"## {as_text(name)}: {_headline(view)}")
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        if not view.over:
            st.progress(_share(view), _progress_in_words(view), width=420)
        show_steering(view)
    shown = choose_shown()
    cells = {cell.row.arm: cell for cell in view.cells}
    control = state.choice(keys.SWEEP_CELL, [NO_CELL, *cells], NO_CELL, within=name)
    chosen = state.value_of(keys.SWEEP_CELL)
    pictures, words = st.container(key=keys.SWEEP_ROW).columns([8, 4], gap="medium")
    with pictures:
        show_heat_map(view, shown, chosen)
    with words:
        st.selectbox(
            "Cell",
            format_func=lambda arm: "click one, or choose" if arm == NO_CELL else in_short(cells[arm].cell),
            **control,
        )
        if chosen == NO_CELL:
            show_baseline(view, shown)
        else:
            show_cell(view, cells[chosen], shown)
    st.caption(caption(view, shown))
    show_failures(view)
    with st.expander("Every cell in a table"):
        show_table(view, shown)


def show_failures(view: SweepView) -> None:
    """Show why runs of the sweep have failed, each reason once."""
    failed = [one for one in view.states if one.state == "failed"]
    for reason in dict.fromkeys(one.reason for one in failed):
        seeds = ", ".join(str(one.group.seed) for one in failed if one.reason == reason)
        st.warning(as_text(f"Seed {seeds}: {reason_of(reason)}."))


def _headline(view: SweepView) -> str:
    """How far the sweep is, in a few words."""
    done, failed, runs = view.count("done"), view.count("failed"), len(view.states)
    so_far = f"{done:,} of {runs:,} {'run' if runs == 1 else 'runs'} done"
    if failed:
        so_far += f", {failed:,} failed"
    if view.over:
        cells, seeds = len(view.cells), len(view.plan.seeds)
        words = f"{cells:,} {'cell' if cells == 1 else 'cells'} with {seeds:,} {'seed' if seeds == 1 else 'seeds'}"
        return so_far if failed else f"done, {words}"
    if view.asked.state != "on":
        stopping = ", its run stops …" if view.count("running") else ""
        return f"{view.asked.state}, {so_far}{stopping}"
    return so_far


def _share(view: SweepView) -> float:
    """Share of the sweep's training that is done, from 0 to 1."""
    return min(1.0, (view.count("done", "failed") + sum(run.job.share for run in view.running)) / len(view.states))


def _progress_in_words(view: SweepView) -> str:
    """What is trained now, and the time that is left, as Markdown."""
    if view.asked.state != "on":
        return "Rests."
    if not view.running:
        if view.turn.token == view.plan.token and view.turn.waits:
            return as_text(f"Waits: {reason_of(view.turn.waits)}.")
        return "Begins …" if view.is_of_app and view.turn.token in ("", view.plan.token) else "Waits for its turn."
    run = view.running[0]
    words = f"Seed {run.state.group.seed} {in_words(run.job)}"
    left = run.job.seconds_left
    if left is None:
        return words
    rest = view.count("waiting", "lost")
    each = left / (1 - run.job.share) if run.job.share < 1 else 0.0
    return f"{words}, about {duration(left + rest * each)} left"
