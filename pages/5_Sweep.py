"""Sweep: many margins and weights with several seeds, started here and watched while they train."""

import streamlit as st

from tvae.errors import InputError
from tvae.runs.run import Run
from tvae.ui.page import show_page
from tvae.ui.session import keys
from tvae.ui.style.escaping import as_text
from tvae.ui.style.reasons import reason_of
from tvae.ui.sweep.form import show_form
from tvae.ui.sweep.sweeps import background, visible_plans
from tvae.ui.sweep.watching import choose_sweep, show_sweep

WHAT_IT_IS = """
Every margin is trained with every weight, each several times from another seed, beside a VAE on the same images. What
is done fills in here, cell by cell, while you watch or while you are away:

- which margin and which weight put most triplets in order, and what they cost in error and KL
- which differences are larger than those between seeds
- which cells no other beats at once, and each cell's run on all pages

"""


def show_content(run: Run) -> None:
    """Show the page below its title: the sweep that is chosen, and the form that starts another."""
    if not background().has_storage:
        show_first_form(run, "")
        return
    form, sweep = st.container(), st.container()
    with sweep, st.spinner("Reading the sweeps …"):
        try:
            plans = visible_plans()
        except InputError as error:
            plans, refusal = {}, f"Sweeps can't be read. {reason_of(error)}."
        else:
            refusal = ""
    if not plans:
        with form:
            show_first_form(run, refusal)
        return
    with form:
        panel = st.expander("Start a sweep", icon=":material/grid_on:", key=keys.SWEEP_PANEL, on_change="rerun")
        if panel.open:
            with panel:
                show_form(run)
    with sweep:
        show_sweep(choose_sweep(plans))


def show_first_form(run: Run, refusal: str) -> None:
    """Show the form where there is no sweep yet, and beside it what will be here."""
    if refusal:
        st.error(as_text(refusal))
    fields, words = st.columns([5, 4], gap="large")
    with fields:
        st.markdown("## Start a sweep")
        show_form(run)
    with words:
        st.markdown("## What a sweep shows")
        st.markdown(WHAT_IT_IS)


show_page("Sweep", "Which margin and weight, over a whole grid and several seeds?", show_content)
