"""Opens a page: page config, title, sidebar with the run and the training panel."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import streamlit as st

from tvae.errors import InputError
from tvae.model.encoding import Encoding
from tvae.runs.available import run_folder, run_folders
from tvae.runs.run import Run, read_run
from tvae.system.app_folder import app_folder
from tvae.ui import cached
from tvae.ui import session as state
from tvae.ui.choices.epochs import run_at_chosen_epoch
from tvae.ui.session import keys
from tvae.ui.style.escaping import as_text
from tvae.ui.training.panel import show_training_panel

STYLE = Path(__file__).parent / "page.css"
PAGES = app_folder() / "pages"
ICON = Path(__file__).parent / "icon.png"
LONGEST_NAME = 80
"""Most characters that are shown of an unknown run's name."""


def open_page(title: str, question: str, *, at_any_epoch: bool = False) -> Run:
    """Open a page and return the run that it shows; ends the script with a message where there is none to show.

    With `at_any_epoch` the sidebar offers the run's snapshots, and the run may be returned as it was at one.
    """
    st.set_page_config(page_title=f"{title} · TVAE Explorer", page_icon=str(ICON), layout="wide")
    st.html(STYLE)
    st.title(title, anchor=False)
    st.markdown(f":gray[{question}]")
    with st.sidebar, st.container(gap="xxsmall"):
        st.page_link("streamlit_app.py", label="Overview")
        for page in sorted(PAGES.glob("*.py")):
            st.page_link(f"pages/{page.name}", label=page.stem.split("_", 1)[1].replace("_", " "))
    names = list(run_folders())
    if not names:
        st.error("No run to show: the folder checkpoints/ is empty. Train one: `python -m tvae train --out RUN`.")
        st.stop()
    state.put_training_in_address()
    state.take_next_run(names)
    requested_run = state.address(keys.RUN)  # read first: the widget removes an unknown name from the address
    with st.sidebar:
        name = st.selectbox(
            "Run",
            names,
            key=keys.RUN,
            bind="query-params",
            help="One training of several arms side by side; every page shows the run chosen here.",
        )
    if requested_run and requested_run not in names:
        st.warning(
            f"There is no run {as_text(requested_run[:LONGEST_NAME])} here. Shown is {as_text(name or names[0])}."
        )
    try:
        run = read_run(run_folder(name or names[0]))
    except InputError as error:
        st.error(f"This run can't be shown. {error}. Choose another in the sidebar.")
        st.stop()
    with st.sidebar:
        st.caption(_about(run))
        if at_any_epoch:
            run = run_at_chosen_epoch(run)
        show_training_panel(run)
    return run


def show_encoded_page(
    title: str, question: str, show_page: Callable[[Run, Encoding], None], *, at_any_epoch: bool = False
) -> None:
    """Open a page that needs a run and its encoded test split; shows a message where there is none."""
    run = open_page(title, question, at_any_epoch=at_any_epoch)
    encoding = cached.encoding(run)
    if encoding is None:
        st.info("This run's folder holds no encoded test split yet; it is written when a run ends.")
        return
    try:
        show_page(run, encoding)
    except InputError as error:
        st.error(as_text(f"This can't be shown. {error}."))


def _about(run: Run) -> str:
    config, provenance = run.config, run.provenance
    state = "" if provenance.finished else " **Not finished.**"
    margins = {arm.margin for arm in config.arms.values()}
    loss = f", margin {margins.pop():g} in the loss" if len(margins) == 1 else ""
    return (
        f"{len(config.arms)} arms on {config.data.name}, {config.train.epochs} epochs, seed {config.train.seed}, "
        f"{config.model.latent_dim} latents{loss}.{state}"
    )
