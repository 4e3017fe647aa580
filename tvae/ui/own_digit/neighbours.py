"""The nearest test images of the own image, and their vote."""

from __future__ import annotations

import numpy as np
import streamlit as st

from tvae.explore.new_image import NewImage
from tvae.figures.arm_styles import arm_styles
from tvae.figures.image_grid import GridRow
from tvae.figures.images import votes_by_class
from tvae.model.encoding import Encoding
from tvae.runs.run import Run
from tvae.system.csv_table import rows_csv
from tvae.ui.images.image_grid import show_grid_within
from tvae.ui.maps.select_on_map import link_to_rows
from tvae.ui.own_digit.on_maps import SHOWN_NEIGHBOURS
from tvae.ui.requests import answered
from tvae.ui.run_images import look_for_images_again
from tvae.ui.session import keys
from tvae.ui.style.arm_columns import ROOM_OF_TWO
from tvae.ui.style.arm_text import arm_text
from tvae.ui.style.captions import csv_name
from tvae.ui.style.escaping import as_text


def show_votes(run: Run, encoding: Encoding, new_images: dict[str, NewImage]) -> None:
    """The classes of the nearest means, as votes on the image's class."""
    st.markdown("## The vote")
    names = run.class_names
    parts = []
    for arm, new_image in new_images.items():
        k = new_image.votes.nearest.rows.shape[1]
        votes = round(float(new_image.votes.sureness[0]) * k)
        parts.append(
            f"{arm_text(run.config, arm)} says **{as_text(names[new_image.votes.winners[0]])}** ({votes} of {k})"
        )
    st.markdown("  \n".join(parts))
    figure = votes_by_class(
        {arm: new_image.votes.shares[0] for arm, new_image in new_images.items()},
        names,
        arm_styles(run.config),
    )
    st.plotly_chart(figure, key=keys.VOTE, config={"displayModeBar": False}, alt="Votes by class")
    st.caption(f"Classes of the {k} nearest of {len(encoding.labels):,} means μ in each latent space, a vote each.")


def show_neighbours(
    run: Run, encoding: Encoding, new_images: dict[str, NewImage], images: np.ndarray | None, reason: str
) -> None:
    """The nearest test images in each arm."""
    st.markdown("## Its nearest neighbours")
    names, n = run.class_names, len(encoding.labels)
    styles = arm_styles(run.config)
    nearest = {
        arm: new_image.votes.nearest.first(min(SHOWN_NEIGHBOURS, new_image.votes.nearest.rows.shape[1]))
        for arm, new_image in new_images.items()
    }
    under = {
        arm: [
            f"{names[encoding.labels[row]]} · {distance:.2f}"
            for row, distance in zip(neighbours.rows[0], neighbours.distances[0], strict=True)
        ]
        for arm, neighbours in nearest.items()
    }
    if images is None:
        for arm, neighbours in nearest.items():
            rows = (f"row {row:,} ({words})" for row, words in zip(neighbours.rows[0], under[arm], strict=True))
            st.markdown(as_text(f"{styles[arm].name}: {', '.join(rows)}"))
        words, again = st.columns([4, 1], vertical_alignment="center")
        words.caption(f"Without images: {reason}")
        again.button("Try again", on_click=answered(look_for_images_again))
    else:
        rows = [
            GridRow(
                label=styles[arm].short_name,
                colour=styles[arm].colour,
                images=images[neighbours.rows[0]],
                under=under[arm],
            )
            for arm, neighbours in nearest.items()
        ]
        show_grid_within(rows, "The nearest test images in each latent space", ROOM_OF_TWO)
    st.caption("Test images whose μ lies nearest, nearest first: class · Euclidean distance.")
    rows = np.unique(np.concatenate([neighbours.rows[0] for neighbours in nearest.values()]))
    with st.container(horizontal=True):
        link_to_rows(n, rows)
        columns: dict[str, list] = {"arm": [], "place": [], "row": [], "class": [], "distance": []}
        for arm, neighbours in nearest.items():
            for place, (row, distance) in enumerate(zip(neighbours.rows[0], neighbours.distances[0], strict=True), 1):
                values = (arm, place, int(row), names[encoding.labels[row]], distance)
                for column, value in zip(columns.values(), values, strict=True):
                    column.append(value)
        icon = ":material/download:"
        st.download_button("CSV", rows_csv(columns), csv_name("nearest", run), "text/csv", icon=icon, on_click="ignore")
