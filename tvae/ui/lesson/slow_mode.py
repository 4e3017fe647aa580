"""Step "slow": the first steps of a training one at a time, and the pulls of the loss on a triplet."""

from __future__ import annotations

import streamlit as st

from tvae.errors import InputError
from tvae.figures.training_step import TERM_NAMES
from tvae.model.encoding import Encoding
from tvae.runs.run import Run
from tvae.ui import cached
from tvae.ui import session as state
from tvae.ui.lesson.answers import OneOf
from tvae.ui.lesson.scene import Scene
from tvae.ui.lesson.text import StepText
from tvae.ui.run_images import split_of
from tvae.ui.session import keys
from tvae.ui.training.step_explained import show_triplet_and_pulls, show_wrong

STEPS = (1, 2, 3, 5, 8, 12, 20)
"""Steps that are explained: the triplets that are still wrong fall fast at first."""


def scene(run: Run, encoding: Encoding, text: StepText) -> Scene:
    """Slow mode of a training with the run's settings, and the term that pushes the negative away."""
    split, missing = split_of(run, "train")
    if split is None:
        raise InputError(missing)
    steps = dict(zip(STEPS, cached.first_steps(run, split, STEPS), strict=True))
    vae, tvae = run.config.arms

    @st.fragment  # a move of the slider draws the pictures alone, not the question too
    def draw() -> None:
        stop = st.select_slider(text.options["moment"], STEPS, key=keys.LESSON_MOMENT)
        for arm, explained in show_triplet_and_pulls(steps[stop], run.config):
            with arm:
                show_wrong(steps[stop], explained)

    def answer() -> OneOf:
        return OneOf(options=list(TERM_NAMES), right=_pushing_away(steps[state.read(keys.LESSON_MOMENT)]["arms"][tvae]))

    last = steps[STEPS[-1]]
    return Scene(
        draw=draw,
        answer=answer,
        facts={
            "last": str(STEPS[-1]),
            "count": f"{last['in_loss']:,}",
            "vae_wrong": f"{last['arms'][vae]['wrong']:,}",
            "tvae_wrong": f"{last['arms'][tvae]['wrong']:,}",
        },
    )


def _pushing_away(explained: dict) -> str:
    """The term with the strongest pull on the negative in the direction away from the anchor, which lies at 0, 0."""
    x, y = explained["points"]["negative"]
    away = {term: pulls["negative"][0] * x + pulls["negative"][1] * y for term, pulls in explained["pulls"].items()}
    return max(away, key=away.__getitem__)
