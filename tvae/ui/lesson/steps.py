"""The seven steps in their order, each with the page that it is about."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tvae.model.encoding import Encoding
from tvae.runs.run import Run
from tvae.ui.lesson import cost, forming, margin, slow_mode, triplet, two_maps, weight
from tvae.ui.lesson.scene import Scene
from tvae.ui.lesson.text import StepText


@dataclass(frozen=True)
class Step:
    """One step of the lesson."""

    name: str
    """Name of the step's text."""
    page: str
    """File of the step's page."""
    title: str
    """Title of the step's page."""
    scene: Callable[[Run, Encoding, StepText], Scene]


STEPS = (
    Step("triplet", "streamlit_app.py", "TVAE Explorer", triplet.scene),
    Step("margin", "pages/4_Triplets.py", "Triplets", margin.scene),
    Step("maps", "pages/1_Latent_map.py", "Latent map", two_maps.scene),
    Step("slow", "pages/5_Training.py", "Training", slow_mode.scene),
    Step("training", "pages/5_Training.py", "Training", forming.scene),
    Step("cost", "pages/2_Reconstructions.py", "Reconstructions", cost.scene),
    Step("weight", "pages/0_Which_weight.py", "Which weight?", weight.scene),
)
NAMES = [step.name for step in STEPS]
