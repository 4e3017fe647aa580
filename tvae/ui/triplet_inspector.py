"""The triplets themselves on the triplets page: which to show, their images, distances and verdicts."""

from __future__ import annotations

import numpy as np
import pandas as pd
import streamlit as st

from tvae.checkpoints import Encoding, Run, check_split
from tvae.config import InputError
from tvae.data import DataUnavailable
from tvae.selection import rows_csv
from tvae.triplet_search import Triplets, triplet_distances
from tvae.ui import cached, state
from tvae.ui.colours import INK
from tvae.ui.frame import theme
from tvae.ui.pictures import GridRow, grid_png

SHOWN = 8
"""Triplets in sight: a row of images that fits a narrow page."""


def show_triplets(
    run: Run, encoding: Encoding, arms: list[str], margin: float, pair: tuple[int | None, int | None]
) -> None:
    """Choose triplets by verdict, by size of violation or by row, and look at them.

    `pair` holds the labels of the anchor's and the negative's class, None for any.
    """
    verdicts = {}
    if len(arms) == 2:
        first, second = (arm.upper() for arm in arms)
        verdicts = {
            f"{first} wrong, {second} right": (False, True),
            "Both wrong": (False, False),
            f"{second} wrong, {first} right": (True, False),
        }
    worst = {f"Worst of {arm.upper()}": arm for arm in arms}
    mine = "My own rows"
    choice = st.segmented_control(
        "Which triplets", [*verdicts, *worst, mine], default=next(iter(worst)), key="triplets-which", required=True
    )
    try:
        if choice in verdicts:
            triplets = _judged(run, encoding, arms, margin, verdicts[choice], pair)
        elif choice in worst:
            arm = worst[choice]
            key = f"{cached.file_key(run, 'encoding-test.npz')}:{arm}"
            triplets = cached.worst(key, encoding.arms[arm].means, encoding.labels, SHOWN, pair)
            st.caption(
                f"The {len(triplets)} anchors whose worst triplet has the largest D(a,p) − D(a,n) in {arm.upper()}, "
                "each with that triplet: exact, over all triplets of these classes."
            )
        else:
            triplets = _own(encoding)
        if len(triplets):
            _show(run, encoding, arms, margin, triplets)
    except InputError as error:
        st.warning(f"No triplets to show: {error}.")


def _judged(
    run: Run,
    encoding: Encoding,
    arms: list[str],
    margin: float,
    right: tuple[bool, bool],
    pair: tuple[int | None, int | None],
) -> Triplets:
    first, second = (encoding.arms[arm].means for arm in arms)
    key = f"{cached.file_key(run, 'encoding-test.npz')}:{arms}"
    found = cached.by_verdict(key, first, second, encoding.labels, margin, right, SHOWN, pair)
    words = f"About {100 * found.share:.2f} % of the triplets of these classes are judged so"
    words += f" (± {100 * found.standard_error:.2f}, from {found.n_drawn:,} random ones, seed 0)."
    if len(found.triplets) < SHOWN:
        words += " There are no more than these." if found.complete else " No more were found; more may exist."
    st.caption(words)
    return found.triplets


def _own(encoding: Encoding) -> Triplets:
    """The triplet of three rows that a person names."""
    last = len(encoding.labels) - 1
    other_class = np.flatnonzero(encoding.labels != encoding.labels[0])
    same_class = np.flatnonzero(encoding.labels == encoding.labels[0])
    firsts = (0, int(same_class[min(1, len(same_class) - 1)]), int(other_class[0]))
    rows = []
    for column, role, start in zip(st.columns(3), ("Anchor", "Positive", "Negative"), firsts, strict=True):
        row = column.number_input(f"{role}'s row", 0, last, start, key=f"own-{role.lower()}")
        rows.append(int(row))
    anchor, positive, negative = rows
    labels = encoding.labels
    if anchor == positive:
        raise InputError(f"row {anchor} can't be its own positive; name another image of its class")
    if labels[anchor] != labels[positive]:
        raise InputError(f"rows {anchor} and {positive} are of two classes; the positive must be of the anchor's class")
    if labels[anchor] == labels[negative]:
        raise InputError(f"rows {anchor} and {negative} are of one class; the negative must be of another")
    return Triplets(anchor=np.array([anchor]), positive=np.array([positive]), negative=np.array([negative]))


def _show(run: Run, encoding: Encoding, arms: list[str], margin: float, triplets: Triplets) -> None:
    roles = {"anchor": triplets.anchor, "positive": triplets.positive, "negative": triplets.negative}
    names = run.provenance.class_names
    try:
        split = cached.split(run.config.data.name, "test")
        check_split(run, split)
        rows = [
            GridRow(
                label=role,
                colour=INK[theme()],
                images=split.images[rows],
                under=[names[label][:9] for label in encoding.labels[rows]],
            )
            for role, rows in roles.items()
        ]
        scale = 2 if split.images.shape[2] > 16 else 6
        st.image(grid_png(rows, ink=INK[theme()], scale=scale), alt="Anchors, positives and negatives, one a column")
    except (DataUnavailable, InputError) as error:
        st.info(f"The images can't be shown here, the distances can. {error}")
    columns: dict[str, list] = {role: rows.tolist() for role, rows in roles.items()}
    columns["anchor's class"] = [names[label] for label in encoding.labels[triplets.anchor]]
    columns["negative's class"] = [names[label] for label in encoding.labels[triplets.negative]]
    for arm in arms:
        distances = triplet_distances(encoding.arms[arm].means, triplets)
        columns[f"{arm.upper()} D(a,p)"] = distances.to_positive.round(3).tolist()
        columns[f"{arm.upper()} D(a,n)"] = distances.to_negative.round(3).tolist()
        columns[f"{arm.upper()} verdict"] = ["right" if right else "wrong" for right in distances.satisfied(margin)]
    st.dataframe(pd.DataFrame(columns), hide_index=True)
    st.caption(
        f"A column of images is a row of the table. Right: D(a,p) − D(a,n) + {margin:g} ≤ 0. Rows of the "
        f"{run.config.data.name} test split, n = {len(encoding.labels):,}, seed {run.config.train.seed}, "
        f"checkpoint {run.name}."
    )
    left, right = st.columns(2)
    left.download_button("These triplets as CSV", rows_csv(columns), "triplets.csv", "text/csv", on_click="ignore")
    if right.button("Show these on the map"):
        kept = state.picks(run.provenance.test.fingerprint, len(encoding.labels))
        kept.replace(np.concatenate(list(roles.values())))
        st.switch_page("pages/1_Latent_map.py")
