"""Step "training": the replay of the whole training."""

from __future__ import annotations

import numpy as np

from tvae.errors import InputError
from tvae.model.encoding import Encoding
from tvae.runs.run import Run
from tvae.ui import cached
from tvae.ui.choices.arms import first_pair
from tvae.ui.lesson.answers import WholeNumber
from tvae.ui.lesson.scene import Scene, percent
from tvae.ui.lesson.text import StepText
from tvae.ui.training.replay import show_replay

GOOD = 0.9
"""The share of triplets in order whose first moment is looked for."""


def scene(run: Run, encoding: Encoding, text: StepText) -> Scene:
    """The replay, and the moment when most triplets are in order for the first time."""
    vae, tvae = first_pair(run)
    replay = cached.replay(run, (vae, tvae))
    if replay is None:
        raise InputError(f"the run {run.name} keeps no replay of its training")
    steps, accuracy = replay.replay.steps, replay.accuracy
    moment = int(np.argmax(accuracy[tvae] > GOOD))
    return Scene(
        draw=lambda: show_replay(run),
        answer=lambda: WholeNumber(right=int(steps[moment]), word=text.options["number"]),
        facts={
            "good": percent(GOOD, 0),
            "moments": str(len(steps)),
            "first_moments": ", ".join(f"{step:,}" for step in steps[: moment + 3]),
            "start": percent(accuracy[vae][0], 1),
            "lowest": percent(accuracy[vae].min(), 1),
            "lowest_step": f"{steps[np.argmin(accuracy[vae])]:,}",
            "step": f"{steps[moment]:,}",
            "steps": f"{steps[-1]:,}",
            "vae_end": percent(accuracy[vae][-1], 1),
            "tvae_end": percent(accuracy[tvae][-1], 1),
        },
    )
