"""Share of the paths between random pairs that pass through a third class."""

from __future__ import annotations

import numpy as np
import streamlit as st

from tvae.explore.latent_paths import PathKind
from tvae.model.encoding import Encoding
from tvae.runs.run import Run
from tvae.ui import cached
from tvae.ui import session as state
from tvae.ui.session import keys
from tvae.ui.style.arm_text import arm_text
from tvae.ui.style.captions import measured_on

WAYS: dict[str, PathKind] = {"straight": "linear", "spherical": "spherical"}
PAIRS = 200


def show_third_classes(run: Run, encoding: Encoding, arms: list[str], path_kind: str, voters: int) -> None:
    """Show the share of paths that lead through a third class, over many random pairs."""
    st.markdown("## Is this pair typical?")
    names = run.class_names
    if not st.toggle(f"Walk between {PAIRS} random pairs of images of two classes", **state.switch(keys.MANY_PAIRS)):
        st.caption("Counts how often the way leads through a third class, in every arm: a few seconds the first time.")
        return
    parts = []
    for arm in arms:
        share = cached.third_class_share(
            encoding.arms[arm], encoding.labels, len(names), WAYS[path_kind], voters, PAIRS
        )
        error = np.sqrt(share * (1 - share) / PAIRS)
        parts.append(f"**{arm_text(run.config, arm)}: {100 * share:.1f} ± {100 * error:.1f} %**")
    st.markdown(f"The {path_kind} way leads through a third class in so many of {PAIRS} pairs: {'; '.join(parts)}.")
    st.caption(
        f"The same {PAIRS} pairs for every arm (seed 0), each way looked at in 21 codes, {voters} votes at each; ± is "
        f"one standard error. {measured_on(run, encoding)}."
    )
