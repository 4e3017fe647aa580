"""Step "cost": reconstructions of both models, and the mean error of each class."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import streamlit as st

from tvae.explore.example_images import first_of_each_class
from tvae.explore.reconstruction import class_errors
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
from tvae.ui.style.arm_text import short_arm_text
from tvae.ui.style.captions import measured_on
from tvae.ui.style.escaping import as_text

COUNT = 10


def scene(run: Run, encoding: Encoding, text: StepText) -> Scene:
    """One image of each class above its reconstructions, all classes' mean errors, and the class that pays most."""
    arms = shown_arms(run)
    kept = first_of_each_class(encoding.labels[encoding.sample_rows], COUNT)
    rows, images = encoding.sample_rows[kept], encoding.sample_images[kept]
    names, classes = run.class_names, encoding.labels[rows]
    errors = [encoding.arms[arm].errors for arm in arms]
    # Of all images of a class, as Reconstructions has it: a single one may say something else.
    first, last = (class_errors(of_arm, encoding.labels, len(names)).means[classes] for of_arm in errors)
    worst = int(np.argmax(last - first))

    def draw(differences: bool = False) -> None:
        mapped = st.toggle(text.options["error_map"], **state.switch(keys.ERROR_MAP))
        grid, _ = reconstruction_grid(run, encoding, arms, rows, images, None, mapped)
        show_grid([replace(row, under=()) for row in grid], text.title, keys.CHOSEN_IMAGES)
        table = {short_arm_text(run.config, arm): means for arm, means in zip(arms, (first, last), strict=True)}
        if differences:
            table[text.options["difference"]] = last - first
        st.table(
            pd.DataFrame(
                [[f"{mean:.1f}" for mean in means] for means in table.values()],
                index=pd.Index(table, name=text.options["mean_error"]),
                columns=[as_text(names[label]) for label in classes],
            )
        )
        st.caption(f"{measured_on(run, encoding)}.")

    return Scene(
        draw=draw,
        draw_answered=lambda: draw(differences=True),
        answer=lambda: OneOf(options=[names[label] for label in classes], right=names[classes[worst]]),
        facts={
            "digit": names[classes[worst]],
            "vae": f"{first[worst]:.1f}",
            "tvae": f"{last[worst]:.1f}",
            "n": f"{len(encoding.labels):,}",
            "more": percent(float(np.mean(errors[1]) / np.mean(errors[0])) - 1, 0),
        },
    )
