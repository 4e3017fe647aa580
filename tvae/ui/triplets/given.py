"""Shows the given triplets of a run: how many each arm has right, and a list of the worst ones."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import streamlit as st

from tvae.errors import InputError
from tvae.runs.arm_names import short_arm_name
from tvae.runs.run import Run
from tvae.runs.triplets import PARTS, EncodedTriplets
from tvae.system.csv_table import rows_csv
from tvae.ui import cached
from tvae.ui import session as state
from tvae.ui.images.cells import HEIGHT, image_cell
from tvae.ui.run_images import split_of
from tvae.ui.session import keys
from tvae.ui.style.arm_text import arm_text, short_arm_text
from tvae.ui.style.escaping import as_text
from tvae.ui.style.reasons import reason_of

SHOWN = 8
MOST_IN_FILE = 100_000
"""Rows of the CSV file, the worst first."""
PART_NAMES = {
    "trained_on": "Trained on",
    "held_out_by_triplet": "Held out by triplet",
    "held_out_by_image": "Held out by image",
}
HELD_OUT = {"trained_on": "no", "held_out_by_triplet": "by triplet", "held_out_by_image": "by image"}
ALL = "all"


@dataclass(frozen=True, kw_only=True)
class GivenView:
    """The run, margin and arms that are shown, and the triplets with the means of their images."""

    run: Run
    margin: float
    arms: list[str]
    encoded: EncodedTriplets


def show_given(run: Run, margin: float, arms: list[str]) -> None:
    """Show the accuracy on the given triplets of a run, and a list of them, worst first; nothing without any."""
    if not run.config.data.triplets:
        return
    try:
        encoded = cached.encoded_triplets(run.at(None))
    except InputError as error:
        st.error(as_text(f"The given triplets of this run can't be shown. {reason_of(error)}."))
        return
    if encoded is None:
        st.info("The given triplets of this run are measured when it ends.")
        return
    view = GivenView(run=run, margin=margin, arms=arms, encoded=encoded)
    _show_accuracy(view)
    _show_triplets(view)


def _show_accuracy(view: GivenView) -> None:
    parts, counts = view.encoded.parts, view.encoded.consistency
    sizes = {name: int((parts == part).sum()) for name, part in PARTS.items()}
    columns = {
        f"{PART_NAMES[name]}, n = {sizes[name]:,}": [_share_text(view, arm, name) for arm in view.arms]
        for name in PARTS
    }
    st.markdown("## Given triplets that are right")
    st.table(pd.DataFrame(columns, index=[arm_text(view.run.config, arm) for arm in view.arms]))
    given, distinct = len(view.encoded.triplets), len(view.encoded.triplets.distinct)
    again = f", {given:,} times in all" if given > distinct else ""
    at_end = "" if view.run.snapshot is None else " As the run ended, whichever epoch is chosen."
    st.caption(
        f"Share of {distinct:,} distinct triplets{again}, with D(a,p) − D(a,n) + {view.margin:g} ≤ 0, and its 95 % "
        "interval (Wilson), as if triplets that share images were independent. No triplet that is trained on touches "
        f"an image of those held out by image.{at_end} Training images, seed {view.run.config.train.seed}."
    )
    if counts.impossible:
        st.caption(
            f"**{counts.impossible:,}** of them can't all be right: {_plural(counts.contradictions, 'contradiction')}"
            f" (both orders of a pair) and {_plural(counts.cycles, 'cycle')} (distances each smaller than the next)."
        )


def _share_text(view: GivenView, arm: str, part: str) -> str:
    share = view.encoded.share(arm, part, view.margin)
    if share is None:
        return "– (too few to hold any out)"
    low, high = share.interval
    return f"{100 * share.value:.1f}\u00a0% ({100 * low:.1f} to {100 * high:.1f})"


def _plural(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def _show_triplets(view: GivenView) -> None:
    """Show the triplets of a part, those with the largest violation in an arm first."""
    parts = view.encoded.parts
    options = [ALL, *(name for name, part in PARTS.items() if (parts == part).any())]
    controls = st.container(horizontal=True, gap="medium")  # one below the other on a narrow page
    names = {ALL: "All", **PART_NAMES}
    part = controls.segmented_control(
        "Which triplets",
        format_func=names.__getitem__,
        **state.choice(keys.GIVEN_PART, options, ALL, default_as="default"),
        required=True,
    )
    arm = view.arms[-1]
    if len(view.arms) > 1:
        arm = controls.segmented_control(
            "Worst first in",
            format_func=lambda arm: short_arm_text(view.run.config, arm),
            **state.choice(keys.GIVEN_WORST_OF, view.arms, view.arms[-1], default_as="default"),
            required=True,
        )
    inside = np.flatnonzero(parts == PARTS[part]) if part != ALL else np.arange(len(parts))
    distances = {name: view.encoded.distances(name) for name in view.arms}
    violation = (distances[arm].to_positive - distances[arm].to_negative)[inside] + view.margin
    order = inside[np.argsort(-violation, kind="stable")]
    _show_table(view, order[:SHOWN])
    st.caption(
        f"The {min(SHOWN, len(order)):,} of {len(order):,} with the largest D(a,p) − D(a,n) + {view.margin:g} in"
        f" {arm_text(view.run.config, arm)}. Images of the training split."
    )
    most = order[:MOST_IN_FILE]
    st.download_button(
        "These given triplets as CSV" if len(order) <= MOST_IN_FILE else f"The worst {MOST_IN_FILE:,} as CSV",
        lambda: rows_csv(_columns(view, most, {arm: arm.upper() for arm in view.arms})),
        "given-triplets.csv",
        "text/csv",
        on_click="ignore",
    )


def _columns(view: GivenView, numbers: np.ndarray, arm_names: dict[str, str]) -> dict[str, list]:
    """The triplets of these numbers in columns, those of an arm headed by its name."""
    rows = view.encoded.triplets.distinct[numbers]
    names = {PARTS[name]: words for name, words in HELD_OUT.items()}
    columns: dict[str, list] = dict(zip(("anchor", "positive", "negative"), rows.T.tolist(), strict=True))
    columns["held out"] = [names[part] for part in view.encoded.parts[numbers].tolist()]
    for arm, name in arm_names.items():
        distances = view.encoded.distances(arm)
        columns[f"{name} D(a,p)"] = distances.to_positive[numbers].round(6).tolist()
        columns[f"{name} D(a,n)"] = distances.to_negative[numbers].round(6).tolist()
        right = distances.satisfied(view.margin)[numbers]
        columns[f"{name} verdict"] = ["right" if is_right else "wrong" for is_right in right]
    return columns


def _show_table(view: GivenView, numbers: np.ndarray) -> None:
    columns = _columns(view, numbers, {arm: short_arm_name(view.run.config, arm) for arm in view.arms})
    roles = ("anchor", "positive", "negative")
    rows = {role: columns.pop(role) for role in roles}
    train, missing = split_of(view.run, "train")
    images: dict[str, list[str]] = {}
    if train is None:
        st.info(f"The images can't be shown here, the distances can. {missing}")
    else:
        images = {role: [image_cell(train.images[row]) for row in rows[role]] for role in roles}
    columns["rows"] = [", ".join(map(str, triple)) for triple in zip(*rows.values(), strict=True)]
    st.dataframe(
        pd.DataFrame(images | columns),
        hide_index=True,
        height="content",
        row_height=HEIGHT + 8 if images else None,
        column_config={role: st.column_config.ImageColumn(width=HEIGHT + 20) for role in images}
        | {name: st.column_config.NumberColumn(format="%.3f") for name in columns if " D(" in name},
    )
