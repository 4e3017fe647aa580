"""The chosen cell: its figures by seed, and the links that show one of its runs on every page."""

from __future__ import annotations

import streamlit as st

from tvae.runs.seeds.figures import MEASURED
from tvae.sweeps.plan import BASELINE
from tvae.sweeps.progress import CellProgress
from tvae.sweeps.study import GroupState
from tvae.ui import cached
from tvae.ui import session as state
from tvae.ui.choices.arms import show_on_every_page
from tvae.ui.page_links import arms_link
from tvae.ui.session import keys
from tvae.ui.style.escaping import as_text
from tvae.ui.style.reasons import reason_of
from tvae.ui.sweep.heat_map import LABELS, Shown
from tvae.ui.sweep.sweeps import SweepView
from tvae.ui.training.status import in_words

PAGES = (
    ("pages/1_Latent_map.py", "Latent map", "scatter_plot"),
    ("pages/2_Reconstructions.py", "Reconstructions", "compare"),
    ("pages/4_Triplets.py", "Triplets", "change_history"),
    ("pages/0_Which_weight.py", "Which weight?", "balance"),
)
"""The pages that a cell links to; the others are in the sidebar."""


def show_cell(view: SweepView, cell: CellProgress, shown: Shown) -> None:
    """Show the figures of a cell with each seed, and lead to its run with one of them."""
    st.markdown(f"## Margin {cell.cell.margin:g}, weight {cell.cell.weight:g}")
    seeds = list(cell.groups)
    done = cell.seeds("done")
    seed = st.segmented_control(
        "Seed",
        required=True,
        format_func=lambda seed: f"seed {seed}",
        label_visibility="collapsed",
        **state.choice(keys.SWEEP_SEED, seeds, (done or seeds)[0], default_as="default"),
    )
    group = cell.groups[seeds[0] if seed is None else seed]
    by_split = cell.row.by_seed.get(group.group.seed)
    if by_split is None:
        st.markdown(_in_words(view, group))
        return
    figures, vae = by_split[MEASURED].at(shown.margin), _baseline(view, group, shown)
    st.markdown(
        f"**{100 * figures.accuracy:.2f} %** in order at m = {shown.margin:g} (VAE {vae[0]})  \n"
        f"{LABELS['error']} **{figures.error:.2f}** (VAE {vae[1]}), {LABELS['kl']} **{figures.kl:.2f}** nats "
        f"(VAE {vae[2]})"
    )
    _show_links(group, cell.row.arm)


def _show_links(group: GroupState, arm: str) -> None:
    """Links to the run of a group with this arm beside the VAE, and the button that has every page show it."""
    if group.run not in cached.run_folders():
        where = f" on {as_text(group.worker)}" if group.worker else ""
        st.caption(
            f"Its run {as_text(group.run)} was trained{where} and is not among the runs here: it was deleted, or "
            "`tvae sweep collect` brings it in."
        )
        return
    if state.value_of(keys.RUN) == group.run and state.value_of(keys.ARMS) in ([BASELINE, arm], None):
        st.markdown(f":material/check: Every page now shows this cell beside the VAE, run {as_text(group.run)}.")
    elif st.button("Show it on every page", key=keys.SWEEP_SHOW, type="primary", help="Beside the VAE of its seed."):
        show_on_every_page(group.run, [BASELINE, arm])
        st.rerun()
    with st.container(horizontal=True, gap="small"):
        for page, label, icon in PAGES:
            arms_link(page, label, f":material/{icon}:", run=group.run, arms=[BASELINE, arm])


def _baseline(view: SweepView, group: GroupState, shown: Shown) -> tuple[str, str, str]:
    row = next(row for row in view.table.rows if row.arm == BASELINE)
    figures = row.by_seed[group.group.seed][MEASURED].at(shown.margin)
    return f"{100 * figures.accuracy:.2f}", f"{figures.error:.2f}", f"{figures.kl:.2f}"


def _in_words(view: SweepView, group: GroupState) -> str:
    """Where a run without figures stands, as Markdown."""
    if group.state == "failed":
        return f"**Failed.** {as_text(reason_of(group.reason))}."
    run = next((run for run in view.running if run.state.group.id == group.group.id), None)
    if run is not None:
        return (
            f"Run {as_text(run.job.id)} {as_text(in_words(run.job))}: {100 * run.job.share:.0f} % of its time is over."
        )
    if group.state == "running":
        return f"It trains{f' on {as_text(group.worker)}' if group.worker else ''}."
    return {"on": "It waits for its turn.", "paused": "The sweep is paused.", "cancelled": "The sweep was cancelled."}[
        view.asked.state
    ]
