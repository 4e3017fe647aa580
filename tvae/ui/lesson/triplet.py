"""Step "triplet": one triplet of images, and its distances in each model."""

from __future__ import annotations

from tvae.errors import InputError
from tvae.model.encoding import Encoding
from tvae.runs.run import Run
from tvae.ui.lesson.answers import OneOf
from tvae.ui.lesson.scene import Scene
from tvae.ui.lesson.text import StepText
from tvae.ui.overview.triplet import drawn_triplets, show_drawn

ROLES = ("positive", "negative")


def scene(run: Run, encoding: Encoding, text: StepText) -> Scene:
    """The moving triplet, and which of its images is nearer in the first model."""
    drawn = drawn_triplets(run, encoding)
    if drawn is None:
        raise InputError("the run has no triplet")
    anchor, *others = drawn.names[drawn.first]
    to_positive, to_negative = drawn.models[0].distances[drawn.first]
    nearer = ROLES[int(to_negative < to_positive)]
    return Scene(
        draw=lambda: show_drawn(drawn.first_alone(), verdicts=False, plays=False),
        draw_answered=lambda: show_drawn(drawn, plays=False),
        answer=lambda: OneOf(options=ROLES, right=nearer),
        facts={"anchor": anchor, **dict(zip(ROLES, others, strict=True))},
    )
