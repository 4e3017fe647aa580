"""The nearest test images of the own image, and their vote."""

from __future__ import annotations

import numpy as np
import streamlit as st

from tvae.explore.new_image import NewImage
from tvae.figures.colours import arm_colours
from tvae.figures.image_grid import GridRow
from tvae.figures.images import votes_by_class
from tvae.model.encoding import Encoding
from tvae.runs.run import Run
from tvae.system.csv_table import rows_csv
from tvae.ui.images.image_grid import show_grid_within
from tvae.ui.maps.select_on_map import show_select_button
from tvae.ui.own_digit.on_maps import SHOWN_NEIGHBOURS
from tvae.ui.run_images import look_for_images_again
from tvae.ui.session import keys
from tvae.ui.style.arm_columns import ROOM_OF_TWO
from tvae.ui.style.escaping import as_text


def show_votes(run: Run, encoding: Encoding, seen: dict[str, NewImage]) -> None:
    """What class the nearest means say it is."""
    st.markdown("##### The vote")
    names = run.provenance.class_names
    parts = []
    for arm, one in seen.items():
        k = one.votes.nearest.rows.shape[1]
        votes = round(float(one.votes.sureness[0]) * k)
        parts.append(f"{arm.upper()} says **{as_text(names[one.votes.winners[0]])}** ({votes} of {k})")
    st.markdown("  \n".join(parts))
    figure = votes_by_class(
        {arm: one.votes.shares[0] for arm, one in seen.items()}, names, arm_colours(list(run.config.arms))
    )
    st.plotly_chart(figure, key=keys.VOTE, config={"displayModeBar": False}, alt="Votes by class")
    st.caption(f"Classes of the {k} nearest of {len(encoding.labels):,} means μ in each latent space, a vote each.")


def show_neighbours(
    run: Run, encoding: Encoding, seen: dict[str, NewImage], images: np.ndarray | None, why: str
) -> None:
    """The nearest test images in each arm."""
    st.markdown("##### Its nearest neighbours")
    names, n = run.provenance.class_names, len(encoding.labels)
    colours = arm_colours(list(run.config.arms))
    near = {
        arm: one.votes.nearest.first(min(SHOWN_NEIGHBOURS, one.votes.nearest.rows.shape[1]))
        for arm, one in seen.items()
    }
    under = {
        arm: [
            f"{names[encoding.labels[row]][:6]} · {distance:.2f}"
            for row, distance in zip(found.rows[0], found.distances[0], strict=True)
        ]
        for arm, found in near.items()
    }
    if images is None:
        for arm, found in near.items():
            rows = (f"row {row:,} ({words})" for row, words in zip(found.rows[0], under[arm], strict=True))
            st.markdown(as_text(f"{arm.upper()}: {', '.join(rows)}"))
        words, again = st.columns([4, 1], vertical_alignment="center")
        words.caption(as_text(f"Without images: {why}"))
        again.button("Try again", on_click=look_for_images_again)
    else:
        rows = [
            GridRow(label=arm.upper(), colour=colours[arm], images=images[found.rows[0]], under=under[arm])
            for arm, found in near.items()
        ]
        show_grid_within(rows, "The nearest test images in each latent space", ROOM_OF_TWO)
    st.caption("Test images whose μ lies nearest, nearest first: class · Euclidean distance.")
    rows = np.unique(np.concatenate([found.rows[0] for found in near.values()]))
    with st.container(horizontal=True):
        show_select_button(run, n, rows)
        columns: dict[str, list] = {"arm": [], "place": [], "row": [], "class": [], "distance": []}
        for arm, found in near.items():
            for place, (row, distance) in enumerate(zip(found.rows[0], found.distances[0], strict=True), 1):
                told = (arm, place, int(row), names[encoding.labels[row]], round(float(distance), 5))
                for column, value in zip(columns.values(), told, strict=True):
                    column.append(value)
        icon = ":material/download:"
        st.download_button("CSV", rows_csv(columns), "nearest.csv", "text/csv", icon=icon, on_click="ignore")
