"""First steps of a training, explained."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from tvae.data import Split
from tvae.runs.run import Run
from tvae.ui.cached.keys import KEY_OF


@st.cache_data(max_entries=4, show_spinner="Training from the start …", hash_funcs=KEY_OF)
def first_steps(run: Run, split: Split, steps: Sequence[int]) -> list[dict[str, Any]]:
    """These steps of a training with the run's settings, explained as slow mode does (see `explained_steps`).

    Args:
        split: the training split of the run.
    """
    from tvae.training.step_explained import explained_steps  # torch takes seconds, and no other page needs this

    return explained_steps(run.config, split, steps)
