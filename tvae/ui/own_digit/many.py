"""Many pictures at once: places on the maps, classes, nearest images, all of it as CSV."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from tvae.data import default_folder, image_noun
from tvae.data.own.new_pictures import Frame, frame_of
from tvae.explore.new_image import UNLIKE, NewImage
from tvae.model.encoding import Encoding
from tvae.runs.arm_names import short_arm_name
from tvae.runs.new_images.files import csv_columns
from tvae.runs.new_images.tables import NewImageTable, Surroundings
from tvae.runs.run import Run
from tvae.system.csv_table import rows_csv
from tvae.ui import cached
from tvae.ui.images.cells import HEIGHT, image_cell
from tvae.ui.own_digit.many_input import FORMS, MOST, EncodedBatch, brought, show_fields
from tvae.ui.own_digit.neighbours import show_neighbours, show_votes
from tvae.ui.own_digit.on_maps import show_maps
from tvae.ui.own_digit.reconstructions import show_reconstructions
from tvae.ui.own_files.left_out import show_left_out
from tvae.ui.own_files.progress import show_progress
from tvae.ui.run_images import images_of
from tvae.ui.session import keys
from tvae.ui.style.escaping import as_text
from tvae.ui.style.sentences import with_capital

MOST_LISTED = 1_000
"""Pictures that the table lists; the CSV has all."""
_TABLE_HEIGHT = 420
"""Screen pixels of the table at most; it scrolls."""


def show_many(
    run: Run,
    encoding: Encoding,
    arms: list[str],
    method: str,
    voters: int,
    left: DeltaGenerator,
    maps: DeltaGenerator,
) -> None:
    """Show the fields on the left, the maps in their place, and below both a table of the pictures."""
    with left:
        show_fields()
    batch = brought().batch
    if batch is None:
        with maps:
            show_maps(run, encoding, arms, method, {})
        with left:
            st.caption(f"{FORMS} Each is encoded as one picture is; the maps show where they lie.")
        return
    frame = frame_of(run.config.data.name, run.image_shape, default_folder())
    known = _surroundings(run, encoding, arms, method, voters)
    task = batch.encode((run.files_key, tuple(arms), known.method, voters), lambda: known, frame)
    with left:
        if show_progress(task, keys.MANY_CANCEL):
            return
        if task.result is None:
            st.error(as_text(f"{task.error}.")) if task.error else st.info("Cancelled.")
            return
    encoded = task.result
    table = encoded.table
    with left:
        _show_counts(encoded, frame, run)
    below = st.container()
    chosen = _chosen_picture(below, run, known, table)
    images = {} if chosen is None else {arm: placed.images[chosen] for arm, placed in table.arms.items()}
    places = {arm: placed.positions for arm, placed in table.arms.items()}
    with maps:
        show_maps(run, encoding, arms, method, images, places)
    if chosen is not None:
        _show_picture(run, encoding, table, chosen, images, frame)


def _surroundings(run: Run, encoding: Encoding, arms: list[str], method: str, voters: int) -> Surroundings:
    """Arms, test images and maps that the pictures are compared with, from the caches of this server's pages."""
    layout = cached.layout(run, method)
    return Surroundings(
        class_names=run.class_names,
        encoding=encoding,
        networks={arm: cached.network(run, arm) for arm in arms},
        maps=cached.arm_maps({arm: encoding.arms[arm] for arm in arms}, layout),
        method=method if layout is not None else "pca",
        voters=min(voters, len(encoding.labels)),
    )


def _show_counts(encoded: EncodedBatch, frame: Frame, run: Run) -> None:
    """Show the number of pictures, how they were fitted, which are unlike the test images, and which were left out."""
    table, found = encoded.table, len(encoded.pictures.rows)
    st.markdown(f"**{len(table.names):,} pictures**" + (f", the first of {found:,}" if found > encoded.taken else ""))
    if found > encoded.taken:
        st.caption(
            f"This page takes {MOST:,} at a time: bring the others in as further files. Whoever runs this server can "
            "encode any number at once."
        )
    unlike = int(table.unlike.sum())
    if unlike:
        noun = image_noun(run.config.data.name)
        st.warning(
            f"**{unlike:,} unlike the {noun.many} of this data set**: every arm reconstructs them worse than "
            f"{100 * UNLIKE:.0f}\u00a0% of the test images, so their classes may mean nothing.",
            icon=":material/warning:",
        )
    st.caption(as_text(f"Taken: {frame.in_words}."))
    for note in encoded.pictures.notes:
        st.caption(as_text(f"{with_capital(note)}."))
    show_left_out(encoded.pictures.left_out.count, encoded.pictures.left_out.named)


def _chosen_picture(place: DeltaGenerator, run: Run, known: Surroundings, table: NewImageTable) -> int | None:
    """Show the table with its download; the number of the picture that is ticked in it."""
    with place:
        st.markdown("## Each picture")
        listed = min(MOST_LISTED, len(table.names))
        columns: dict[str, list] = {
            "Picture": [image_cell(image) for image in table.images[:listed]],
            "Name": list(table.names[:listed]),
        }
        for arm, placed in table.arms.items():
            votes = placed.images.votes
            name = short_arm_name(run.config, arm)
            columns[f"{name} says"] = [known.class_names[winner] for winner in votes.winners[:listed]]
            columns[f"{name} votes"] = np.rint(votes.sureness[:listed] * known.voters).astype(int).tolist()
            columns[f"{name} nearest row"] = votes.nearest.rows[:listed, 0].tolist()
        event: Any = st.dataframe(
            pd.DataFrame(columns),
            hide_index=True,
            height=min(_TABLE_HEIGHT, 37 + (HEIGHT + 8) * listed),
            row_height=HEIGHT + 8,
            column_config={"Picture": st.column_config.ImageColumn(width=HEIGHT + 20, pinned=True)},
            on_select="rerun",
            selection_mode="single-row",
            key=keys.MANY_TABLE,
        )
        words, download = st.columns([3, 1])
        words.caption(_about(known, table, listed))
        download.download_button(
            "All as CSV",
            lambda: rows_csv(csv_columns(known, table)),
            "pictures.csv",
            "text/csv",
            icon=":material/download:",
            on_click="ignore",
            width="stretch",
        )
    rows = [row for row in event.selection.rows if row < listed]
    return rows[0] if rows else None


def _about(known: Surroundings, table: NewImageTable, listed: int) -> str:
    """Caption of the table, with the number of pictures on which the arms agree."""
    n = len(table.names)
    first = f"The first {listed:,} of {n:,}; the CSV has all. " if listed < n else ""
    winners = np.stack([placed.images.votes.winners for placed in table.arms.values()])
    agree = int((winners == winners[0]).all(axis=0).sum())
    alike = f" The arms say the same class of {agree:,} of {n:,}." if len(winners) > 1 else ""
    return (
        f"{first}Classes by the vote of the {known.voters} nearest of {len(known.encoding.labels):,} test images in "
        f"each latent space, with how many voted so and the row of the nearest.{alike} Tick one to see it on the maps "
        "and below."
    )


def _show_picture(
    run: Run, encoding: Encoding, table: NewImageTable, chosen: int, images: dict[str, NewImage], frame: Frame
) -> None:
    """Show one picture as the page shows a single one: reconstructions, vote, nearest images."""
    st.markdown(as_text(table.names[chosen]))
    test_images, missing = images_of(run)
    below = st.container(horizontal=True, gap="medium")
    with below.container(width=265):
        show_reconstructions(run, table.images[chosen], images, frame.in_words, 330)
    with below.container(width=200):
        show_votes(run, encoding, images)
    with below.container(width=405):
        show_neighbours(run, encoding, images, test_images, missing)
