"""Heat map and table of a sweep's cells."""

from __future__ import annotations

import html
from collections.abc import Callable
from dataclasses import dataclass
from statistics import fmean, stdev
from typing import Any, Literal

import pandas as pd
import streamlit as st

from tvae.explore.advice import Figures
from tvae.figures.colours import INK
from tvae.figures.trade.sweep_map import MOST_WIDE, SweepCell, sweep_heat_map
from tvae.runs.seeds.figures import CHOOSING, MARGINS, MEASURED
from tvae.sweeps.plan import BASELINE, Cell
from tvae.sweeps.progress import CellProgress
from tvae.sweeps.table import Row
from tvae.system.csv_table import rows_csv
from tvae.ui import cached
from tvae.ui import session as state
from tvae.ui.requests import answered
from tvae.ui.session import keys
from tvae.ui.style.escaping import as_text
from tvae.ui.style.theme import theme
from tvae.ui.sweep.sweeps import SweepView

Measure = Literal["accuracy", "error", "kl"]
LABELS: dict[Measure, str] = {"accuracy": "In order", "error": "Error", "kl": "KL"}
WORDS: dict[Measure, str] = {
    "accuracy": "triplet accuracy in percent",
    "error": "squared error of an image",
    "kl": "KL of an image in nats",
}


@dataclass(frozen=True, kw_only=True)
class Shown:
    """What the colours of the cells mean."""

    measure: Measure
    margin: float
    """That accuracies are scored at, and the Pareto set is chosen at."""

    def value(self, figures: Figures) -> float:
        """The measure among these figures, an accuracy in percent."""
        return 100 * figures.accuracy if self.measure == "accuracy" else getattr(figures, self.measure)


def choose_shown() -> Shown:
    """Draw the choice of the measure, and of the margin that accuracies are scored at."""
    with st.container(horizontal=True, gap="medium", vertical_alignment="bottom"):
        measure: Any = st.segmented_control(
            "Colour and first number",
            format_func=LABELS.__getitem__,
            required=True,
            **state.choice(keys.SWEEP_SHOWS, tuple(LABELS), "accuracy", default_as="default"),
        )
        margin: Any = st.selectbox(
            "Scored at margin m",
            format_func=lambda margin: f"{margin:g}",
            help="A triplet is in order where its negative is farther from the anchor than its positive, by m or more. "
            "This m only judges trained cells anew, at once; a row's margin is the one that it was trained with.",
            width=150,
            **state.choice(keys.SCORED_MARGIN, MARGINS, MARGINS[0], text=lambda margin: f"{margin:g}"),
        )
    return Shown(measure=measure or "accuracy", margin=float(margin))


def show_heat_map(view: SweepView, shown: Shown, chosen: str | None) -> None:
    """Show the cells by margin and weight; a click on one chooses it."""
    cells = _all_drawn(view, shown, chosen)
    st.plotly_chart(
        cached.figure(sweep_heat_map, cells, lower_is_better=shown.measure != "accuracy", ink=INK[theme()]),
        key=keys.SWEEP_MAP,
        on_select=answered(_take_click),
        selection_mode="points",
        alt=f"{WORDS[shown.measure]} of each cell by margin and triplet weight; a table below has the same",
        config={"displayModeBar": False},
    )


def in_short(cell: Cell) -> str:
    """A cell's margin and weight in a few words."""
    return f"margin {cell.margin:g}, weight {cell.weight:g}"


def _take_click() -> None:
    points = state.chosen_points(keys.SWEEP_MAP)
    if points:
        state.write(keys.SWEEP_CLICKED, points[-1]["customdata"][0])


def _all_drawn(view: SweepView, shown: Shown, chosen: str | None) -> list[SweepCell]:
    """The cells of the grid; those of a search lie anywhere, so they are in the table alone."""
    pareto = view.table.pareto(shown.margin)
    in_grid = [cell for cell in view.cells if cell.row.arm in view.plan.cells]
    return [_drawn(view, cell, shown, cell.row.arm in pareto, cell.row.arm == chosen) for cell in in_grid]


def _drawn(view: SweepView, cell: CellProgress, shown: Shown, on_frontier: bool, is_chosen: bool) -> SweepCell:
    values = [shown.value(figures) for figures in cell.row.figures(MEASURED, shown.margin)]
    so_far = [] if values or shown.measure != "accuracy" else _so_far(view, cell, shown.margin)
    trains = any(run.job.id == group.run for run in view.running for group in cell.groups.values())
    trains = trains or bool(cell.seeds("running"))
    seeds = f"{len(values)} of {len(cell.groups)}"
    star = "★ " if on_frontier else ""
    places = 2 if len({other.weight for other in view.plan.cells.values()}) <= MOST_WIDE else 1
    if values:
        lines = (
            f"{star}{fmean(values):.{places}f}",
            *([f"± {stdev(values):.{places}f}"] if len(values) > 1 else []),
            seeds,
        )
    elif so_far:
        lines = (f"{fmean(so_far):.1f}", "so far", seeds)
    else:
        lines = (_state_of(view, cell), seeds)
    return SweepCell(
        arm=cell.row.arm,
        margin=cell.cell.margin,
        weight=cell.cell.weight,
        value=fmean(values or so_far) if values or so_far else None,
        lines=lines,
        hover=html.escape(f"{in_short(cell.cell)}: {' '.join(lines)} seeds"),
        trains=trains,
        pareto=on_frontier,
        chosen=is_chosen,
    )


def _so_far(view: SweepView, cell: CellProgress, margin: float) -> list[float]:
    """Accuracies in percent of the runs that train this cell now, on a part of the test split."""
    runs = [run for run in view.running if cell.row.arm in run.state.group.config.arms]
    return [100 * share for run in runs if (share := run.accuracy(cell.row.arm, margin)) is not None]


def _state_of(view: SweepView, cell: CellProgress) -> str:
    """A word on a cell without figures."""
    if cell.seeds("running"):
        return "trains"
    if cell.seeds("failed") and not cell.seeds("waiting"):
        return "failed"
    return {"on": "waits", "paused": "paused", "cancelled": "–"}[view.asked.state]


def caption(view: SweepView, shown: Shown) -> str:
    """What one sees on the heat map, and what it was measured on, as Markdown."""
    drawn = _all_drawn(view, shown, None)
    brighter = "brighter is more" if shown.measure == "accuracy" else "brighter is less"
    words = WORDS[shown.measure]
    if shown.measure == "accuracy":
        words += f" at m = {shown.margin:g}"
    parts = [
        f"**Click a cell to see its runs.** In each: {words}, mean ± sample standard deviation over seeds, and how "
        f"many seeds are done; {brighter}."
    ]
    if any(cell.pareto for cell in drawn):
        split = "validation" if view.table.choosing == CHOOSING else "test"
        parts.append(
            f"★ and a firm frame: no other cell, nor the VAE, beats it at once in accuracy at m = {shown.margin:g}, "
            f"error and KL (the Pareto set, chosen on the {split} split)."
        )
    if any(cell.trains for cell in drawn):
        parts.append("A dashed frame: it trains.")
    live = next((run.live for run in view.running if run.live is not None), None)
    if live is not None and any("so far" in cell.lines for cell in drawn):
        parts.append(f"“So far” is counted on {live['n']:,} test images while it trains.")
    beyond = len(view.cells) - len(drawn)
    if beyond:
        parts.append(f"{beyond:,} further cells, of `sweep search`, are in the table.")
    return f"{' '.join(parts)}\n\n{source(view)}"


def source(view: SweepView) -> str:
    """Data, split and seeds of a sweep's figures, as Markdown."""
    n = f", n = {view.counts[MEASURED]:,}" if MEASURED in view.counts else ""
    train = view.plan.config.train
    seeds = ", ".join(map(str, view.plan.seeds))
    return as_text(
        f"{view.plan.config.data.name} test split{n}; training seeds {seeds}; {train.epochs:,} epochs each; sweep "
        f"{view.name}."
    )


def show_baseline(view: SweepView, shown: Shown) -> None:
    """Show the VAE's figures, which the cells are compared with."""
    row = next(row for row in view.table.rows if row.arm == BASELINE)
    values = [shown.value(figures) for figures in row.figures(MEASURED, shown.margin)]
    if values:
        unit = " %" if shown.measure == "accuracy" else ""
        st.markdown(f"The VAE beside them: **{_spread(values)}**{unit}")


def show_table(view: SweepView, shown: Shown) -> None:
    """Show a row for the VAE and each cell, with a download of every seed's figures."""
    pareto = view.table.pareto(shown.margin)
    rows = view.table.rows
    counts = {cell.row.arm: len(cell.groups) for cell in view.cells}
    seeds = len(view.plan.seeds)

    def column(of: Callable[[Figures], float]) -> list[str]:
        return [_spread([of(figures) for figures in row.figures(MEASURED, shown.margin)]) for row in rows]

    table = {
        "margin": ["VAE" if row.cell is None else f"{row.cell.margin:g}" for row in rows],
        "weight": ["" if row.cell is None else f"{row.cell.weight:g}" for row in rows],
        f"in order at m = {shown.margin:g}, %": column(lambda figures: 100 * figures.accuracy),
        "squared error": column(lambda figures: figures.error),
        "KL, nats": column(lambda figures: figures.kl),
        "seeds": [f"{len(row.by_seed)} of {counts.get(row.arm, seeds)}" for row in rows],
        "none beats it": ["★" if row.arm in pareto else "" for row in rows],
    }
    st.dataframe(
        pd.DataFrame(table),
        hide_index=True,
        height="content",
        column_config={"margin": st.column_config.TextColumn(pinned=True)},
    )
    st.caption(f"Mean ± sample standard deviation over the seeds that are done. {source(view)}")
    st.download_button(
        "Figures of all seeds as CSV",
        lambda: rows_csv(all_figures(rows, shown.margin)),
        f"{view.name}.csv",
        "text/csv",
        key=keys.SWEEP_CSV,
        icon=":material/download:",
        on_click="ignore",
    )


def all_figures(rows: tuple[Row, ...], margin: float) -> dict[str, list[Any]]:
    """A row for each cell, split and seed that is done, the accuracy at a margin of `MARGINS`."""
    cells = [
        (row, split, seed, figures.at(margin))
        for row in rows
        for seed, by_split in row.by_seed.items()
        for split, figures in by_split.items()
    ]
    return {
        "arm": [row.arm for row, *_ in cells],
        "margin in the loss": ["" if row.cell is None else row.cell.margin for row, *_ in cells],
        "triplet weight": [0.0 if row.cell is None else row.cell.weight for row, *_ in cells],
        "split": [split for _, split, _, _ in cells],
        "seed": [seed for _, _, seed, _ in cells],
        f"triplet accuracy at m = {margin:g}": [figures.accuracy for *_, figures in cells],
        "squared error": [figures.error for *_, figures in cells],
        "KL, nats": [figures.kl for *_, figures in cells],
    }


def _spread(values: list[float]) -> str:
    if not values:
        return ""
    return f"{fmean(values):.2f}" + (f" ± {stdev(values):.2f}" if len(values) > 1 else "")
