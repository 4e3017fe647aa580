"""Other weights: the loss of trained arms under them, and the run that was or can be trained with them."""

from __future__ import annotations

import math
from dataclasses import replace

import pandas as pd
import streamlit as st

from tvae.config import LossConfig, reconstruction_name, vae_and_tvae
from tvae.explore.loss_reweighting import ReweightedLoss, reweighted_loss
from tvae.metrics.triplet_curve import TripletCurve
from tvae.model.encoding import Encoding
from tvae.runs.available import readable_runs
from tvae.runs.comparison import STEP, Differences, arm_trained_with, in_words, training_differences
from tvae.runs.run import Run
from tvae.runs.seeds.figures import MARGINS
from tvae.system.csv_table import rows_csv
from tvae.ui import cached
from tvae.ui import session as state
from tvae.ui.choices.arms import show_on_every_page, shown_arms
from tvae.ui.requests import answered
from tvae.ui.session import keys
from tvae.ui.style.arm_text import arm_text
from tvae.ui.style.captions import csv_name, interpolation_words, measured_on
from tvae.ui.style.escaping import as_text
from tvae.ui.style.sentences import with_capital
from tvae.ui.training.train_setting import show_train_button

WEIGHTS = (0.0, 0.01, 0.03, 0.1, 0.2, 0.3, 0.5, 1.0, 2.0, 3.0, 5.0, 10.0, 15.0, 20.0, 30.0, 50.0, 100.0, 300.0, 1000.0)
"""Values of the sliders, spaced roughly evenly on a logarithmic scale."""
TERMS = ("triplet", "kl", "reconstruction")


def show_other_weights(run: Run, encoding: Encoding, curves: dict[str, TripletCurve]) -> None:
    """Show the run that was or can be trained at the sliders' weights, and the loss of each arm under these weights."""
    arms = shown_arms(run)
    st.markdown("## Another weight or margin")
    loss = _chosen_loss(f"{run.name}/{arms[-1]}", run.config.arms[arms[-1]])
    _show_training(run, arms, loss)
    st.markdown(
        "**Only counted anew, at once:** the loss of the trained arms as these weights and this margin would count it. "
        "The networks have not moved; only training moves them."
    )
    losses = {arm: reweighted_loss(encoding.arms[arm], encoding.labels, loss, curve) for arm, curve in curves.items()}
    _show_terms(run, encoding, loss, losses)


def _chosen_loss(name: str, trained: LossConfig) -> LossConfig:
    """Draw the four sliders, which start at the loss of the arm of this name, and return their loss."""
    places = st.columns(4)
    chosen: dict[str, float] = {}
    for place, term in zip((places[0], places[2], places[3]), TERMS, strict=True):
        start = float(getattr(trained, f"{term}_weight"))
        stops = sorted({*WEIGHTS, start})
        words = "KL" if term == "kl" else with_capital(term)
        control = state.choice(keys.loss_weight(term), stops, start, text=_figures, within=name, default_as="value")
        chosen[f"{term}_weight"] = place.select_slider(f"{words} weight", format_func=_figures, **control)
    start = min(float(trained.margin), MARGINS[-1])
    stops = sorted({*MARGINS, start})
    control = state.choice(keys.LOSS_MARGIN, stops, start, text=_figures, within=name, default_as="value")
    margin = places[1].select_slider("Margin in the loss", format_func=_figures, **control)
    return replace(trained, margin=margin, **chosen)


def _figures(number: float) -> str:
    return f"{number:g}"


def _show_terms(run: Run, encoding: Encoding, loss: LossConfig, losses: dict[str, ReweightedLoss]) -> None:
    numbers = {
        "arm": list(losses),
        "reconstruction": [terms.reconstruction for terms in losses.values()],
        "KL, nats": [terms.kl for terms in losses.values()],
        "triplet": [terms.triplet for terms in losses.values()],
        "total": [terms.total for terms in losses.values()],
        "still teach": [terms.active_share for terms in losses.values()],
    }
    weights = {"reconstruction": loss.reconstruction_weight, "KL, nats": loss.kl_weight, "triplet": loss.triplet_weight}
    weighted = {f"{weight:g} × {name}": [weight * value for value in numbers[name]] for name, weight in weights.items()}
    weighted["= total loss"] = numbers["total"]
    places = _places(numbers["total"])
    columns = {heading: [f"{value:.{places}f}" for value in values] for heading, values in weighted.items()}
    error_bound = max(terms.error_bound for terms in losses.values())
    mark = "≈\u00a0" if error_bound else ""
    columns["Still teach"] = [f"{mark}{100 * share:.2f}\u00a0%" for share in numbers["still teach"]]
    between = f" ≈ and the triplet term: {interpolation_words(error_bound)}" if error_bound else ""
    st.table(pd.DataFrame(columns, index=[arm_text(run.config, arm) for arm in losses]))
    st.caption(
        "Each term times its weight, and their sum: Eq. 2, but with the reconstruction from μ; in training it is from "
        "a sample. Reconstruction: squared error, summed over pixels."
        f"{_of_another_loss(run)} Still teach: the share of all triplets that are not in order by this "
        f"margin; only these would still change the weights.{between} On the {measured_on(run, encoding)}."
    )
    st.download_button(
        "These terms as CSV",
        lambda: rows_csv(
            {**numbers, **{f"weight of {name}": [weight] * len(losses) for name, weight in weights.items()}}
        ),
        csv_name("terms", run),
        "text/csv",
        on_click="ignore",
    )


def _places(totals: list[float]) -> int:
    """Decimal places that give the largest total four figures, so that the terms of every row add up to theirs."""
    largest = max(map(abs, totals))
    return max(0, 3 - math.floor(math.log10(largest))) if largest else 0


def _of_another_loss(run: Run) -> str:
    """A word of warning where arms were trained with another reconstruction term than the squared error shown."""
    losses = [loss for loss in run.config.arms.values() if loss.reconstruction != LossConfig().reconstruction]
    return f" These arms were trained with {reconstruction_name(losses)} in its place." if losses else ""


def _show_training(run: Run, arms: list[str], loss: LossConfig) -> None:
    """Show which arm was trained with this setting, or a button that trains one."""
    arm = arm_trained_with(run.config.arms, loss)
    if arm is not None:
        _show_arm_of_this_run(run, arms, arm)
        return
    match = _nearest_run(run, loss)
    if match is None:
        st.markdown("No arm was trained at this setting yet, so what it gives is not known.")
    else:
        other, arm, differences = match
        words = "at this very setting"
        if differences:
            words = f"with this loss, but not like {run.name}: {as_text(in_words(differences))}"
        st.markdown(f"**{arm_text(other.config, arm)}** of the run {as_text(other.name)} was trained {words}.")
        pair = list(dict.fromkeys((next(iter(other.config.arms)), arm)))
        st.button("Show it on every page", on_click=answered(show_on_every_page), args=(other.name, pair))
        if differences.keys() <= {STEP}:  # training it here would give the same
            return
    show_train_button(replace(run.config, arms=vae_and_tvae(loss)), run)


def _nearest_run(run: Run, loss: LossConfig) -> tuple[Run, str, Differences] | None:
    """The most similar other run on this data set with an arm of this loss, that arm, and the settings that differ."""
    share = run.config.data.validation_share  # a run with another validation split has the same test images
    matches = [
        (other, arm, training_differences(other, run))
        for other in readable_runs(cached.run_folders().values())
        if other.folder != run.folder
        and replace(other.config.data, validation_share=share) == run.config.data
        and (arm := arm_trained_with(other.config.arms, loss)) is not None
    ]
    return min(matches, key=lambda match: (len(match[2].keys() - {STEP}), len(match[2])), default=None)


def _show_arm_of_this_run(run: Run, arms: list[str], arm: str) -> None:
    words = f"**{arm_text(run.config, arm)}** of the run {as_text(run.name)} was trained at this very setting."
    if arm in arms:
        st.markdown(f"{words} Every page shows it.")
        return
    st.markdown(words)
    pair = list(dict.fromkeys((next(iter(run.config.arms)), arm)))
    st.button("Show it on every page", on_click=answered(show_on_every_page), args=(run.name, pair))
