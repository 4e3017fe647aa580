"""Shows all images along an axis from one group's mean to another's, in both latent spaces."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import streamlit as st

from tvae.data.selections import Selection
from tvae.errors import InputError
from tvae.explore.mean_axis import MeanAxis, mean_axis
from tvae.figures.colours import FAINT, INK
from tvae.figures.mean_axis import AxisGroup, axis_chart, rows_in_stretch
from tvae.ui import session as state
from tvae.ui.maps.row_groups import RowGroup, row_groups
from tvae.ui.maps.selection import Images
from tvae.ui.maps.view_pair import ViewPair
from tvae.ui.maps.views import View
from tvae.ui.requests import answered
from tvae.ui.session import keys
from tvae.ui.style.escaping import as_text
from tvae.ui.style.reasons import reason_of
from tvae.ui.style.theme import theme

SAME_COLOUR = "#8a63c9"
"""Colour of the second group where both groups would have the same one."""


@dataclass(frozen=True)
class AxisControls:
    """Controls of the axis: described before the maps are drawn, so that an address keeps them, and drawn after."""

    switch: dict[str, Any]
    groups: dict[str, RowGroup]
    """Groups by their name in an address."""
    ends: list[dict[str, Any]]
    """Arguments of the controls that choose the first and the second group; none while the axis is off."""


def axis_controls(pair: ViewPair, picks: state.Picks, saved: tuple[Selection, ...]) -> AxisControls:
    """The axis's controls; it leads from the first class to the second until other groups are chosen."""
    switch, groups = state.switch(keys.AXIS), row_groups(pair, picks, saved)
    if not switch["value"]:
        return AxisControls(switch, groups, [])
    names = list(groups)
    second = names[min(1, len(pair.class_names) - 1)]
    ends = [state.choice(keys.AXIS_FROM, names, names[0]), state.choice(keys.AXIS_TO, names, second)]
    return AxisControls(switch, groups, ends)


def show_axis(pair: ViewPair, picks: state.Picks, images: Images | None, controls: AxisControls) -> None:
    """Show the switch of the axis, and where it is on the two groups to choose and both spaces' images along it."""
    st.toggle(
        "An axis of your own",
        help="All images laid along the line from the mean of one group to the mean of another, in both spaces.",
        **controls.switch,
    )
    if not controls.ends:
        return
    groups = controls.groups
    first, second = (
        groups[column.selectbox(label, format_func=lambda name: groups[name].name, **end)]
        for column, label, end in zip(st.columns(2), ("From the mean of", "to the mean of"), controls.ends, strict=True)
    )
    views = [pair.left] if pair.same else [pair.left, pair.right]
    axes: list[tuple[View, MeanAxis]] = []
    for view in views:
        try:
            axes.append((view, mean_axis(view.encoded.means, first.rows, second.rows)))
        except InputError as error:
            st.info(as_text(f"{view.title}: {reason_of(error)}."))
    if not axes:
        return
    ends = (min(float(axis.places.min()) for _, axis in axes), max(float(axis.places.max()) for _, axis in axes))
    for place, (view, axis) in enumerate(axes):
        _show_one(place, view, axis, _parts(axis, first, second, len(pair.labels)), ends, images, picks)
    st.caption(_caption(axes[0][1], first, second))


def _parts(axis: MeanAxis, first: RowGroup, second: RowGroup, n: int) -> list[AxisGroup]:
    """The histograms of one space: the other images below, the two groups above."""
    others = np.setdiff1d(np.arange(n), np.concatenate([axis.first, axis.second]))
    ink = INK[theme()]
    colour = second.colour if second.colour != first.colour else SAME_COLOUR if first.colour == ink else ink
    return [
        AxisGroup("all others", FAINT[theme()], others),
        AxisGroup(first.name, first.colour, axis.first),
        AxisGroup(second.name, colour, axis.second),
    ]


def _show_one(
    place: int,
    view: View,
    axis: MeanAxis,
    parts: list[AxisGroup],
    ends: tuple[float, float],
    images: Images | None,
    picks: state.Picks,
) -> None:
    """One space's share of pairs in the right order, and its chart."""
    own = f"{100 * axis.share_on_own_axis:.2f} % on the axis that they make themselves"
    share = own if axis.share is None else f"**{100 * axis.share:.2f} %**, held out ({own})"
    st.markdown(f"**{as_text(view.title)}**: pairs in the right order {share}")
    key = keys.axis_chart(place)
    st.plotly_chart(
        axis_chart(axis.places, parts, ends, images),
        key=key,
        config={"displayModeBar": False},
        on_select=answered(lambda: _select_bar(key, axis, parts, picks)),
        selection_mode="points",
    )


def _select_bar(key: str, axis: MeanAxis, parts: list[AxisGroup], picks: state.Picks) -> None:
    """Select the images of the clicked bars on the maps."""
    rows = [
        rows_in_stretch(axis.places, parts[int(number)].rows, low, high)
        for number, low, high, _ in (point["customdata"] for point in state.chosen_points(key))
    ]
    if rows:
        picks.replace(np.concatenate(rows))


def _caption(axis: MeanAxis, first: RowGroup, second: RowGroup) -> str:
    """Caption: the pairs that are counted, their number, and the method."""
    pairs = f"n = {axis.pairs:,} pairs of an image of {as_text(first.name)} and one of {as_text(second.name)}"
    both = f" {axis.in_both:,} images are in both groups and left out." if axis.in_both else ""
    if axis.share is None:
        how = "A group of one image can't be held out, so the share is on the axis that the pairs make: it flatters."
    else:
        how = (
            f"Held out: each group is cut in two at random (seed 0), and the images of one half are ordered by the "
            f"axis of the other, {axis.held_out_pairs:,} pairs; on the axis that all of them make, which the chart "
            "shows, the share flatters."
        )
    return (
        f"Right order: the first image stands before the second (ties count half; the area under the ROC curve). "
        f"{pairs}.{both} {how} Click a bar to select its images on the maps."
    )
