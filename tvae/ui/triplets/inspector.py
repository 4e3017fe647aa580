"""Shows triplets as images with their distances and verdicts."""

from __future__ import annotations

import numpy as np
import pandas as pd
import streamlit as st

from tvae.errors import InputError
from tvae.metrics.triplet_search import Triplets, triplet_distances, worst_triplets
from tvae.runs.arm_names import short_arm_name
from tvae.system.csv_table import rows_csv
from tvae.ui import cached
from tvae.ui import session as state
from tvae.ui.images.cells import HEIGHT, image_cell
from tvae.ui.maps.select_on_map import link_to_rows
from tvae.ui.run_images import images_of
from tvae.ui.session import keys
from tvae.ui.style.arm_text import arm_text, short_arm_text
from tvae.ui.style.captions import csv_name
from tvae.ui.style.reasons import reason_of
from tvae.ui.triplets.classes import ClassPair
from tvae.ui.triplets.view import TripletView

SHOWN = 8
"""Number of triplets shown."""
FIRST_WRONG, BOTH_WRONG, SECOND_WRONG = "first-wrong", "both-wrong", "second-wrong"
WORST_FIRST, WORST_SECOND, OWN, PICKED = "worst-first", "worst-second", "own", "picked"
VERDICTS = {FIRST_WRONG: (False, True), BOTH_WRONG: (False, False), SECOND_WRONG: (True, False)}
"""For each verdict, whether the first and the second arm are right."""


def show_triplets(view: TripletView, pair: ClassPair) -> None:
    """Choose triplets by verdict, by size of violation or by row, and look at them."""
    st.markdown("## Look at the triplets")
    arms = view.arms[0], view.arms[-1]
    words = _choices(*(short_arm_text(view.run.config, arm) for arm in arms))
    in_address = _choices(*(arm.upper() for arm in arms))
    if len(view.arms) == 1:
        words = {choice: words[choice] for choice in (WORST_FIRST, OWN, PICKED)}
    choice = st.segmented_control(
        "Which triplets",
        format_func=words.__getitem__,
        **state.choice(keys.TRIPLETS, list(words), WORST_FIRST, text=in_address.__getitem__, default_as="default"),
        required=True,
        label_visibility="collapsed",
    )
    try:
        if choice in VERDICTS:
            triplets = _with_verdict(view, VERDICTS[choice], pair)
        elif choice in (WORST_FIRST, WORST_SECOND):
            triplets = _worst(view, view.arms[0] if choice == WORST_FIRST else view.arms[-1], pair)
        else:
            triplets = _own(view) if choice == OWN else _picked(view)
        if len(triplets):
            _show(view, triplets)
    except InputError as error:
        st.warning(f"No triplets to show: {reason_of(error)}.")


def _choices(first: str, second: str) -> dict[str, str]:
    """Each choice of triplets in words, with the names of the first and of the second arm."""
    return {
        FIRST_WRONG: f"{first} wrong, {second} right",
        BOTH_WRONG: "Both wrong",
        SECOND_WRONG: f"{second} wrong, {first} right",
        WORST_FIRST: f"Worst of {first}",
        WORST_SECOND: f"Worst of {second}",
        OWN: "My own rows",
        PICKED: "Picked on the map",
    }


def _with_verdict(view: TripletView, right: tuple[bool, bool], pair: ClassPair) -> Triplets:
    first, second = (view.encoding.arms[arm] for arm in view.arms)
    labels = view.encoding.labels
    matches = cached.by_verdict(first, second, labels, view.margin, right, SHOWN, pair)
    low, high = (100 * limit for limit in matches.share.interval)
    words = (
        f"About {100 * matches.share.value:.3g} % of the triplets of these classes are like this (95\u00a0% interval "
        f"{low:.3g} to {high:.3g} %, from {matches.share.n:,} random ones, seed 0)."
    )
    if len(matches.triplets) < SHOWN:
        words += " There are no more than these." if matches.complete else " No more were found; more may exist."
    st.caption(words)
    return matches.triplets


def _worst(view: TripletView, arm: str, pair: ClassPair) -> Triplets:
    triplets = cached.worst(view.encoding.arms[arm], view.encoding.labels, SHOWN, pair)
    name = arm_text(view.run.config, arm)
    st.caption(
        f"The {len(triplets)} anchors whose worst triplet has the largest D(a,p) − D(a,n) in {name}, each with "
        f"that triplet: {'of the sampled anchors' if view.is_sample else 'exact'}, over all triplets of these classes."
    )
    return triplets


def _own(view: TripletView) -> Triplets:
    """The triplet of three rows that a person names."""
    labels = view.encoding.labels
    last = len(labels) - 1
    same, other = np.flatnonzero(labels == labels[0]), np.flatnonzero(labels != labels[0])
    starts = (0, int(same[min(1, len(same) - 1)]), int(other[0]))
    rows = []
    for column, role, start in zip(st.columns(3), ("Anchor", "Positive", "Negative"), starts, strict=True):
        rows.append(column.number_input(f"{role}'s row", **state.number(keys.own_row(role), 0, last, start)))
    anchor, positive, negative = (start if row is None else int(row) for row, start in zip(rows, starts, strict=True))
    if anchor == positive:
        raise InputError(f"row {anchor} can't be its own positive; name another image of its class")
    if labels[anchor] != labels[positive]:
        raise InputError(f"rows {anchor} and {positive} are of two classes; the positive must be of the anchor's class")
    if labels[anchor] == labels[negative]:
        raise InputError(f"rows {anchor} and {negative} are of one class; the negative must be of another")
    return Triplets(anchor=np.array([anchor]), positive=np.array([positive]), negative=np.array([negative]))


def _picked(view: TripletView) -> Triplets:
    """The worst triplets, in the last arm, among the rows that are picked on the map."""
    labels = view.encoding.labels
    picks = state.picks(view.run.fingerprint, len(labels))
    state.put_picks_in_address(picks, len(labels))
    rows = np.sort(picks.rows)
    counts = np.unique(labels[rows], return_counts=True)[1]
    if len(counts) < 2 or counts.max() < 2:
        raise InputError(f"{len(rows):,} images are picked on the map; it takes two of one class and one of another")
    arm = view.arms[-1]
    among = worst_triplets(view.means(arm)[rows], labels[rows], SHOWN, distinct_anchors=True)
    name = arm_text(view.run.config, arm)
    st.caption(f"The worst triplets of {name} among the {len(rows):,} images that are picked on the map.")
    return Triplets(anchor=rows[among.anchor], positive=rows[among.positive], negative=rows[among.negative])


def _show(view: TripletView, triplets: Triplets) -> None:
    names, labels = view.run.class_names, view.encoding.labels
    roles = {"anchor": triplets.anchor, "positive": triplets.positive, "negative": triplets.negative}
    columns: dict[str, list] = {f"{role}'s row": rows.tolist() for role, rows in roles.items()}
    columns["anchor's class"] = [names[label] for label in labels[triplets.anchor]]
    columns["negative's class"] = [names[label] for label in labels[triplets.negative]]
    table: dict[str, list] = {
        "classes": [
            f"{names[anchor]}, not {names[negative]}"
            for anchor, negative in zip(labels[triplets.anchor], labels[triplets.negative], strict=True)
        ]
    }
    numbers: list[str] = []
    for arm in view.arms:
        distances = triplet_distances(view.means(arm), triplets)
        of_arm = {
            "D(a,p)": distances.to_positive.round(3).tolist(),
            "D(a,n)": distances.to_negative.round(3).tolist(),
            "verdict": ["right" if right else "wrong" for right in distances.satisfied(view.margin)],
        }
        name = short_arm_name(view.run.config, arm)
        numbers += [f"{name} {what}" for what in list(of_arm)[:2]]
        columns |= {f"{arm.upper()} {what}": values for what, values in of_arm.items()}
        table |= {f"{name} {what}": values for what, values in of_arm.items()}
    table["rows"] = [", ".join(map(str, rows)) for rows in zip(*roles.values(), strict=True)]
    images: dict[str, list[str]] = {}
    all_images, missing = images_of(view.run)
    if all_images is None:
        st.info(f"The images can't be shown here, the distances can. {missing}")
    else:
        images = {role: [image_cell(all_images[row]) for row in rows] for role, rows in roles.items()}
    st.dataframe(
        pd.DataFrame(images | table),
        hide_index=True,
        height="content",
        row_height=HEIGHT + 8 if images else None,
        column_config={role: st.column_config.ImageColumn(width=HEIGHT + 20) for role in images}
        | {name: st.column_config.NumberColumn(format="%.3f") for name in numbers},
    )
    st.caption(f"A triplet a row. Right: D(a,p) − D(a,n) + {view.margin:g} ≤ 0. On the {view.source}.")
    with st.container(horizontal=True):
        link_to_rows(len(labels), np.concatenate(list(roles.values())))
        st.download_button(
            "These triplets as CSV",
            lambda: rows_csv(columns),
            csv_name("triplets", view.run),
            "text/csv",
            on_click="ignore",
        )
