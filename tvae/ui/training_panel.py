"""The sidebar's training panel: settings checked before anything starts, and the run under way on every page."""

from __future__ import annotations

import contextlib
import math
import secrets
import time
from dataclasses import dataclass, replace
from typing import Any

import streamlit as st

from tvae.checkpoints import Run
from tvae.config import PRESETS, DataConfig, InputError, LossConfig, RunConfig, vae_and_tvae
from tvae.data import DATASETS
from tvae.ui import cached, state
from tvae.ui.train_this import in_fast_steps
from tvae.ui.training_status import UNDER_WAY, show_status, watched_job


@dataclass(frozen=True)
class Preset:
    """Settings to start from."""

    told: str
    """One line."""
    config: RunConfig | None = None
    """None: the settings of the run that is shown."""
    share: float = 1.0
    """Of the epochs that the run that is shown was trained."""
    warm: bool = False
    """Whether it goes on from the weights that are shown."""


PRESETS_SHOWN = {
    "Quick look": Preset("This run's settings, a tenth of its epochs, from scratch.", share=0.1),
    "Go on from here": Preset(
        "From the weights that are shown, a twentieth of the run's epochs.", share=0.05, warm=True
    ),
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
SECONDS_WARM = 60.0
"""After which the worker that is kept ready is looked after again."""


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
    panel = st.expander("Train a run", icon=":material/model_training:", key="train-panel", on_change="rerun")
    if panel.open:
        _keep_warm(run.config.data.name)
    with panel:
        name = st.selectbox("Start from", list(PRESETS_SHOWN), key="train-preset", on_change=_fill, args=(run,), **KEEP)
        preset = PRESETS_SHOWN[name]
        st.caption(preset.told)
        if "train-margin" not in st.session_state:
            _fill(run)
        with st.form("train", border=False, enter_to_submit=False):
            spec = _asked(run, preset)
            pressed = st.form_submit_button("Train", type="primary", width="stretch")
        if pressed:
            _start(spec)


def _keep_warm(data: str) -> None:
    """Have a worker ready while the panel is open, so that the next run starts at once; beside a run there is none."""
    job = watched_job()
    if job is not None and job.state in UNDER_WAY:
        return
    wanted = (data, None if job is None else job.id)  # a run that has ended has used the last one up
    last, at = st.session_state.get("train-warmed", (None, 0.0))
    if last != wanted or time.monotonic() - at > SECONDS_WARM:
        st.session_state["train-warmed"] = (wanted, time.monotonic())
        with contextlib.suppress(InputError, OSError):  # where it can't be, the start says why
            cached.jobs().warm_up(data)


def _fill(run: Run) -> None:
    """Put the chosen preset's values into the fields."""
    preset = PRESETS_SHOWN[st.session_state.get("train-preset") or next(iter(PRESETS_SHOWN))]
    config = preset.config or run.config
    loss = next(reversed(config.arms.values()))
    values = {
        "data": run.config.data.name if run.config.data.name in DATASETS else DATASETS[0],
        "margin": loss.margin,
        "triplet": loss.triplet_weight,
        "kl": loss.kl_weight,
        "reconstruction": loss.reconstruction_weight,
        "length": float(max(1, round(preset.share * config.train.epochs))),
        "unit": "epochs",
        "seed": config.train.seed,
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
    margin = _number(a, "Margin", "margin", 0.1)
    triplet = _number(b, "Triplet weight", "triplet", 1.0)
    kl = _number(a, "KL weight", "kl", 0.1)
    reconstruction = _number(b, "Recon. weight", "reconstruction", 0.1)
    length = _number(a, "For", "length", 1.0)
    unit = b.selectbox("Unit", ("epochs", "seconds"), key="train-unit", **KEEP)
    st.caption("Of training. Measuring the run at its end comes on top: about 25 s on MNIST, 2 s on digits.")
    seed: Any = st.number_input("Seed", value=None, step=1, format="%d", key="train-seed", **KEEP)
    try:
        loss = LossConfig(
            margin=margin,
            triplet_weight=triplet,
            kl_weight=kl,
            reconstruction_weight=reconstruction,
        )
        if unit == "epochs" and not length.is_integer():
            raise InputError(
                f"train.epochs: {length:g} is not possible; it must be a whole number from 1 to {MOST_EPOCHS}"
            )
        like = preset.config or run.config
        train = replace(like.train, seed=seed)
        # Of a time budget the engine finds out early on how many steps fit.
        train = replace(train, epochs=int(length) if unit == "epochs" else MOST_EPOCHS)
        config = RunConfig(
            data=DataConfig(name=run.config.data.name if preset.warm else st.session_state["train-data"]),
            model=like.model,
            train=train,
            arms=vae_and_tvae(loss),
        )
        return Wish(in_fast_steps(config), length if unit == "seconds" else None, run if preset.warm else None)
    except InputError as error:
        return _in_words(str(error))


def _number(place: Any, label: str, name: str, step: float) -> float:
    """A field's number; an empty field counts as NaN, which is refused like any other impossible value."""
    value = place.number_input(label, value=None, step=step, format="%.4g", key=f"train-{name}", **KEEP)
    return math.nan if value is None else value


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
    """One text for one wish: the same settings again within a moment are a double click, unless their run was ended."""
    last, at, request = st.session_state.get("train-request", (None, 0.0, ""))
    job = watched_job()
    ended = job is None or job.over or job.stopping
    if ended or last != asked or time.monotonic() - at > DOUBLE_CLICK_SECONDS:
        request = secrets.token_hex(8)
    st.session_state["train-request"] = (asked, time.monotonic(), request)
    return request
