"""Step "margin": the share of all triplets in the right order as the margin moves."""

from __future__ import annotations

import streamlit as st

from tvae.model.encoding import Encoding
from tvae.runs.paper_table import PAPER
from tvae.runs.run import Run
from tvae.runs.seeds.figures import MARGINS
from tvae.ui import measured
from tvae.ui import session as state
from tvae.ui.choices.arms import shown_arms
from tvae.ui.lesson.answers import Placed
from tvae.ui.lesson.scene import Scene, percent
from tvae.ui.lesson.text import StepText
from tvae.ui.session import keys
from tvae.ui.style.arm_text import arm_text
from tvae.ui.triplets.scores import show_curves, slide_margin
from tvae.ui.triplets.view import TripletView

START = 1.0
"""Margin at first: far from the one that is asked for."""


def scene(run: Run, encoding: Encoding, text: StepText) -> Scene:
    """The margin's slider, both scores and their curves, and the stop at which the VAE scores as the paper's."""
    curves = measured.curves(run, encoding)
    vae, tvae = arms = shown_arms(run)
    best = min(MARGINS, key=lambda margin: abs(curves[vae].at(margin).accuracy - PAPER["VAE"]))

    def draw(rings: bool = False) -> None:
        view = TripletView(run=run, encoding=encoding, curves=curves, margin=slide_margin(START), arms=arms)
        for arm, place in zip(arms, st.columns(2), strict=True):
            place.metric(arm_text(run.config, arm), percent(view.score(arm).accuracy))
        show_curves(view, rings=rings)

    def facts_of(stop: str) -> dict[str, str]:
        return {"margin_there": stop, "vae_there": percent(curves[vae].at(float(stop)).accuracy)}

    def answer() -> Placed:
        return Placed(value=f"{state.read(keys.MARGIN_SLIDER):g}", right=f"{best:g}", facts_of=facts_of)

    return Scene(
        draw=draw,
        draw_answered=lambda: draw(rings=True),  # which stand at the margin that is asked for
        answer=answer,
        facts={
            "count": f"{curves[vae].n_triplets:,}",
            "target": percent(PAPER["VAE"]),
            "margin": f"{best:g}",
            "vae": percent(curves[vae].at(best).accuracy),
            "tvae": percent(curves[tvae].at(best).accuracy),
        },
    )
