"""Form that starts a run, on the training page and in the sidebar of the others."""

from __future__ import annotations

import contextlib
import math
import time
from dataclasses import dataclass, fields, replace
from typing import Any, get_args

import streamlit as st

from tvae.config import (
    PRESETS,
    DataConfig,
    LossConfig,
    ModelConfig,
    RunConfig,
    TrainConfig,
    TripletForm,
    Triplets,
    option_name,
    vae_and_tvae,
)
from tvae.data import DATASETS, image_shape, train_size, usable_names
from tvae.errors import InputError
from tvae.jobs.preparation import preparation
from tvae.runs.run import Run
from tvae.runs.triplets import read_triplets_of
from tvae.training.suggested_config import network_of, suggested_kind
from tvae.ui import cached
from tvae.ui import session as state
from tvae.ui.requests import answered, show_refusal
from tvae.ui.session import keys
from tvae.ui.style.reasons import reason_of
from tvae.ui.style.sentences import with_capital
from tvae.ui.training.network import choose_network, time_in_words
from tvae.ui.training.notions import arms_with_notions, choose_notions, chosen_notion, settings_of
from tvae.ui.training.starting import start_run, why_no_run_starts
from tvae.ui.training.status import UNDER_WAY, show_preparation, show_status, watched_job
from tvae.ui.training.train_setting import in_fast_steps


@dataclass(frozen=True)
class Preset:
    """Settings to start from."""

    summary: str
    """Description of the preset in one line."""
    config: RunConfig | None = None
    """Settings of the preset; None for the settings of the shown run."""
    share: float = 1.0
    """Share of the shown run's epochs that it trains for."""
    warm: bool = False
    """Whether training starts from the weights of the shown run."""


@dataclass(frozen=True)
class FieldSource:
    """Run and settings from which the fields were filled."""

    run: str
    """Name of the run that was shown."""
    config: RunConfig
    """Settings that the fields were filled with; those without a field are taken from here."""
    values: dict[str, Any]
    """First value of each field."""


PRESETS_SHOWN = {
    "Quick look": Preset("The run's settings, a tenth of its epochs, from scratch.", share=0.1),
    "Go on from here": Preset(
        "From the weights that are shown, a twentieth of the run's epochs.", share=0.05, warm=True
    ),
    "Our preset": Preset(
        "20 epochs, 20 latents, margin 1, triplet weight 15: what ships as mnist. The paper's Eq. 2 has weight 1; the "
        "paper gives no margin, epochs or batch.",
        PRESETS["paper"],
    ),
    "Best trade": Preset(
        "1,000 hidden units, a smooth count of wrong triplets in place of the hinge, gradient surgery. On MNIST, test "
        "split, five seeds: 99.10 % of triplets in order for 1.13 times its own VAE's squared error and KL; our "
        "preset's TVAE has 97.85 % for 1.18 and 1.01 times.",
        PRESETS["best"],
    ),
    "VAE alone": Preset("One arm without a triplet term: for images whose labels have no triplet.", PRESETS["vae"]),
}
KEEP: Any = {"persist_state": "session"}
LOSS_SETTINGS = ("margin", "triplet_weight", "kl_weight", "reconstruction_weight")
"""The numbers of Eq. 1 and 2."""
LABELS = {name: name.replace("kl", "KL").replace("_", " ") for name in LOSS_SETTINGS}
LABELS = {name: with_capital(label) for name, label in LABELS.items()}
"""Names of the loss's numbers in the panel and in its messages."""
MAIN_LOSS_SETTINGS = ("triplet_weight", "margin")
FORM_HELP = """The cost of a triplet with x = D(a, p) − D(a, n) + m. **hinge**: x where it is above 0 (the paper's).
**softplus**: the same with a soft bend. **sigmoid**: 1 for a wrong triplet, 0 for a right one, with a soft step."""
TRIPLETS_HELP = """The triplets of a step. **sampled**: those drawn (the paper's). Others take all images of the batch.
**batch-all**: each drawn pair with every negative; **all**: every positive with every negative; **semi-hard**: of these
the ones that are right by less than the margin; **hardest**: the farthest positive with the nearest negative. The last
one often collapses."""
MORE_HELP = "Network, the weights of KL and reconstruction, and the kind of triplet loss."
FIELDS = {
    **{option_name(LossConfig, name): label for name, label in LABELS.items()},
    option_name(LossConfig, "temperature"): "Temperature",
    "train.epochs": "Epochs",
    "seconds": "Seconds",
    "train.seed": "Seed",
}
"""The panel's label of each setting that the library's messages name."""
MOST_EPOCHS = {entry.name: entry for entry in fields(TrainConfig)}["epochs"].metadata["high"]
"""Epochs of a run with a time budget, which ends it earlier."""
SECONDS_BETWEEN = 1.0
"""Seconds between two looks at how far the first run is prepared."""
SECONDS_WARM = 60.0
"""Seconds after which the worker that is kept ready is checked again."""


def show_training_panel(run: Run) -> None:
    """Show the sidebar's part: the run under way, if there is one, and the form that starts another."""
    show_status()
    show_form_that_opens("Train a run", run)


def show_form_that_opens(label: str, run: Run) -> None:
    """Show the form in a panel that is closed at first."""
    panel = st.expander(label, icon=":material/model_training:", key=keys.TRAIN_PANEL, on_change="rerun")
    if panel.open:
        # Only now: fields that a closed panel drew would be filled once more by the script run that opens it where the
        # browser had not answered for them yet, over what a person has typed meanwhile.
        with panel:
            show_training_form(run)


def show_training_form(run: Run) -> None:
    """Show the form, with settings to start from; only once on a page, as its fields have one key each."""
    st.fragment(_show_form)(run, state.own_runs().watched)  # a change of a field draws the form alone
    _keep_warm(run.config.data.name)


def _show_form(run: Run, watched: str) -> None:
    """Show the choice of a preset, the fields, and the button that starts a run.

    Args:
        watched: id of the run that the page was drawn with.
    """
    if state.own_runs().watched != watched:
        st.rerun()  # the whole page: it shows the run that was just started
    with st.container(key=keys.TRAIN_FORM):
        name = st.selectbox(
            "Start from",
            list(PRESETS_SHOWN),
            key=keys.TRAIN_PRESET,
            on_change=answered(_fill, keys.TRAIN_FORM),
            args=(run,),
            **KEEP,
        )
        preset = PRESETS_SHOWN[name]
        _follow(run, preset)
        _show_fields(preset)
        why_not = why_no_run_starts()
        st.button(
            "Train",
            key=keys.TRAIN,
            type="primary",
            width="stretch",
            on_click=answered(_start, keys.TRAIN_FORM),
            args=(run, preset),
            disabled=bool(why_not),
        )
        if why_not:
            st.error(why_not)
        if preparation() is not None and ((job := watched_job()) is None or job.state not in UNDER_WAY):
            st.fragment(_show_preparation, run_every=SECONDS_BETWEEN)()
        st.caption(f"{_time()} {preset.summary}")
        show_refusal(keys.TRAIN_FORM)
        if refusal := state.take(keys.TRAIN_REFUSAL, ""):
            st.error(refusal)


def _show_preparation() -> None:
    """Show how far this machine's first run is prepared; once it is, the page is drawn without."""
    if not show_preparation():
        st.rerun()


def _follow(run: Run, preset: Preset) -> None:
    """Fill the fields with the shown run's settings; those that a person has changed stay, with a line on their run.

    Where training goes on from weights, they always do: weights and loss are of one run.
    """
    source: FieldSource | None = state.read(keys.TRAIN_SOURCE)
    is_other = source is None or source.run != run.name
    if source is None or (is_other and (preset.warm or not _edited(source))):
        _fill(run)
    elif is_other:
        st.caption(f"These settings are from {source.run}, as you changed them.")
        st.button(f"Take those of {run.name}", on_click=answered(_fill, keys.TRAIN_FORM), args=(run,), width="stretch")


def _edited(source: FieldSource) -> bool:
    return any(state.read(keys.train(name)) != value for name, value in source.values.items())


def _keep_warm(data: str) -> None:
    """Keep a worker ready while the panel is open and no run trains, so that the next run starts at once."""
    job = watched_job()
    if job is not None and job.state in UNDER_WAY:
        return
    wanted = (data, None if job is None else job.id)  # the run that has just ended used the last one
    last, at = state.read(keys.TRAIN_WARMED, (None, 0.0))
    if last != wanted or time.monotonic() - at > SECONDS_WARM:
        state.write(keys.TRAIN_WARMED, (wanted, time.monotonic()))
        with contextlib.suppress(InputError, OSError):  # where none can be kept ready, starting a run says why
            cached.jobs().starter.warm_up(data)


def _fill(run: Run) -> None:
    """Put the chosen preset's values into the fields."""
    preset = PRESETS_SHOWN[state.read(keys.TRAIN_PRESET) or next(iter(PRESETS_SHOWN))]
    config = preset.config or run.config
    epochs = config.train.epochs if preset.config else run.trained_epochs
    loss = next(reversed(config.arms.values()))
    values = {
        "data": (data := _usable(run.config.data.name)),
        "network": config.model.kind if preset.config is None else suggested_kind(image_shape(data)),
        **{_key(name): getattr(loss, name) for name in LOSS_SETTINGS},
        "triplet-form": loss.triplet_form,
        "temperature": loss.temperature,
        "triplets": loss.triplets or config.train.triplets,
        **settings_of(config, data),
        "length": float(max(1, round(preset.share * epochs))),
        "unit": "epochs",
        "seed": config.train.seed,
    }
    for name, value in values.items():
        state.write(keys.train(name), value)
    state.write(keys.TRAIN_SOURCE, FieldSource(run.name, config, values))


def _usable(name: str | None) -> str:
    """This data set if the person may use it, else the first of all."""
    return name if name in usable_names(state.owner()) else DATASETS[0]


def _key(setting: str) -> str:
    return setting.removesuffix("_weight")


def _suggest_network() -> None:
    """Choose the network that is suggested for the data set that was just chosen."""
    state.write(keys.train("network"), suggested_kind(image_shape(state.read(keys.train("data")))))


def _chosen_model() -> ModelConfig:
    """The chosen network, with the size in the preset's settings where these have a network of the same kind."""
    like, kind = state.read(keys.TRAIN_SOURCE).config.model, state.read(keys.train("network"))
    return like if kind == like.kind else network_of(kind, like.latent_dim)


def _show_fields(preset: Preset) -> None:
    """Show the fields of the main settings, and the others in a box that opens."""
    chosen = _usable(state.read(keys.train("data")))
    if chosen != state.read(keys.train("data")):  # it was removed, or is shared no longer
        state.write(keys.train("data"), chosen)
        _suggest_network()
    st.selectbox(
        "Data set",
        usable_names(state.owner()),
        key=keys.train("data"),
        on_change=answered(_suggest_network, keys.TRAIN_FORM),
        disabled=preset.warm,
        help="Weights go on only on the images that they know." if preset.warm else None,
        **KEEP,
    )
    if state.read(keys.TRAIN_SOURCE).config.arms.keys() != {"vae"}:
        choose_notions(chosen, fixed=preset.warm)
    for name in MAIN_LOSS_SETTINGS:
        _show_loss_setting(name)
    with st.container(key=keys.train("duration"), horizontal=True, vertical_alignment="bottom", gap="xsmall"):
        st.number_input("For", value=None, step=1.0, format="%.4g", key=keys.train("length"), width=90, **KEEP)
        unit = {"key": keys.train("unit"), "label_visibility": "collapsed", "width": 110}
        st.selectbox("Unit", ("epochs", "seconds"), **unit, **KEEP)
    st.number_input("Seed", value=None, step=1, format="%d", key=keys.train("seed"), **KEEP)
    more = st.popover("More", key=keys.TRAIN_MORE, on_change="rerun", width="stretch", help=MORE_HELP)
    if more.open:
        with more:
            _show_more_fields(chosen, preset)


def _show_more_fields(data: str, preset: Preset) -> None:
    """Network, and the loss's other weights."""
    choose_network(data, fixed=preset.warm)
    for name in LOSS_SETTINGS:
        if name not in MAIN_LOSS_SETTINGS:
            _show_loss_setting(name)
    if state.read(keys.TRAIN_SOURCE).config.arms.keys() != {"vae"}:
        _show_kind_of_triplets()
    if data not in DATASETS:
        st.caption("The page **Your data** suggests weights for it.")


def _show_kind_of_triplets() -> None:
    """Draw the controls of the triplet term: its form, the temperature, and which triplets it averages over."""
    forms, formed = get_args(TripletForm), get_args(Triplets)
    st.selectbox("Triplet loss", forms, key=keys.train("triplet-form"), help=FORM_HELP, **KEEP)
    if state.read(keys.train("triplet-form")) != "hinge":
        temperature = {"key": keys.train("temperature"), "help": "The range of x over which it bends."}
        st.number_input("Temperature", value=None, step=0.1, format="%.4g", **temperature, **KEEP)
    st.selectbox("Triplets", formed, key=keys.train("triplets"), help=TRIPLETS_HELP, **KEEP)


def _show_loss_setting(name: str) -> None:
    """Field of a number of the loss; its step is a tenth of the default's order of magnitude."""
    step = 10.0 ** (math.floor(math.log10(getattr(LossConfig(), name))) - 1)
    st.number_input(LABELS[name], value=None, step=step, format="%.4g", key=keys.train(_key(name)), **KEEP)


def _time() -> str:
    """Show how long the run in the fields takes."""
    like: RunConfig = state.read(keys.TRAIN_SOURCE).config
    data, length, unit = (state.read(keys.train(name)) for name in ("data", "length", "unit"))
    arms = len(_chosen_arms(like, LossConfig(), data))
    return time_in_words(data, _chosen_model(), like.train.batch_size, arms, length, unit)


def _start(run: Run, preset: Preset) -> None:
    """Start the run that the fields describe, or keep the reason why it can't start."""
    try:
        config, seconds = _chosen_config(run, preset)
        source = cached.run_folders().get(state.read(keys.TRAIN_SOURCE).run, run.folder)
        triplets = read_triplets_of(source, config)  # those of the run whose settings these are
        start_run(config, seconds=seconds, start_from=run if preset.warm else None, triplets=triplets)
    except (InputError, OSError) as error:
        state.write(keys.TRAIN_REFUSAL, _in_words(reason_of(error)))


def _chosen_config(run: Run, preset: Preset) -> tuple[RunConfig, float | None]:
    """The config in the fields, and a time budget in place of its epochs.

    Raises:
        InputError: settings that are not possible.
    """
    choices = {name: state.read(keys.train(name)) for name in ("data", "unit", "seed")}
    # An empty field counts as NaN, which is refused like any other impossible value.
    numbers = {
        name: math.nan if (value := state.read(keys.train(name))) is None else value
        for name in (*map(_key, LOSS_SETTINGS), "temperature", "length")
    }
    length = numbers["length"]
    in_epochs = choices["unit"] == "epochs"
    if in_epochs and not length.is_integer():
        raise InputError(f"train.epochs: {length:g} is not possible; it must be a whole number from 1 to {MOST_EPOCHS}")
    like = state.read(keys.TRAIN_SOURCE).config
    # What has no field here, such as the kind of reconstruction, stays as in the preset's settings.
    values: dict[str, Any] = {name: numbers[_key(name)] for name in LOSS_SETTINGS}
    formed = state.read(keys.train("triplets"))
    values |= {"triplet_form": state.read(keys.train("triplet-form")), "temperature": numbers["temperature"]}
    values["triplets"] = "" if formed == like.train.triplets else formed
    loss = replace(next(reversed(like.arms.values())), notion="", **values)
    name = run.config.data.name if preset.warm else choices["data"]
    data = like.data if like.data.name == name else DataConfig(name=name)
    data = replace(data, notion=chosen_notion(name))
    images = train_size(name, validation_share=data.validation_share)
    # An own data set may have fewer images than a batch.
    train = replace(like.train, seed=choices["seed"], batch_size=min(like.train.batch_size, images))
    # With a time budget the engine measures early in the run how many steps fit.
    train = replace(train, epochs=int(length) if in_epochs else MOST_EPOCHS)
    config = RunConfig(
        data=data,
        model=_chosen_model(),
        train=train,
        arms=_chosen_arms(like, loss, name),
    )
    return in_fast_steps(config), None if in_epochs else length


def _chosen_arms(like: RunConfig, loss: LossConfig, data: str) -> dict[str, LossConfig]:
    """The arms of the run: a VAE alone where the preset has no other, else a TVAE of each chosen notion beside it."""
    return {"vae": vae_and_tvae(loss)["vae"]} if like.arms.keys() == {"vae"} else arms_with_notions(loss, data)


def _in_words(line: str) -> str:
    """The library's message, with the setting named as in the panel."""
    field, _, rest = line.partition(": ")
    return f"**{FIELDS.get(field, field)}**: {rest}."
