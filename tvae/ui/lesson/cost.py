"""Step "cost": reconstructions of both models, with their errors."""

from __future__ import annotations

import numpy as np
import streamlit as st

from tvae.explore.example_images import first_of_each_class
from tvae.model.encoding import Encoding
from tvae.runs.run import Run
from tvae.ui import session as state
from tvae.ui.choices.arms import shown_arms
from tvae.ui.images.image_grid import show_grid
from tvae.ui.lesson.answers import OneOf
from tvae.ui.lesson.scene import Scene, percent
from tvae.ui.lesson.text import StepText
from tvae.ui.reconstructions.grid import reconstruction_grid
from tvae.ui.session import keys
from tvae.ui.style.captions import measured_on

COUNT = 10


def scene(run: Run, encoding: Encoding, text: StepText) -> Scene:
    """One image of each class above what both models draw of it, and the class whose error grows most."""
    arms = shown_arms(run)
    kept = first_of_each_class(encoding.labels[encoding.sample_rows], COUNT)
    rows, images = encoding.sample_rows[kept], encoding.sample_images[kept]
    names = [run.class_names[label] for label in encoding.labels[rows]]
    first, last = (encoding.arms[arm].errors for arm in arms)
    worst = int(np.argmax(last[rows] - first[rows]))

    def draw() -> None:
        mapped = st.toggle(text.options["error_map"], **state.switch(keys.ERROR_MAP))
        grid, _ = reconstruction_grid(run, encoding, arms, rows, images, None, mapped)
        show_grid(grid, text.title, keys.CHOSEN_IMAGES)
        st.caption(f"{measured_on(run, encoding)}.")

    return Scene(
        draw=draw,
        answer=lambda: OneOf(options=names, right=names[worst]),
        facts={
            "digit": names[worst],
            "vae": f"{first[rows[worst]]:.1f}",
            "tvae": f"{last[rows[worst]]:.1f}",
            "n": f"{len(first):,}",
            "more": percent(float(np.mean(last) / np.mean(first)) - 1, 0),
        },
    )
