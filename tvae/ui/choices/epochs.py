"""Epoch slider over a run's snapshots."""

from __future__ import annotations

import streamlit as st

from tvae.runs.run import Run, encoding_name
from tvae.ui import session as state
from tvae.ui.session import keys

FRAME_SECONDS = 1.2
"""Seconds that each snapshot is shown while they are played."""


def run_at_chosen_epoch(run: Run) -> Run:
    """Draw the epoch slider and return the run at the chosen snapshot; the run itself where it keeps none."""
    if not run.snapshots:
        return run
    ended = (run.folder / encoding_name("test")).is_file()  # else it is still training, or was interrupted
    steps = [*run.snapshots, *([run.step] if ended else [])]
    if state.is_set(keys.EPOCH_NEXT):  # a widget's value can be set before the widget alone
        state.write(keys.EPOCH, state.take(keys.EPOCH_NEXT))
    if state.read(keys.EPOCH, steps[-1]) not in steps:  # the snapshot of another run
        state.forget(keys.EPOCH)
    step = st.select_slider(
        "Epoch",
        steps,
        value=steps[-1],
        format_func=lambda step: f"{step / run.steps_per_epoch:.3g}",
        key=keys.EPOCH,
        bind="query-params",
        persist_state="session",
        help="This run kept its weights on the way: go back to see how it came about. The last is the trained run.",
    )
    if st.toggle("Play the epochs", key=keys.EPOCH_PLAYING):
        _play(steps, step)
    return run if ended and step == steps[-1] else run.at(step)


def epochs_play(run: Run) -> bool:
    """Whether the run's snapshots are being played; a page then leaves out what would take too long."""
    return bool(run.snapshots) and bool(state.read(keys.EPOCH_PLAYING))


@st.fragment(run_every=FRAME_SECONDS)
def _play(steps: list[int], current_step: int) -> None:
    """Show the next snapshot after a pause; after the last, the first."""
    if state.read(keys.EPOCH_SHOWN) != current_step:  # just drawn: it stays for its full time
        state.write(keys.EPOCH_SHOWN, current_step)
        return
    state.write(keys.EPOCH_NEXT, steps[(steps.index(current_step) + 1) % len(steps)])
    st.rerun()
