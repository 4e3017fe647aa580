"""The steps of an interpolation: caption, grid and table."""

from __future__ import annotations

import numpy as np
import pandas as pd
import streamlit as st

from tvae.explore.interpolation import Interpolation, step_columns
from tvae.figures.arm_styles import arm_styles
from tvae.figures.image_grid import GridRow
from tvae.model.encoding import Encoding
from tvae.model.network import to_bytes
from tvae.runs.arm_names import arm_names
from tvae.runs.run import Run
from tvae.system.csv_table import rows_csv
from tvae.ui.choices.path_ends import Ends
from tvae.ui.images.image_grid import grid_download
from tvae.ui.style.captions import csv_name, measured_on
from tvae.ui.style.escaping import as_text


def step_grid(
    run: Run, encoding: Encoding, paths: dict[str, Interpolation], images: np.ndarray | None
) -> list[GridRow]:
    """The steps as an image to download: decodes with their votes, the nearest images with the density."""
    names, styles = run.class_names, arm_styles(run.config)
    rows = []
    for arm, path in paths.items():
        at, votes = path.steps, path.votes
        under = [
            f"{names[label]} {100 * share:.0f} %"
            for label, share in zip(votes.winners[at], votes.sureness[at], strict=True)
        ]
        label, colour = styles[arm].short_name, styles[arm].colour
        rows.append(GridRow(label=label, colour=colour, images=to_bytes(path.images[at]), under=under))
        if images is not None:
            density = [f"{value:.1f}" for value in path.log_density[at]]
            rows.append(GridRow(label="nearest", images=images[votes.nearest.rows[at, 0]], under=density))
    return rows


def show_steps(
    run: Run, encoding: Encoding, paths: dict[str, Interpolation], images: np.ndarray | None, ends: Ends, path_kind: str
) -> None:
    """Show the caption of the interpolation above, its downloads and its table."""
    latents = sorted({path.codes.shape[1] for path in paths.values()})
    usual = ", ".join(
        f"{-latent / 2 * (1 + np.log(2 * np.pi)):.1f} ± {np.sqrt(latent / 2):.1f} in {latent} latents"
        for latent in latents
    ).replace("-", "−")
    voters = next(iter(paths.values())).votes.nearest.rows.shape[1]
    columns = step_columns(paths, run.class_names, {arm: arm.upper() for arm in paths})
    st.caption(
        f"A {path_kind} way between the means μ of {as_text(ends.description)}. "
        f"On top the classes of the {voters} nearest means, as shares of the vote; "
        "under each step's decode the winning class with its share, the nearest real test "
        f"image, and log p, the prior's log density in nats (samples of the prior itself have {usual}). The two end "
        f"images neither vote nor count as nearest. {measured_on(run, encoding)}."
    )
    with st.container(horizontal=True):
        what = f"A {path_kind} way between the means of {ends.description}"
        grid_download(step_grid(run, encoding, paths, images), "interpolation", what, run, encoding)
        icon = ":material/download:"
        st.download_button(
            "CSV", rows_csv(columns), csv_name("interpolation", run), "text/csv", icon=icon, on_click="ignore"
        )
    with st.expander("The numbers at each step"):
        st.dataframe(pd.DataFrame(step_columns(paths, run.class_names, arm_names(run.config))), hide_index=True)
