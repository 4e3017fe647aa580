"""Shows groups within one class of images in both spaces, and how they overlap."""

from __future__ import annotations

import numpy as np
import pandas as pd
import streamlit as st

from tvae.errors import InputError
from tvae.metrics.sub_styles import MOST_IMAGES, NEIGHBOURS_OF_CORE, SubStyles, overlaps
from tvae.ui import cached
from tvae.ui import session as state
from tvae.ui.images.cells import image_cell
from tvae.ui.maps.selection import Images, enlarged
from tvae.ui.maps.view_pair import ViewPair
from tvae.ui.maps.views import View
from tvae.ui.requests import answered
from tvae.ui.session import keys
from tvae.ui.style.captions import points_in_words
from tvae.ui.style.escaping import as_text
from tvae.ui.style.reasons import reason_of

SIDE = 56
"""Side of a group's mean image in screen pixels."""
NO_GROUP = "no group"


def show_sub_styles(pair: ViewPair, picks: state.Picks, names: tuple[str, ...], images: Images | None) -> None:
    """Shows the groups of the class that is chosen, each by its mean image; a click selects it on the maps."""
    st.markdown("## Sub-styles")
    present = np.unique(pair.labels).tolist()
    label = st.selectbox(
        "Groups within a class",
        present,
        index=None,
        format_func=lambda label: names[label],
        placeholder="Choose a class",
        key=keys.SUB_STYLE_CLASS,
        persist_state="session",
    )
    if label is None:
        st.caption(
            f"Of the class that you choose: groups of {pair.noun.many} that lie close together, in either space."
        )
        return
    views = (pair.left,) if pair.same else (pair.left, pair.right)
    one_point = [view.title for view in views if cached.is_one_point(view.encoded, pair.labels)]
    if one_point:
        st.caption(f"There are no groups: all means of {as_text(' and of '.join(one_point))} are one point, or nearly.")
        return
    try:
        styles = [cached.sub_styles(view.encoded, pair.labels, label) for view in views]
    except InputError as error:
        st.caption(as_text(f"{reason_of(error)}."))
        return
    for side, view, found in zip(("left", "right"), views, styles, strict=False):
        _show_groups(side, view, found, picks, images)
    if len(styles) == 2 and all(side.groups for side in styles):
        _show_overlaps(pair, styles[0], styles[1], images)
    searched, members = len(styles[0].searched), int((pair.labels == label).sum())
    of_all = f"the first {searched:,} of {members:,}" if searched == MOST_IMAGES < members else f"{members:,}"
    st.caption(
        f"HDBSCAN on the {points_in_words(pair.left.run)} of n = {of_all} {pair.noun.many} of class "
        f"{as_text(names[label])}: Euclidean distance, groups of {styles[0].least} or more (min_cluster_size), "
        f"min_samples {NEIGHBOURS_OF_CORE}, leaves of the tree. Each image is the mean of its group."
    )


def _show_groups(side: str, view: View, styles: SubStyles, picks: state.Picks, images: Images | None) -> None:
    """One space's groups side by side, the largest first, each with a button that selects it."""
    count = len(styles.groups)
    if count == 0:
        st.markdown(f"**{as_text(view.title)}**: no groups; these images are in one place, or evenly spread.")
        return
    st.markdown(f"**{as_text(view.title)}**: {count} groups; {len(styles.alone):,} images in no group.")
    with st.container(horizontal=True, gap="small"):
        for number, rows in enumerate(styles.groups):
            with st.container(width=SIDE + 20, gap=None):
                if images is not None:
                    st.image(enlarged(_mean_image(images, rows), SIDE), width=SIDE, alt=f"Mean of group {number + 1}")
                st.button(
                    f"{number + 1}: {len(rows):,}",
                    type="tertiary",
                    help=f"Select the {len(rows):,} images of group {number + 1} of {as_text(view.title)} on both maps",
                    key=keys.sub_style(side, number),
                    on_click=answered(picks.replace),
                    args=(rows,),
                )


def _show_overlaps(pair: ViewPair, left: SubStyles, right: SubStyles, images: Images | None) -> None:
    """Show a table with the number of images that each group of the left space shares with each of the right one."""
    table = overlaps(left, right)
    columns: dict[str, object] = {pair.left.label: [*map(str, range(1, len(left.groups) + 1)), NO_GROUP]}
    if images is not None:
        columns["mean image"] = [*(image_cell(_mean_image(images, rows)) for rows in left.groups), ""]
    for number in range(len(right.groups)):
        columns[f"{pair.right.label} {number + 1}"] = table[:, number]
    columns[NO_GROUP] = table[:, -1]
    st.dataframe(
        pd.DataFrame(columns),
        hide_index=True,
        column_config={"mean image": st.column_config.ImageColumn("", width=40)},
    )
    st.caption(
        f"Images that a group of {as_text(pair.left.title)} (row) has in common with one of "
        f"{as_text(pair.right.title)} (column), n = {table.sum():,}."
    )


def _mean_image(images: Images, rows: np.ndarray) -> Images:
    """The mean of the images of some rows, (height, width, channels)."""
    return np.rint(images[rows].mean(axis=0)).astype(np.uint8)
