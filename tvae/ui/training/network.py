"""Choice of a run's network, and how long it trains."""

from __future__ import annotations

import math
from typing import get_args

import streamlit as st

from tvae.config import ModelConfig, NetworkKind
from tvae.data import image_shape, test_size, train_size
from tvae.runs.measuring import expected_seconds
from tvae.training.expected_time import step_seconds
from tvae.training.suggested_config import allows_convolutions, network_of, suggested_kind
from tvae.ui import session as state
from tvae.ui.session import keys
from tvae.ui.training.status import duration

TITLES: dict[NetworkKind, str] = {"mlp": "Two layers", "conv": "Convolutions"}
DESCRIPTIONS: dict[NetworkKind, str] = {
    "mlp": "Two fully connected layers each way, as in the paper.",
    "conv": "Convolutions and two fully connected layers each way, as Burgess et al. 2018.",
}
_USUAL_BATCH = 128


def choose_network(data: str, *, fixed: bool) -> None:
    """Draw the choice of the network, and below it a description and the one that is suggested.

    Args:
        fixed: whether training goes on from weights, which are of one network.
    """
    key, shape = keys.train("network"), image_shape(data)
    if not allows_convolutions(shape):
        state.write(key, "mlp")
    kind = st.selectbox(
        "Network",
        get_args(NetworkKind),
        format_func=TITLES.__getitem__,
        key=key,
        disabled=fixed or not allows_convolutions(shape),
        persist_state="session",
        help="Weights go on only in the network that they are of." if fixed else None,
    )
    if not fixed and kind:
        st.caption(f"{DESCRIPTIONS[kind]} {_advice(kind, shape)}")


def _advice(kind: NetworkKind, shape: tuple[int, int, int]) -> str:
    """Sentence on the network that is suggested for images of this shape, and on the cost of convolutions."""
    height, width, channels = shape
    images = f"{'colour' if channels == 3 else 'grey'} images of {width} × {height}"
    if not allows_convolutions(shape):
        return f"Convolutions are not possible for {images}."
    ours, papers = (step_seconds(shape, network_of(kind), _USUAL_BATCH, 1) for kind in ("conv", "mlp"))
    cost = f"A step takes about {ours / papers:.0f} times as long as with two layers. " if kind == "conv" else ""
    suggested = suggested_kind(shape)
    if kind != suggested:
        return f"{cost}Suggested for {images}: {TITLES[suggested].lower()}."
    return f"{cost}Suggested for {images}."


def time_in_words(data: str, model: ModelConfig, batch: int, arms: int, length: float | None, unit: str) -> str:
    """Sentences on the time that training takes, or the epochs in a given time, and on the time to measure the run.

    Args:
        batch: triplets a step.
        length: epochs or seconds, as `unit` says; None while the field is empty.
    """
    images = train_size(data)
    epoch = images // min(batch, images) * step_seconds(image_shape(data), model, min(batch, images), arms)
    measuring = f"about {duration(expected_seconds(test_size(data), arms))} to measure the run at its end"
    if length is None or not math.isfinite(length) or length <= 0:
        return f"Training takes the time above, and {measuring}."
    if unit == "seconds":
        epochs = length / epoch
        amount = f"{epochs:,.0f} epochs" if epochs >= 2 else f"{epochs:.1g} epochs"
        return f"About {amount} on two processor cores, and {measuring}."
    return f"About {duration(length * epoch)} on two processor cores, and {measuring}."
