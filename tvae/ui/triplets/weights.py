"""Loss of trained arms under other weights."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import streamlit as st

from tvae.config import LossConfig, vae_and_tvae
from tvae.explore.loss_reweighting import ReweightedLoss, arm_trained_with, reweighted_loss
from tvae.system.csv_table import rows_csv
from tvae.ui import session as state
from tvae.ui.choices.arms import show_on_every_page
from tvae.ui.session import keys
from tvae.ui.training.train_setting import show_train_button
from tvae.ui.triplets.trade_off import Ladder
from tvae.ui.triplets.view import TripletView

WEIGHTS = (0.0, 0.01, 0.03, 0.1, 0.2, 0.3, 0.5, 1.0, 2.0, 3.0, 5.0, 10.0, 15.0, 20.0, 30.0, 50.0, 100.0, 300.0, 1000.0)
"""Values of the sliders, spaced roughly evenly on a logarithmic scale."""
LONGEST = 5.0
TERMS = ("triplet", "kl", "reconstruction")


def show_weights(view: TripletView, ladder: Ladder | None) -> None:
    """The loss of each arm under the weights of the sliders, and how to train with them."""
    st.markdown(
        "**The networks have not moved.** These are the trained arms, their loss counted anew as these weights and "
        "this margin would count it. Only training moves the weights of a network."
    )
    loss = _chosen_loss(f"{view.run.name}/{view.arms[-1]}", view.run.config.arms[view.arms[-1]])
    losses = {
        arm: reweighted_loss(view.encoding.arms[arm], view.encoding.labels, loss, curve)
        for arm, curve in view.curves.items()
    }
    _show_terms(view, loss, losses)
    st.markdown("##### What training at this setting gives")
    _show_training(view, loss, ladder)


def _chosen_loss(name: str, trained: LossConfig) -> LossConfig:
    """The setting of the four sliders; they start where the arm of this name was trained."""
    if state.read(keys.WEIGHTS_STARTED_AT, name) != name:  # another arm was chosen: start from its setting
        state.forget(*(keys.loss_weight(term) for term in TERMS), keys.LOSS_MARGIN)
    state.write(keys.WEIGHTS_STARTED_AT, name)
    places = st.columns(4)
    chosen: dict[str, float] = {}
    for place, term in zip((places[0], places[2], places[3]), TERMS, strict=True):
        key = keys.loss_weight(term)
        start = float(getattr(trained, f"{term}_weight"))
        stops = sorted({*WEIGHTS, start})
        words = "KL" if term == "kl" else term.capitalize()
        chosen[f"{term}_weight"] = place.select_slider(
            f"{words} weight", stops, start, format_func=lambda weight: f"{weight:g}", key=key, bind="query-params"
        )
    margin = places[1].slider(
        "Margin in the loss",
        0.0,
        LONGEST,
        min(float(trained.margin), LONGEST),
        0.025,
        format="%.3f",
        key=keys.LOSS_MARGIN,
        bind="query-params",
    )
    return replace(trained, margin=round(margin, 6), **chosen)


def _show_terms(view: TripletView, loss: LossConfig, losses: dict[str, ReweightedLoss]) -> None:
    numbers = {
        "arm": [arm.upper() for arm in losses],
        "reconstruction": [terms.reconstruction for terms in losses.values()],
        "KL, nats": [terms.kl for terms in losses.values()],
        "triplet": [terms.triplet for terms in losses.values()],
        "total": [terms.total for terms in losses.values()],
        "still teach": [terms.active_share for terms in losses.values()],
    }
    weights = (loss.reconstruction_weight, loss.kl_weight, loss.triplet_weight)
    columns = {
        f"{weight:g} × {name}": [f"{value:.4g}" for value in numbers[name]]
        for weight, name in zip(weights, ("reconstruction", "KL, nats", "triplet"), strict=True)
    }
    columns["= total loss"] = [f"{value:.4g}" for value in numbers["total"]]
    columns["Still teach"] = [f"{100 * share:.2f}\u00a0%" for share in numbers["still teach"]]
    st.table(pd.DataFrame(columns, index=numbers["arm"]))
    st.caption(
        "The loss's terms before their weights, and their weighted total (Eq. 2). Reconstruction: squared error from "
        "μ, summed over pixels. Still teach: share of all triplets with a hinge above 0 at this margin; the others "
        f"have no gradient. On the {view.source}."
    )
    st.download_button(
        "These terms as CSV",
        lambda: rows_csv(numbers),
        "terms.csv",
        "text/csv",
        on_click="ignore",
        type="tertiary",
    )


def _show_training(view: TripletView, loss: LossConfig, ladder: Ladder | None) -> None:
    """Point to the arm that was trained at this setting, or offer to train one."""
    for run in (view.run, ladder.run if ladder is not None else view.run):
        arm = arm_trained_with(run.config.arms, loss) if run.config.data == view.run.config.data else None
        if arm is None:
            continue
        here = run.folder == view.run.folder and arm in view.arms
        words = " The numbers above are what it gave." if here else ""
        st.markdown(f"**{arm.upper()}** of the run {run.name} was trained at this very setting.{words}")
        if here:
            return
        pair = list(dict.fromkeys((next(iter(run.config.arms)), arm)))
        st.button("Show it on every page", on_click=show_on_every_page, args=(run.name, pair))
        return
    st.markdown("No arm was trained at this setting yet, so what it gives is not known.")
    show_train_button(replace(view.run.config, arms=vae_and_tvae(loss)))
