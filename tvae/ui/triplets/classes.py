"""Accuracy by pair of classes."""

from __future__ import annotations

import numpy as np
import pandas as pd
import streamlit as st

from tvae.figures.class_matrix import MOST_CLASSES, class_heat_map
from tvae.figures.colours import INK
from tvae.metrics.triplet_accuracy import ClassMatrix
from tvae.system.csv_table import rows_csv
from tvae.ui import cached
from tvae.ui import session as state
from tvae.ui.session import keys
from tvae.ui.style.captions import csv_name
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
        _show_heat(matrices, [names[label] for label in classes], pair)
        orange = f" Orange: {view.arms[1].upper()} is better." if len(view.arms) == 2 else ""
        st.caption(f"{about[0].upper()}{about[1:]} (rows) and the negative's (columns).{orange} On the {view.source}.")
    else:
        st.dataframe(
            pd.DataFrame(class_pairs(matrices, names, MOST_PAIRS)).style.format(
                {f"{arm.upper()}, %": "{:.2f}" for arm in matrices}
            ),
            hide_index=True,
        )
        st.caption(
            f"The {MOST_PAIRS} worst pairs of {view.arms[-1].upper()} among {len(classes):,} classes: {about} and the "
            f"negative's. On the {view.source}."
        )
    st.download_button(
        "All pairs of classes as CSV",
        lambda: rows_csv(class_pairs(matrices, names)),
        csv_name("class-pairs", view.run),
        "text/csv",
        on_click="ignore",
    )


def _show_heat(matrices: dict[str, ClassMatrix], names: list[str], pair: ClassPair) -> None:
    """One heat map for each arm, and with two arms one of their difference."""
    classes = next(iter(matrices.values())).classes.tolist()
    low = min(float(np.nanmin(matrix.accuracy)) for matrix in matrices.values())
    charts: list[tuple[str, np.ndarray, float | None]] = [
        (arm.upper(), matrix.accuracy, low) for arm, matrix in matrices.items()
    ]
    if len(charts) == 2:
        (first, first_shares, _), (second, second_shares, _) = charts
        charts.append((f"{second} − {first}, points", second_shares - first_shares, None))
    with st.container(key=keys.CLASS_CHARTS):
        columns = st.columns(len(charts))
    for place, (column, (title, shares, least)) in enumerate(zip(columns, charts, strict=True)):
        key = keys.class_matrix(place)
        figure = class_heat_map(shares, classes, names, pair, title, ink=INK[theme()], low=least)
        column.plotly_chart(
            figure,
            key=key,
            on_select=lambda key=key: _take_cell(key),
            selection_mode="points",
            alt=f"Accuracy by pair of classes: {title}",
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
