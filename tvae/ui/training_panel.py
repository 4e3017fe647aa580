"""The sidebar's training panel: settings checked before anything starts, and the run under way on every page."""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass, replace
from typing import Any

import streamlit as st

from tvae.checkpoints import Run
from tvae.config import PRESETS, DataConfig, InputError, LossConfig, RunConfig, vae_and_tvae
from tvae.data import DATASETS
from tvae.ui import cached, state
from tvae.ui.training_status import show_status


@dataclass(frozen=True)
class Preset:
    """Settings to start from."""

    told: str
    """One line."""
    config: RunConfig
    warm: bool = False
    """Whether it goes on from the checkpoint that is shown."""


def _short(config: RunConfig, epochs: int) -> RunConfig:
    return replace(config, train=replace(config.train, epochs=epochs))


SHORT = {
    "Quick look": Preset("Both arms from scratch for 2 epochs: rough, but the clusters form.", _short(RunConfig(), 2)),
    "Go on from here": Preset("One epoch more from the checkpoint that is shown.", _short(RunConfig(), 1), warm=True),
    "The paper's": Preset("20 epochs, 20 latents, margin 1: what ships as mnist.", PRESETS["paper"]),
    "Best trade": Preset("1,000 hidden units, all triplets of a batch: better at both, slower.", PRESETS["best"]),
}
KEEP: Any = {"persist_state": "session"}
FIELDS = {
    "loss.margin": "Margin",
    "loss.triplet-weight": "Triplet weight",
    "loss.kl-weight": "KL weight",
    "loss.reconstruction-weight": "Reconstruction weight",
    "train.epochs": "Epochs",
    "seconds": "Seconds",
    "train.seed": "Seed",
}
"""What the panel calls the fields that the library's messages name."""
MOST_EPOCHS = 100_000
"""Where a time budget ends the run."""
DOUBLE_CLICK_SECONDS = 3.0


@dataclass(frozen=True)
class Wish:
    """What a person asked for."""

    config: RunConfig
    seconds: float | None
    """A time budget instead of the config's epochs."""
    start_from: Run | None
    """The run whose weights it begins with."""


def show_training_panel(run: Run) -> None:
    """The run under way, if there is one, and the form that starts another."""
    show_status()
    with st.expander("Train a run", icon=":material/model_training:"):
        name = st.selectbox("Start from", list(SHORT), key="train-preset", on_change=_fill, args=(run,), **KEEP)
        preset = SHORT[name]
        st.caption(preset.told)
        if "train-margin" not in st.session_state:
            _fill(run)
        with st.form("train", border=False, enter_to_submit=False):
            spec = _asked(run, preset)
            pressed = st.form_submit_button("Train", type="primary", width="stretch")
        if pressed:
            _start(spec)


def _fill(run: Run) -> None:
    """Put the chosen preset's values into the fields."""
    preset = SHORT[st.session_state.get("train-preset") or next(iter(SHORT))]
    loss = next(reversed((run.config if preset.warm else preset.config).arms.values()))
    values = {
        "data": run.config.data.name if run.config.data.name in DATASETS else DATASETS[0],
        "margin": loss.margin,
        "triplet": loss.triplet_weight,
        "kl": loss.kl_weight,
        "reconstruction": loss.reconstruction_weight,
        "length": float(preset.config.train.epochs),
        "unit": "epochs",
        "seed": preset.config.train.seed,
    }
    st.session_state.update({f"train-{name}": value for name, value in values.items()})


def _asked(run: Run, preset: Preset) -> Wish | str:
    """What the form asks for, or in one line why that can't be."""
    st.selectbox(
        "Data set",
        DATASETS,
        key="train-data",
        disabled=preset.warm,
        help="Weights go on only on the images that they know." if preset.warm else None,
        **KEEP,
    )
    a, b = st.columns(2)
    margin = a.number_input("Margin", step=0.1, format="%.4g", key="train-margin", **KEEP)
    triplet = b.number_input(
        "Triplet weight", step=1.0, format="%.4g", key="train-triplet", help="Of the TVAE; the VAE's is 0.", **KEEP
    )
    kl = a.number_input("KL weight", step=0.1, format="%.4g", key="train-kl", **KEEP)
    reconstruction = b.number_input("Recon. weight", step=0.1, format="%.4g", key="train-reconstruction", **KEEP)
    length = a.number_input("For", step=1.0, format="%.4g", key="train-length", **KEEP)
    unit = b.selectbox("epochs or seconds", ("epochs", "seconds"), key="train-unit", **KEEP)
    seed = st.number_input("Seed", step=1, format="%d", key="train-seed", **KEEP)
    try:
        loss = LossConfig(
            margin=_told("Margin", margin),
            triplet_weight=_told("Triplet weight", triplet),
            kl_weight=_told("KL weight", kl),
            reconstruction_weight=_told("Reconstruction weight", reconstruction),
        )
        asked = _told("For", length)
        if unit == "epochs" and asked != int(asked):
            raise InputError(
                f"train.epochs: {asked:g} is not possible; it must be a whole number from 1 to {MOST_EPOCHS}"
            )
        shown, like = run.config, preset.config
        train = replace(shown.train if preset.warm else like.train, seed=_told("Seed", seed))
        # Of a time budget the engine finds out early on how many steps fit.
        train = replace(train, epochs=int(asked) if unit == "epochs" else MOST_EPOCHS)
        config = RunConfig(
            data=DataConfig(name=shown.data.name if preset.warm else st.session_state["train-data"]),
            model=shown.model if preset.warm else like.model,
            train=train,
            arms=vae_and_tvae(loss),
        )
        return Wish(config, asked if unit == "seconds" else None, run if preset.warm else None)
    except InputError as error:
        return _in_words(str(error))


def _told(field: str, value: float | int | None) -> Any:
    """The field's number.

    Raises:
        InputError: the field is empty.
    """
    if value is None:
        raise InputError(f"{field}: nothing is there; it must be a number")
    return value


def _in_words(line: str) -> str:
    """A message of the library with the field as the panel calls it."""
    field, _, rest = line.partition(": ")
    return f"**{FIELDS.get(field, field)}**: {rest}."


def _start(asked: Wish | str) -> None:
    """Queue the run, or say why not."""
    if isinstance(asked, str):
        st.error(asked)
        return
    try:
        run_id = cached.jobs().start(
            asked.config,
            state.owner(),
            seconds=asked.seconds,
            start_from=asked.start_from,
            request=_request(asked),
        )
    except (InputError, OSError) as error:
        st.error(_in_words(str(error)))
        return
    state.watch(run_id)
    st.rerun()


def _request(asked: Wish) -> str:
    """One text for one wish: the same settings again within a moment are a double click."""
    last, at, request = st.session_state.get("train-request", (None, 0.0, ""))
    if last != asked or time.monotonic() - at > DOUBLE_CLICK_SECONDS:
        request = secrets.token_hex(8)
    st.session_state["train-request"] = (asked, time.monotonic(), request)
    return request
