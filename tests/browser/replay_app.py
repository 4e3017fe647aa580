"""A replay of made-up moments that gets another one at each press of a button; `?seconds=` draws on for so long."""

import time

import numpy as np
import streamlit as st

from tvae.runs.replays.times import time_axis
from tvae.ui.components.replay import ReplaySide, replay_player

st.session_state.setdefault("moments", 3)
st.session_state["moments"] += st.button("Another moment")
moments = st.session_state["moments"]
steps = np.arange(moments) * 10
labels = np.arange(20) % 2
positions = np.random.default_rng(0).normal(size=(moments, 20, 2)).astype(np.float32)
replay_player(
    [
        ReplaySide(title=name, colour="#2f6fb4", positions=positions, accuracy=None, losses=[""] * moments)
        for name in ("VAE", "TVAE")
    ],
    run="made up",
    times=time_axis(steps, 10),
    labels=labels,
    class_names=("even", "odd"),
    parting=None,
    key="replay",
)
time.sleep(float(st.query_params.get("seconds", 0)))
