"""Shows the selected rows, and one row's neighbours in both latent spaces."""

from __future__ import annotations

import numpy as np
import streamlit as st
from jaxtyping import Bool, Int, UInt8

from tvae.data.selections import Selection
from tvae.figures.bars import class_mix
from tvae.figures.image_grid import GridRow
from tvae.metrics.selection_summary import Companion, selection
from tvae.ui import session as state
from tvae.ui.components.neighbour_panel import PanelSide, neighbour_panel
from tvae.ui.images.image_grid import show_grid_within
from tvae.ui.maps.view_pair import MOST_TILES, Positions, ViewPair, panel_neighbours, selected_rows_csv
from tvae.ui.requests import answered
from tvae.ui.session import keys
from tvae.ui.style.captions import csv_name, points_in_words
from tvae.ui.style.escaping import as_text

Images = UInt8[np.ndarray, "n height width channels"]
ROOM = 320
"""Screen pixels that the drawer leaves for images."""
SIDE = 84
"""Side of a single image in screen pixels."""


def thumbnails_row(label: str, companions: list[tuple[int, str]], images: Images | None, colour: str) -> None:
    """The images of some rows side by side, with a few characters under each."""
    if images is None:
        st.markdown(f"{label}: " + ", ".join(f"row {row} ({under})" for row, under in companions))
        return
    rows = [row for row, _ in companions]
    row = GridRow(label=label, colour=colour, images=images[rows], under=[under for _, under in companions])
    show_grid_within([row], f"{label}: rows {', '.join(map(str, rows))}", ROOM)


def enlarged(
    image: UInt8[np.ndarray, "height width channels"], side: int
) -> UInt8[np.ndarray, "larger larger_width channels"]:
    """The image with its pixels as squares, at least as large as this side, so that no browser blurs it."""
    times = -(-2 * side // max(image.shape[:2]))
    return image.repeat(times, axis=0).repeat(times, axis=1)


def show_picked(
    pair: ViewPair,
    picks: state.Picks,
    names: tuple[str, ...],
    images: Images | None,
    at: Positions,
    memory: str,
    saved: tuple[Selection, ...],
    passes: Bool[np.ndarray, " n"],
) -> None:
    """Shows the row last clicked, then the selected rows where they are more than that one.

    Args:
        memory: key of the maps that mark what the pointer rests on.
        saved: selections whose names stand in the table.
        passes: rows that pass the filters; selected ones that don't are left out.
    """
    if picks.focus is None and len(picks.rows) == 0:
        st.caption(
            f"Click a point on either map: its nearest {pair.noun.many} in both latent spaces are compared here. "
            "Draw around points with the lasso: they are described here; Shift adds, Alt removes."
        )
    if picks.focus is not None:
        show_row(pair, picks, names, images, memory)
    if len(picks.rows):
        show_selection(pair, picks, names, images, at, saved, passes)


def show_selection(
    pair: ViewPair,
    picks: state.Picks,
    names: tuple[str, ...],
    images: Images | None,
    at: Positions,
    saved: tuple[Selection, ...],
    passes: Bool[np.ndarray, " n"],
) -> None:
    """Shows the classes of the selected rows and the change of their neighbourhoods; of one row alone, only buttons."""
    rows = picks.rows[passes[picks.rows]]
    if len(rows) < len(picks.rows):
        st.caption(
            f"{len(rows):,} of {len(picks.rows):,} selected {pair.noun.many} pass the filters; the others are left out "
            "here."
        )
    if len(rows) and (len(picks.rows) > 1 or picks.rows[0] != picks.focus):
        _describe_selection(pair, rows, names, images)
    with st.container(horizontal=True, gap="small"):
        st.download_button(
            "Download as CSV",
            data=lambda: selected_rows_csv(rows, pair, names, at, saved),
            file_name=csv_name(f"rows-{pair.left.run.name}", pair.left.run),
            mime="text/csv",
            on_click="ignore",
        )
        few = len(picks.rows) < state.FEWEST_ISOLATED
        st.button(
            "Isolate",
            key=keys.ISOLATE,
            on_click=answered(picks.isolate),
            disabled=few,
            help=f"At least {state.FEWEST_ISOLATED} {pair.noun.many} can be projected alone."
            if few
            else f"Project these {pair.noun.many} alone, on all maps.",
        )
        st.button("Clear", on_click=answered(picks.replace), args=(np.zeros(0, np.int64),))


def _describe_selection(
    pair: ViewPair, rows: Int[np.ndarray, " m"], names: tuple[str, ...], images: Images | None
) -> None:
    st.markdown("## The selection")
    summary = selection(rows, pair.labels, len(names), pair.changes, images, most=8)
    commonest = names[int(summary.class_counts.argmax())]
    with st.container(horizontal=True, gap="medium", key=keys.SELECTION_FIGURES):
        st.metric("Images", f"{summary.count:,}", width="content")
        st.metric(
            "Purity",
            f"{100 * summary.purity:.0f} %",
            width="content",
            help=f"Share of the commonest class, {as_text(commonest)}.",
        )
        st.metric(
            "Mean change",
            f"{summary.mean_change:.3f}",
            delta=f"{summary.mean_change - summary.mean_change_of_all:+z.3f} against all images",
            delta_color="off",
            width="content",
            help="Mean neighbourhood change of these images; 0: all neighbours are shared, 1: none.",
        )
        if summary.mean_image is not None:
            mean = np.rint(summary.mean_image).astype(np.uint8)
            st.image(enlarged(mean, SIDE), width=SIDE, caption="mean image", alt="Mean of the selected images")
    st.html(class_mix(summary.class_counts, names))
    st.caption(f"Classes of the selected {pair.noun.many}, n = {summary.count:,} of {len(pair.labels):,}.")
    if not pair.same and not (summary.lost or summary.gained):
        st.caption("No image was lost or gained as a neighbour by half of them or more.")
    elif not pair.same:
        show_companions(
            "lost", f"neighbours in {as_text(pair.left.title)} only", summary.lost, images, pair.left.colour
        )
        show_companions(
            "gained", f"neighbours in {as_text(pair.right.title)} only", summary.gained, images, pair.right.colour
        )


def show_companions(
    mark: str, where: str, companions: tuple[Companion, ...], images: Images | None, colour: str
) -> None:
    """Shows neighbours that at least half of the selection lost, or gained."""
    if not companions:
        st.caption(f"No image was {mark} as a neighbour by half of them or more.")
        return
    thumbnails_row(
        mark, [(companion.row, f"{100 * companion.share:.0f} %") for companion in companions], images, colour
    )
    st.caption(f"Images that at least half of the selected {mark}: {where}. Under each, the share of the selected.")


def show_row(pair: ViewPair, picks: state.Picks, names: tuple[str, ...], images: Images | None, memory: str) -> None:
    """Shows the neighbours of the row last clicked in both latent spaces."""
    if picks.focus is None:
        return
    row, changes = picks.focus, pair.changes
    about = st.columns([1, 3], vertical_alignment="center")
    if images is not None:
        about[0].image(enlarged(images[row], SIDE), width=SIDE, alt=f"Row {row}")
    shared = len(changes.shared_by(row))
    about[1].markdown(
        f"Row **{row:,}**, class **{as_text(names[pair.labels[row]])}**: {shared} of its {pair.k} nearest are shared, "
        f"{len(changes.lost_by(row))} lost, {len(changes.gained_by(row))} gained; neighbourhood change "
        f"1 − {shared}/{changes.in_either(row)} = {changes.change[row]:.3f}."
    )
    left, right = panel_neighbours(row, pair, names)
    neighbour_panel(
        [
            PanelSide(title=pair.left.title, colour=pair.left.colour, neighbours=left),
            PanelSide(title=pair.right.title, colour=pair.right.colour, neighbours=right),
        ],
        images=images,
        memory=memory,
        walk=picks.walk_to,
        key=keys.neighbours_of(memory),
    )
    count_text = f"the nearest {MOST_TILES} of {pair.k}" if pair.k > MOST_TILES else f"the {pair.k} nearest"
    st.caption(
        f"For each space {count_text} of {len(pair.labels):,} {pair.noun.many}, with the Euclidean distance between "
        f"{points_in_words(pair.left.run)}. "
        "Rest on one to see it on the maps, click it to walk there."
    )
