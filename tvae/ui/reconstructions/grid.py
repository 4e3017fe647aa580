"""Test images above their reconstructions, as a grid."""

from __future__ import annotations

import numpy as np
import streamlit as st

from tvae.explore.reconstruction import (
    posterior_noise,
    reconstructions,
)
from tvae.figures.arm_styles import arm_styles
from tvae.figures.image_grid import GridRow, error_map
from tvae.model.encoding import Encoding
from tvae.runs.arm_names import arm_name
from tvae.runs.run import Run
from tvae.system.csv_table import rows_csv
from tvae.ui import cached
from tvae.ui.choices.rows import ChosenRows
from tvae.ui.images.image_grid import grid_download, show_grid
from tvae.ui.maps.select_on_map import link_to_rows
from tvae.ui.session import keys
from tvae.ui.style.captions import csv_name, measured_on
from tvae.ui.style.escaping import as_text
from tvae.ui.style.sentences import with_capital

CROWDED = 12


def reconstruction_grid(
    run: Run, encoding: Encoding, arms: list[str], rows: np.ndarray, images: np.ndarray, noise: int | None, mapped: bool
) -> tuple[list[GridRow], dict[str, list]]:
    """Inputs and each arm's reconstructions as rows of a grid, and as columns; `noise` seeds a sample, None takes μ."""
    names, styles = run.class_names, arm_styles(run.config)
    classes = [names[label] for label in encoding.labels[rows]]
    crowded = len(rows) > CROWDED
    under = [name if crowded else f"{name} #{row}" for name, row in zip(classes, rows, strict=True)]
    grid = [GridRow(label="input", images=images, under=under)]
    columns: dict[str, list] = {"row": rows.tolist(), "class": classes}
    for arm in arms:
        network = cached.network(run, arm)
        arm_noise = None if noise is None else posterior_noise(len(encoding.labels), network.latents, noise)[rows]
        reconstructed = reconstructions(network, images, encoding.arms[arm].means[rows], arm_noise)
        pictures, errors, style = reconstructed.images, reconstructed.errors, styles[arm]
        grid.append(
            GridRow(
                label=style.short_name,
                colour=style.colour,
                images=pictures,
                under=[f"{error:.1f}" for error in errors],
            )
        )
        if mapped:
            grid.append(GridRow(label="error", colour=style.colour, images=error_map(images, pictures)))
        columns[f"{arm.upper()} squared error"] = list(errors)
    return grid, columns


def show_reconstructions(
    run: Run,
    encoding: Encoding,
    arms: list[str],
    chosen: ChosenRows,
    images: np.ndarray,
    noise: int | None,
    mapped: bool,
) -> None:
    """Show the grid with its caption and downloads."""
    grid, columns = reconstruction_grid(run, encoding, arms, chosen.rows, images, noise, mapped)
    class_list = f"classes {', '.join(dict.fromkeys(columns['class']))}"
    names = " and ".join(arm_name(run.config, arm) for arm in arms)
    show_grid(grid, f"Test images and their reconstructions by {names}, {class_list}", keys.CHOSEN_IMAGES)
    code = (
        "the mean μ" if noise is None else f"one sample of the posterior (noise seed {noise}, the same for every arm)"
    )
    channels = ", by the mean over its channels and as bright as their root mean square" if images.shape[3] == 3 else ""
    colours = (
        f" Error: violet where the reconstruction is too dark, green where it is too light{channels}." if mapped else ""
    )
    st.caption(
        f"{as_text(with_capital(chosen.description))}; decoded from {code}. "
        f"Under each, its squared error, summed over pixels from 0 to 1.{colours} {measured_on(run, encoding)}."
    )
    with st.container(horizontal=True):
        what = f"Test images reconstructed from {code.replace('μ', '').strip()}, with their squared errors"
        grid_download(grid, "reconstructions", what, run, encoding)
        icon = ":material/download:"
        st.download_button(
            "CSV", rows_csv(columns), csv_name("reconstructions", run), "text/csv", icon=icon, on_click="ignore"
        )
        link_to_rows(len(encoding.labels), chosen.rows)
