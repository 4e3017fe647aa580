"""Position of the own image on each arm's map."""

from __future__ import annotations

import numpy as np
import streamlit as st
from jaxtyping import Float64

from tvae.explore.new_image import NewImage
from tvae.figures.arm_styles import arm_styles
from tvae.figures.still_map import map_png, outside
from tvae.maps.parameters import METHOD_NAMES
from tvae.model.encoding import Encoding
from tvae.runs.run import Run
from tvae.ui import cached
from tvae.ui.style.arm_columns import arm_badge, arm_columns
from tvae.ui.style.arm_text import arm_text
from tvae.ui.style.captions import measured_on
from tvae.ui.style.theme import theme

SHOWN_NEIGHBOURS = 8
BESIDE = 2
"""Maps that have room beside the image."""


def show_maps(
    run: Run,
    encoding: Encoding,
    arms: list[str],
    method: str,
    new_images: dict[str, NewImage],
    others: dict[str, Float64[np.ndarray, "m 2"]] | None = None,
) -> None:
    """Shows the position of the image, and those of others, on each arm's map."""
    layout = cached.layout(run, method)
    shown_method = method if layout is not None else "pca"
    maps = cached.arm_maps({arm: encoding.arms[arm] for arm in arms}, layout)
    styles = arm_styles(run.config)
    exact = True
    outside_maps = []
    # Two maps have room beside the image; more of them stand below it.
    columns = st.columns(len(arms), gap="medium") if len(arms) <= BESIDE else arm_columns(len(arms))
    for arm, column in zip(arms, columns, strict=True):
        at, spot, nearest_rows = maps[arm], None, np.zeros(0, np.int64)
        if arm in new_images:
            placed = at.place_of(new_images[arm].mean[None])
            spot, exact = placed.positions[0], placed.exact
            nearest_rows = new_images[arm].votes.nearest.rows[0][:SHOWN_NEIGHBOURS]
            if outside(spot, at.positions):
                outside_maps.append(arm_text(run.config, arm))
        names = run.class_names
        ground = cached.still_map(at.positions, encoding.labels, names, theme())
        with column:
            arm_badge(run, arm, METHOD_NAMES[shown_method])
            st.image(
                map_png(ground, at.positions, spot, nearest_rows, styles[arm].colour, theme(), (others or {}).get(arm)),
                width="stretch",
                alt=f"Map of {styles[arm].name}" + ("" if spot is None else " with the place of your image"),
            )
    computed = (
        "" if shown_method == method else f"{METHOD_NAMES[method]} of this run has not been computed, so this is PCA. "
    )
    if others:
        places = "by the map's own projection" if maps[arms[0]].linear is not None else "amid their nearest means"
        computed += f"Dots: your pictures, placed {places}; what lies beyond an edge is drawn on it. "
    if not new_images:
        st.caption(f"{computed}Each point is a test image, coloured by class. {measured_on(run, encoding)}.")
        return
    placement_text = (
        "placed *exactly*, by the map's own projection"
        if exact
        else "placed *approximately*, amid its nearest means (this kind of map places no new image)"
    )
    lost = f" It lies beyond the edge of {' and '.join(outside_maps)}." if outside_maps else ""
    st.caption(
        f"{computed}The large dot is your image, {placement_text}; lines lead to its "
        f"{min(SHOWN_NEIGHBOURS, len(nearest_rows))} nearest test images in the latent space.{lost} "
        "Maps are turned and scaled to lie like the first. "
        f"{measured_on(run, encoding)}."
    )
