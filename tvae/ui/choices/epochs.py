"""Epoch slider over a run's snapshots."""

from __future__ import annotations

import streamlit as st

from tvae.runs.run import Run, encoding_name, epochs_text
from tvae.ui import session as state
from tvae.ui.address.epochs import epoch_in_address
from tvae.ui.session import keys

FRAME_SECONDS = 1.2
"""Seconds that each snapshot is shown while they are played."""


def run_at_chosen_epoch(run: Run) -> Run:
    """Draw the epoch slider and return the run at the chosen snapshot; the run itself where it keeps none."""
    if not run.snapshots:
        return run
    steps = _steps(run)
    st.select_slider(
        "Epoch",
        **state.choice(
            keys.EPOCH,
            steps,
            steps[-1],
            text=lambda step: epoch_in_address(step / run.steps_per_epoch),
            default_as="value",
        ),
        format_func=lambda step: _epoch(run, step),
        help="This run kept its weights on the way: go back to see how it came about. The last is the trained run.",
    )
    step = state.value_of(keys.EPOCH)
    if st.toggle("Play the epochs", key=keys.EPOCH_PLAYING):
        _play(steps, step)
    return run if _ended(run) and step == steps[-1] else run.at(step)


def tell_that_epochs_are_not_followed(run: Run) -> None:
    """Write a line in place of the slider on a page that shows only the trained run; nothing without snapshots."""
    if not run.snapshots:
        return
    steps = _steps(run)
    state.choice(
        keys.EPOCH, steps, steps[-1], text=lambda step: epoch_in_address(step / run.steps_per_epoch), followed=False
    )
    chosen = state.value_of(keys.EPOCH)
    st.caption(
        f"This page shows the trained run, epoch {_epoch(run, steps[-1])}."
        if chosen == steps[-1]
        else f"Epoch {_epoch(run, chosen)} is chosen, which this page can't show: it shows the trained run, epoch "
        f"{_epoch(run, steps[-1])}."
    )


def run_or_newest_snapshot(run: Run) -> Run:
    """The run as it ended, or at its newest snapshot where it is still training or was interrupted."""
    return run if _ended(run) or not run.snapshots else run.at(run.snapshots[-1])


def _ended(run: Run) -> bool:
    """Whether the run's last weights are encoded; else it is still training, or was interrupted."""
    return (run.folder / encoding_name("test")).is_file()


def _steps(run: Run) -> list[int]:
    """Steps of the snapshots, and of the trained run."""
    return [*run.snapshots, *([run.step] if _ended(run) else [])]


def _epoch(run: Run, step: int) -> str:
    """Text of the epoch of a step, for the slider and for sentences."""
    return epochs_text(step / run.steps_per_epoch)


def epochs_play(run: Run) -> bool:
    """Whether the run's snapshots are being played; a page then leaves out what would take too long."""
    return bool(run.snapshots) and bool(state.read(keys.EPOCH_PLAYING))


@st.fragment(run_every=FRAME_SECONDS)
def _play(steps: list[int], current_step: int) -> None:
    """Show the next snapshot after a pause; after the last, the first."""
    if state.read(keys.EPOCH_SHOWN) != current_step:  # just drawn: it stays for its full time
        state.write(keys.EPOCH_SHOWN, current_step)
        return
    state.choose(keys.EPOCH, steps[(steps.index(current_step) + 1) % len(steps)])
    st.rerun()
