"""Accuracy by pair of classes."""

from __future__ import annotations

import numpy as np
import pandas as pd
import streamlit as st

from tvae.figures.arm_styles import arm_styles
from tvae.figures.class_matrix import MOST_CLASSES, class_heat_map
from tvae.figures.colours import INK
from tvae.metrics.triplet_accuracy import ClassMatrix
from tvae.runs.arm_names import ArmsConfig, short_arm_name
from tvae.system.csv_table import rows_csv
from tvae.ui import cached
from tvae.ui import session as state
from tvae.ui.requests import answered
from tvae.ui.session import keys
from tvae.ui.style.arm_text import arm_text
from tvae.ui.style.captions import csv_name
from tvae.ui.style.sentences import with_capital
from tvae.ui.style.theme import theme
from tvae.ui.triplets.view import TripletView

MOST_PAIRS = 50
"""Rows of the table that replaces matrices too large to read."""

ClassPair = tuple[int | None, int | None]
"""Labels of the anchor's and the negative's class, None for any."""


def choose_classes(view: TripletView) -> ClassPair:
    """Choose the pair of classes that filters what follows."""
    names = view.run.class_names
    options = [None, *view.curves[view.arms[0]].classes.tolist()]

    def name(label: int | None) -> str:
        return "any" if label is None else names[label]

    left, right, note = st.columns([1, 1, 3], vertical_alignment="bottom")
    pair = tuple(
        column.selectbox(
            label,
            format_func=name,
            **state.choice(key, options, None, text=name),
        )
        for column, label, key in (
            (left, "Anchor's class", keys.ANCHOR_CLASS),
            (right, "Negative's class", keys.NEGATIVE_CLASS),
        )
    )
    note.caption("A pair of classes, chosen here or by a click on a cell, filters the triplets below.")
    return pair[0], pair[1]


def show_matrices(view: TripletView, pair: ClassPair) -> None:
    """Accuracy by pair of classes in each arm, and the difference."""
    names = view.run.class_names
    matrices = {arm: _matrix(view, arm) for arm in view.arms}
    classes = next(iter(matrices.values())).classes
    exact = f"share, over {view.counted}," if view.is_sample else "exact share"
    about = f"{exact} of right triplets in percent at m = {view.margin:g}, by the anchor's class"
    if len(classes) <= MOST_CLASSES:
        _show_heat(view.run.config, matrices, [names[label] for label in classes], pair)
        better = " A difference has the colour of the arm that is better." if len(view.arms) == 2 else ""
        st.caption(f"{with_capital(about)} (rows) and the negative's (columns).{better} On the {view.source}.")
    else:
        shown_names = {f"{arm.upper()}, %": f"{short_arm_name(view.run.config, arm)}, %" for arm in matrices}
        pairs = pd.DataFrame(class_pairs(matrices, names, MOST_PAIRS)).rename(columns=shown_names)
        st.dataframe(pairs.style.format(dict.fromkeys(shown_names.values(), "{:.2f}")), hide_index=True)
        st.caption(
            f"The {MOST_PAIRS} worst pairs of {arm_text(view.run.config, view.arms[-1])} among "
            f"{len(classes):,} classes: {about} and the negative's. On the {view.source}."
        )
    st.download_button(
        "All pairs of classes as CSV",
        lambda: rows_csv(class_pairs(matrices, names)),
        csv_name("class-pairs", view.run),
        "text/csv",
        on_click="ignore",
    )


def _show_heat(config: ArmsConfig, matrices: dict[str, ClassMatrix], names: list[str], pair: ClassPair) -> None:
    """One heat map for each arm, and with two arms one of their difference."""
    classes = next(iter(matrices.values())).classes.tolist()
    low = min(float(np.nanmin(matrix.accuracy)) for matrix in matrices.values())
    styles = arm_styles(config)
    charts = [([styles[arm]], matrix.accuracy) for arm, matrix in matrices.items()]
    if len(charts) == 2:
        (first, first_shares), (second, second_shares) = charts
        charts.append(([*first, *second], second_shares - first_shares))
    with st.container(key=keys.CLASS_CHARTS):
        columns = st.columns(len(charts))
    for place, (column, (arms, shares)) in enumerate(zip(columns, charts, strict=True)):
        key = keys.class_matrix(place)
        figure = cached.figure(class_heat_map, shares, classes, names, pair, arms, ink=INK[theme()], low=low)
        column.plotly_chart(
            figure,
            key=key,
            on_select=answered(lambda key=key: _take_cell(key)),
            selection_mode="points",
            alt=f"Accuracy by pair of classes: {' and '.join(arm.name for arm in arms)}",
            config={"displayModeBar": False},
        )


def class_pairs(matrices: dict[str, ClassMatrix], names: tuple[str, ...], most: int | None = None) -> dict[str, list]:
    """Pairs of classes in columns, the last arm's worst first; all of them or the `most` worst."""
    last = list(matrices.values())[-1]
    rows, columns = np.nonzero(last.triplets)
    order = np.argsort(last.accuracy[rows, columns], kind="stable")[:most]
    rows, columns = rows[order], columns[order]
    return {
        "anchor's class": [names[label] for label in last.classes[rows]],
        "negative's class": [names[label] for label in last.classes[columns]],
        **{
            f"{arm.upper()}, %": (100 * matrix.accuracy[rows, columns]).round(4).tolist()
            for arm, matrix in matrices.items()
        },
        "triplets": last.triplets[rows, columns].tolist(),
    }


def _matrix(view: TripletView, arm: str) -> ClassMatrix:
    """Accuracy by pair of classes: from the curve where it has exactly this margin, else counted."""
    curve = view.curves[arm]
    if (
        curve.class_satisfied is not None
        and view.margin <= curve.margins[-1]
        and not curve.at(view.margin).interpolated
    ):
        return curve.class_matrix(view.margin)
    return cached.counted_matrix(view.encoding.arms[arm], view.encoding.labels, view.margin)


def _take_cell(key: str) -> None:
    """Choose the pair of classes of the clicked cell."""
    points = state.chosen_points(key)
    if points:
        anchor, negative = points[-1]["customdata"]
        state.choose(keys.ANCHOR_CLASS, anchor)
        state.choose(keys.NEGATIVE_CLASS, negative)
