"""Form that starts a sweep from the settings of the run that is shown."""

from __future__ import annotations

import time

import streamlit as st

from tvae.errors import InputError
from tvae.jobs.allowance import check_room
from tvae.runs.run import Run
from tvae.sweeps.background import Asked
from tvae.sweeps.layout import size_in_words
from tvae.sweeps.plan import Plan
from tvae.system.limits import limits
from tvae.system.user_folders import runs_folder
from tvae.ui import cached
from tvae.ui import session as state
from tvae.ui.choices.runs import settings_in_words
from tvae.ui.requests import answered, show_refusal
from tvae.ui.session import keys
from tvae.ui.style.escaping import as_text
from tvae.ui.style.reasons import reason_of
from tvae.ui.style.sentences import with_capital
from tvae.ui.sweep.estimate import estimate
from tvae.ui.sweep.settings import MARGINS, SEEDS, WEIGHTS, Fields, Refused, free_name, plan_in
from tvae.ui.sweep.sweeps import background
from tvae.ui.training.starting import DOUBLE_CLICK_SECONDS, why_no_run_starts
from tvae.ui.training.status import UNDER_WAY, duration

PLACE = "sweep-form"


def show_form(run: Run) -> None:
    """Show the fields, what they come to in runs and in time, and the button that starts the sweep."""
    st.fragment(_show)(run, state.read(keys.SWEEP_STARTED, ""))  # a change of a field draws the form alone


def _show(run: Run, started: str) -> None:
    if state.read(keys.SWEEP_STARTED, "") != started:
        st.rerun()  # the whole page: it shows the sweep that was just started
    with st.container(key=keys.SWEEP_FIELDS):  # beside each other where there is room
        _field("Margins", keys.SWEEP_MARGINS, MARGINS, "Margins of the triplet term, with commas between them.")
        _field("Triplet weights", keys.SWEEP_WEIGHTS, WEIGHTS, "Each is trained with each margin.")
        _field("Seeds", keys.SWEEP_SEEDS, SEEDS, "Each cell is trained with each; three show what is noise.")
        st.number_input(
            "Epochs",
            value=max(1, round(run.trained_epochs)),
            min_value=1,
            step=1,
            key=keys.sweep_epochs(run.name),
            persist_state="session",
        )
        _field("Name", keys.SWEEP_NAME, "", "Letters, digits, '-', '_' and '.'.", "named for you")
    refusals, words, plan = _refusals_and_words(run)
    st.button(
        "Start the sweep",
        key=keys.SWEEP_START,
        type="primary",
        width="stretch",
        disabled=bool(refusals),
        on_click=answered(_start, PLACE),
        args=(run,),
    )
    show_refusal(PLACE)
    for line in refusals:
        st.error(as_text(line))
    if plan is not None:
        st.caption(words)
    st.caption(
        f"All else is as in the run that the sidebar shows, **{as_text(run.name)}**: {as_text(run.config.data.name)}, "
        f"{run.config.model.latent_dim} latents, batches of {run.config.train.batch_size}. Its own arms, "
        f"{settings_in_words(run)}, are not trained again."
    )


def _field(label: str, key: str, default: str, explanation: str, placeholder: str | None = None) -> None:
    if not state.is_set(key):
        state.write(key, default)
    st.text_input(label, key=key, help=explanation, placeholder=placeholder, max_chars=500, persist_state="session")


def _fields(run: Run) -> Fields:
    return Fields(
        name=(state.read(keys.SWEEP_NAME) or "").strip(),
        margins=state.read(keys.SWEEP_MARGINS) or "",
        weights=state.read(keys.SWEEP_WEIGHTS) or "",
        seeds=state.read(keys.SWEEP_SEEDS) or "",
        epochs=state.read(keys.sweep_epochs(run.name)),
    )


def _refusals_and_words(run: Run) -> tuple[list[str], str, Plan | None]:
    """What hinders a start, a line each; the size and the time of the sweep as Markdown; its plan."""
    refusals = list(filter(None, [why_no_run_starts()]))
    try:
        plan = plan_in(_fields(run), run, state.owner())
    except Refused as refused:
        return [*refusals, *(f"{with_capital(reason_of(line))}." for line in refused.lines)], "", None
    most, jobs = limits(), cached.jobs().runs(state.owner())
    took = estimate(plan, jobs)
    if took.longest > most.run_seconds:
        refusals.append(
            f"A run of it takes about {duration(took.longest)}, and is stopped here after "
            f"{_days(most.run_seconds)}: take fewer cells or epochs."
        )
    if not refusals:
        try:
            check_room(runs_folder(), state.owner())
        except InputError as error:
            refusals.append(f"{with_capital(reason_of(error))}.")
    where = f"at the speed of run {as_text(took.like)} here" if took.like else "on two cores of a server of 2023"
    runs = sum(1 for _ in plan.groups())
    each = "" if runs == 1 else f", a run about {duration(took.longest)}"
    before = sum(job.state in UNDER_WAY for job in jobs)
    line = f" {before:,} of the server's runs {'is' if before == 1 else 'are'} before it now." if before else ""
    words = (
        f"**About {duration(took.seconds)}** {where}{each}. {size_in_words(plan)}; "
        f"{100 * plan.config.data.validation_share:.0f} % of the training images are held out to choose on. It trains "
        f"one run after the other, also while no browser is open.{line} A run here may have {most.run_arms:,} arms and "
        f"train for {_days(most.run_seconds)}."
    )
    return refusals, words, plan


def _start(run: Run) -> None:
    """Lay out the sweep that the fields describe, and have it trained in the background.

    Raises:
        InputError: settings that are not possible, or a name that is taken.
        OSError: the disk is full, or no process can be started.
    """
    from tvae.sweeps.study import Sweep, plans_in

    try:
        plan = plan_in(_fields(run), run, state.owner())
    except Refused as refused:
        raise InputError(refused.lines[0]) from None
    last, at = state.read(keys.SWEEP_REQUEST, (None, 0.0))
    if last is not None and last.same_settings(plan) and time.monotonic() - at < DOUBLE_CLICK_SECONDS:
        return
    runs = runs_folder()
    check_room(runs, state.owner())
    name = _fields(run).name or free_name(plan.config.data.name, set(plans_in(runs)))
    sweep, _ = Sweep.start(name, plan, "", runs)
    sweep.close()
    state.write(keys.SWEEP_REQUEST, (plan, time.monotonic()))
    background().ask(sweep.plan.token, Asked())  # the same one may have been cancelled before
    background().start()
    state.choose(keys.SWEEP, name)
    state.write(keys.SWEEP_STARTED, name)


def _days(seconds: float) -> str:
    return duration(seconds) if seconds < 2 * 86_400 else f"{seconds / 86_400:g} days"
