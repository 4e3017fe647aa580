"""Accuracy against reconstruction error and KL."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import streamlit as st

from tvae.config import LossConfig
from tvae.errors import InputError
from tvae.explore.advice import on_pareto_frontier
from tvae.figures.arm_styles import arm_styles
from tvae.figures.colours import INK
from tvae.figures.trade_off import trade_off
from tvae.metrics.collapse import collapse_warning
from tvae.metrics.triplet_curve import TripletCurve
from tvae.model.encoding import Encoding
from tvae.runs.arm_names import arm_name
from tvae.runs.comparison import arm_trained_with
from tvae.runs.paper_table import literal_arm
from tvae.runs.run import Run, read_run
from tvae.system.csv_table import rows_csv
from tvae.ui import cached
from tvae.ui import session as state
from tvae.ui.choices.arms import show_on_every_page
from tvae.ui.page_links import page_link
from tvae.ui.session import keys
from tvae.ui.style.arm_text import arm_text
from tvae.ui.style.captions import csv_name, measured_on, notion_column
from tvae.ui.style.theme import theme
from tvae.ui.training.train_setting import show_ladder_button
from tvae.ui.triplets.scores import interpolation_words
from tvae.ui.triplets.view import TripletView

SHIPPED_LADDER = "mnist-ladder"
COSTS = {"squared error": "squared error of an image", "KL, nats": "KL to the prior, nats"}
"""Costs of an arm, and the titles of their axes."""


@dataclass(frozen=True, kw_only=True)
class Ladder:
    """A run whose arms were trained at several settings, to compare accuracy with cost."""

    run: Run
    encoding: Encoding
    curves: dict[str, TripletCurve]


def ladder_for(view: TripletView) -> Ladder | None:
    """The chosen run where it has more than two arms, else the ladder that ships; None where that can't be read."""
    if len(view.curves) > 2:
        return Ladder(run=view.run, encoding=view.encoding, curves=view.curves)
    folder = cached.run_folders().get(SHIPPED_LADDER)
    try:
        run = read_run(folder) if folder is not None else None
    except InputError:
        run = None
    if run is None:
        return None
    encoding, curves = cached.encoding(run), cached.curves(run)
    return None if encoding is None or curves is None else Ladder(run=run, encoding=encoding, curves=curves)


def show_trade(view: TripletView, ladder: Ladder | None) -> None:
    """Accuracy at the margin against each arm's cost; a click on a point chooses that arm for all pages."""
    if ladder is None:
        st.info(
            f"Here stand arms that were really trained at twelve settings, each a point of triplet accuracy against "
            f"what it costs. The run {SHIPPED_LADDER} that holds them is not among the runs, or not whole. It can be "
            "trained here; once it is chosen in the sidebar, its arms stand here."
        )
        show_ladder_button()
        return
    names, config = list(ladder.curves), ladder.run.config
    longest = min(float(curve.margins[-1]) for curve in ladder.curves.values())
    margin = min(view.margin, longest)
    points = [curve.at(margin) for curve in ladder.curves.values()]
    accuracy = np.array([point.accuracy for point in points])
    arms = ladder.encoding.arms
    costs = {
        "squared error": np.array([float(arms[arm].errors.mean(dtype=np.float64)) for arm in names]),
        "KL, nats": np.array([float(arms[arm].kl.sum(dtype=np.float64)) for arm in names]),
    }
    highlighted_arms = [arm for arm in view.arms if arm != names[0]] if ladder.run.folder == view.run.folder else []
    if ladder.run.config.data != view.run.config.data:
        st.info(
            f"This is another run, {ladder.run.name}, of arms that were trained at many settings on "
            f"{ladder.run.config.data.name}. On {view.run.config.data.name} the same settings give other numbers."
        )
    _show_charts(ladder, accuracy, costs, highlighted_arms)
    notes = _marks(ladder)
    if points[0].interpolated:
        notes += f" Accuracies are {interpolation_words(max(point.error_bound for point in points))}"
    if view.margin > longest:
        notes += f" The curves end at m = {longest:g}, which is shown."
    st.caption(
        f"**Click a point to have every page show that arm** beside {arm_text(config, names[0])}. w: triplet weight, "
        f"m: margin, both in the loss. Accuracy at m = {margin:g} against what it costs: up and to the "
        "left is better, and the line joins the arms that none beats in both. "
        "Each arm was trained at its own weight and margin, all side by side on the same batches, with one seed."
        f"{notes} On the {measured_on(ladder.run, ladder.encoding)}."
    )
    for arm, curve in ladder.curves.items():
        if curve.collapsed and ladder.run.folder != view.run.folder:  # of the run shown, the page has said so above
            st.warning(collapse_warning(arm_text(config, arm), all_equal=curve.all_equal))
    if highlighted_arms:
        page_link(
            "pages/1_Latent_map.py",
            f"See {' and '.join(arm_text(config, arm) for arm in view.arms)} on the latent map",
            ":material/scatter_plot:",
        )
    _show_table(ladder, margin, accuracy, costs)


def _show_charts(ladder: Ladder, accuracy: np.ndarray, costs: dict[str, np.ndarray], highlighted: list[str]) -> None:
    """A chart for each cost, side by side."""
    names = list(ladder.curves)
    with st.container(key=keys.TRADE_CHARTS):
        columns = st.columns(2, gap="large")
    for column, (name, cost) in zip(columns, costs.items(), strict=True):
        key = keys.trade_chart(name)
        figure = trade_off(
            names,
            accuracy,
            cost,
            on_pareto_frontier(accuracy, cost),
            arm_styles(ladder.run.config),
            COSTS[name],
            preset=_preset_arm(ladder),
            literal=literal_arm(ladder.run.config),
            chosen=highlighted,
            ink=INK[theme()],
        )
        column.plotly_chart(
            figure,
            key=key,
            on_select=lambda key=key: _choose_point(key, ladder.run.name, names[0]),
            selection_mode="points",
            alt=f"Triplet accuracy of each arm against {name}",
            config={"displayModeBar": False},
        )


def _preset_arm(ladder: Ladder) -> str | None:
    return arm_trained_with(ladder.run.config.arms, LossConfig())


def _marks(ladder: Ladder) -> str:
    """What the chart's two marks stand for."""
    usual, words = LossConfig(), ""
    if _preset_arm(ladder) is not None:
        words += (
            f" The diamond has the loss of our preset: triplet weight {usual.triplet_weight:g}, margin "
            f"{usual.margin:g}."
        )
    if literal_arm(ladder.run.config) is not None:
        words += (
            " The square has the three weights of the paper's Eq. 2 as it is written, 1 each; the paper gives no "
            "margin, epochs or batch."
        )
    return words


def _show_table(ladder: Ladder, margin: float, accuracy: np.ndarray, costs: dict[str, np.ndarray]) -> None:
    losses = ladder.run.config.arms
    scored = f"accuracy at m = {margin:g}, %"
    numbers: dict[str, list] = {
        "arm": [arm.upper() for arm in losses],
        **notion_column(ladder.run, "trained on"),
        "triplet weight": [loss.triplet_weight for loss in losses.values()],
        "margin in the loss": [f"{loss.margin:g}" if loss.triplet_weight else "–" for loss in losses.values()],
        scored: (100 * accuracy).round(2).tolist(),
        **{name: cost.round(2).tolist() for name, cost in costs.items()},
    }
    for name, cost in costs.items():
        on_frontier = on_pareto_frontier(accuracy, cost)
        if not on_frontier.all():  # a column of "yes" alone would say nothing
            numbers[f"none beats it in {name.split(',')[0]}"] = np.where(on_frontier, "yes", "").tolist()
    st.dataframe(
        pd.DataFrame(numbers | {"arm": [arm_name(ladder.run.config, arm) for arm in losses]}),
        hide_index=True,
        height="content",
        column_config={name: st.column_config.NumberColumn(format="%.2f") for name in (scored, *costs)},
    )
    st.caption("A setting that isn't here: choose it under **Other weights**, where it can be trained.")
    st.download_button(
        "Table as CSV", lambda: rows_csv(numbers), csv_name("arms", ladder.run), "text/csv", on_click="ignore"
    )


def _choose_point(key: str, run: str, first: str) -> None:
    """Make all pages show the clicked arm beside the run's first."""
    points = state.chosen_points(key)
    if points and (arm := _name(points[-1]["customdata"])) != first:
        show_on_every_page(run, [first, arm])


def _name(customdata: str | list[str]) -> str:
    """The value attached to a point of a chart, which comes alone or in a list."""
    return customdata if isinstance(customdata, str) else customdata[0]
