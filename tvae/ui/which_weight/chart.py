"""Chart and table of all arms: triplet accuracy against cost."""

from __future__ import annotations

from statistics import fmean, stdev

import pandas as pd
import streamlit as st

from tvae.config import LossConfig
from tvae.explore.advice import IN_NATS, Advice, Cell, Cost, Figures, Ladder, nats_of_error
from tvae.figures.arm_styles import arm_styles
from tvae.figures.colours import INK
from tvae.figures.trade.trade_off import TradePoint, trade_off
from tvae.metrics.uncertainty.seed_noise import LEAST_SEEDS
from tvae.runs.arm_names import arm_name
from tvae.runs.comparison import arm_trained_with
from tvae.runs.paper_table import literal_arm
from tvae.runs.seeds.figures import MEASURED
from tvae.system.csv_table import rows_csv
from tvae.ui import cached
from tvae.ui import session as state
from tvae.ui.choices.arms import show_on_every_page, shown_arms
from tvae.ui.requests import answered
from tvae.ui.session import keys
from tvae.ui.style.arm_text import short_arm_text
from tvae.ui.style.captions import csv_name, notion_column
from tvae.ui.style.theme import theme
from tvae.ui.which_weight.controls import Wishes
from tvae.ui.which_weight.ladder import LadderView
from tvae.ui.which_weight.sentence import COST_WORDS


def show_chart(view: LadderView, ladder: Ladder, advice: Advice, wishes: Wishes) -> None:
    """Accuracy against cost on the split that chooses; a click on a point chooses that arm for all pages."""
    styles = arm_styles(view.run.config)
    in_nats = wishes.cost in IN_NATS
    scale = 1 if in_nats else 100
    points = [
        TradePoint(
            arm=arm,
            style=styles[arm],
            accuracy=[100 * share for share in point.accuracy],
            cost=[scale * value for value in point.cost],
        )
        for arm, point in ladder.choosing.items()
    ]
    of_split = "" if view.split == MEASURED else f" ({view.split})"
    figure = cached.figure(
        trade_off,
        points,
        frontier=ladder.frontier(),
        marks=_marks(view, ladder, advice),
        most_cost=scale * wishes.most_cost,
        least_accuracy=100 * wishes.least_accuracy,
        titles=(
            cost_title(wishes.cost, styles[ladder.baseline].name) + of_split,
            f"triplet accuracy, scored at m = {wishes.margin:g}",
        ),
        cost_unit="nats" if in_nats else "%",
        ink=INK[theme()],
    )
    st.plotly_chart(
        figure,
        key=keys.TRADE_CHART,
        on_select=answered(lambda: _choose_point(view, ladder.baseline)),
        selection_mode="points",
        alt=f"Triplet accuracy of each arm against {COST_WORDS[wishes.cost]}",
        config={"displayModeBar": False},
    )


def cost_title(cost: Cost, baseline: str) -> str:
    """Title of the axis of a cost."""
    if cost in IN_NATS:
        return f"nats of {COST_WORDS[cost]} lost beside {baseline}"
    return f"{COST_WORDS[cost]} above {baseline}'s"


def _marks(view: LadderView, ladder: Ladder, advice: Advice) -> dict[str, list[str]]:
    config = view.run.config
    shown = shown_arms(view.run) if state.value_of(keys.RUN) == view.run.name else []
    marked = {
        "advice": advice.arm,
        "knee": ladder.knee(),
        "our preset": arm_trained_with(config.arms, LossConfig()),
        "Eq. 2 as written": literal_arm(config),
    }
    of_one = {name: [arm] for name, arm in marked.items() if arm is not None}
    return of_one | {"shown on every page": [arm for arm in shown if arm != ladder.baseline]}


def chart_caption(view: LadderView, ladder: Ladder, cost: Cost) -> str:
    """Caption of the chart, with how to read it and what it was measured on, as Markdown."""
    whiskers = (
        f" A point is the mean of {view.seeds} trainings, its whiskers reach from the lowest to the highest."
        if view.seeds > 1
        else ""
    )
    if view.seeds < LEAST_SEEDS:
        whiskers += f" With fewer than {LEAST_SEEDS} trainings nobody knows which differences are noise."
    elbo = ""
    if cost in IN_NATS:
        loss = view.run.config.arms[ladder.baseline]
        elbo = (
            f" The ELBO falls by {nats_of_error(loss):.4g} × squared error + KL, in nats without a constant: the loss "
            f"of {view.name(ladder.baseline)} in units of its KL weight."
        )
    return (
        f"**Click a point to have every page show that arm** beside {view.name(ladder.baseline)}."
        f"{_labels_in_words(view)}{_marks_in_words(view)}\n\n"
        "Up and to the left is better; the shaded part is beyond your bounds. The line joins the arms that no other "
        f"beats in both (the Pareto frontier).{whiskers}{elbo} On the {view.source}."
    )


def _labels_in_words(view: LadderView) -> str:
    """Key of the points' short labels, with an example, as Markdown; empty where labels are whole names."""
    config = view.run.config
    shortened = [arm for arm in config.arms if short_arm_text(config, arm) != view.name(arm)]
    if not shortened:
        return ""
    example = shortened[len(shortened) // 2]
    return (
        " A label has the triplet weight w and the margin m that its arm was trained with: "
        f"{short_arm_text(config, example)} is {view.name(example)}."
    )


def _marks_in_words(view: LadderView) -> str:
    """Names of the arms that are our preset and the paper's Eq. 2, as Markdown; empty where the chart has neither."""
    config = view.run.config
    parts = []
    if (preset := arm_trained_with(config.arms, LossConfig())) is not None:
        parts.append(f" The diamond, our preset, is {view.name(preset)}: what is trained where nothing else is chosen.")
    if (literal := literal_arm(config)) is not None:
        parts.append(
            f" The square, {view.name(literal)}, is the paper's Eq. 2 as it is written: all weights are 1, and the "
            "margin is not given."
        )
    return "".join(parts)


def _choose_point(view: LadderView, baseline: str) -> None:
    """Make all pages show the clicked arm beside the run's baseline."""
    points = state.chosen_points(keys.TRADE_CHART)
    if not points:
        return
    data = points[-1]["customdata"]
    arm = data if isinstance(data, str) else data[0]
    if arm != baseline:
        show_on_every_page(view.run.name, [baseline, arm])


def show_arms(view: LadderView, ladder: Ladder, wishes: Wishes) -> None:
    """Show a table of all arms, with a download of every seed's figures."""
    cells = view.cells(wishes.margin)
    accuracy = f"accuracy at m = {wishes.margin:g}, %"
    columns: dict[str, list] = {
        "arm": [arm_name(view.run.config, cell.arm) for cell in cells],
        **notion_column(view.run, "trained on"),
        "triplet weight": [cell.weight for cell in cells],
        "margin in the loss": [f"{cell.margin:g}" if cell.weight else "–" for cell in cells],
    }
    if view.split != MEASURED:
        columns[f"the same, {view.split}"] = [_mean([100 * one.accuracy for one in cell.choosing], 2) for cell in cells]
    columns[accuracy] = [_mean([100 * one.accuracy for one in cell.test], 2) for cell in cells]
    columns["squared error"] = [_mean([one.error for one in cell.test], 2) for cell in cells]
    columns["KL, nats"] = [_mean([one.kl for one in cell.test], 2) for cell in cells]
    in_nats = wishes.cost in IN_NATS
    columns[f"cost in {COST_WORDS[wishes.cost]}, nats" if in_nats else f"more {COST_WORDS[wishes.cost]}, %"] = [
        _mean([value if in_nats else 100 * value for value in ladder.test[cell.arm].cost], 2 if in_nats else 1)
        for cell in cells
    ]
    frontier = ladder.frontier()
    if len(frontier) < len(cells):  # a column of "yes" alone would say nothing
        columns["none beats it"] = ["yes" if cell.arm in frontier else "" for cell in cells]
    first = ["arm", accuracy, "squared error"]  # what is in sight on a phone; an arm's name says its weight and margin
    st.dataframe(
        pd.DataFrame(columns),
        hide_index=True,
        height="content",
        column_config={"arm": st.column_config.TextColumn(pinned=True)},
        column_order=[*first, *(name for name in columns if name not in first)],
    )
    spread = f" Mean ± sample standard deviation of {view.seeds} trainings." if view.seeds > 1 else ""
    st.caption(f"Numbers without a split were measured on the test split.{spread} On the {view.source}.")
    st.download_button(
        "Figures of all seeds as CSV",
        lambda: rows_csv(_all_figures(view, cells)),
        csv_name("arms", view.run),
        "text/csv",
        on_click="ignore",
    )


def _mean(values: list[float], places: int) -> str:
    text = f"{fmean(values):z.{places}f}"
    return f"{text} ± {stdev(values):.{places}f}" if len(values) > 1 else text


def _all_figures(view: LadderView, cells: list[Cell]) -> dict[str, list]:
    """A row an arm, seed and split; arms by their ids."""
    splits = [("test", lambda cell: cell.test)]
    if view.split != MEASURED:
        splits.insert(0, (view.split, lambda cell: cell.choosing))
    rows: list[tuple[Cell, str, int, Figures]] = [
        (cell, split, of_seed.seed, figures)
        for cell in cells
        for split, figures_of in splits
        for of_seed, figures in zip(view.figures, figures_of(cell), strict=True)
    ]
    return {
        "arm": [cell.arm for cell, *_ in rows],
        "triplet weight": [cell.weight for cell, *_ in rows],
        "margin in the loss": [cell.margin for cell, *_ in rows],
        "split": [split for _, split, _, _ in rows],
        "seed": [seed for _, _, seed, _ in rows],
        "triplet accuracy": [figures.accuracy for *_, figures in rows],
        "squared error": [figures.error for *_, figures in rows],
        "KL, nats": [figures.kl for *_, figures in rows],
    }
