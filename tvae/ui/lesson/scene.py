"""Scene: the chart of a step, the facts that its text names, and the answer to its question."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from tvae.ui.lesson.answers import Answer


@dataclass(frozen=True, kw_only=True)
class Scene:
    """Chart, facts and answer of a step."""

    draw: Callable[[], object]
    """Draws the chart, and the control that is free where the chart has none of its own."""
    draw_answered: Callable[[], object] | None = None
    """Draws the whole chart in place of `draw` once the question is answered, where it would give the answer away."""
    answer: Callable[[], Answer]
    """The answer to the question; to be called once the scene is drawn, since it may be where a control stands."""
    facts: Mapping[str, str] = field(default_factory=dict)
    """Values of the {names} in the text."""


def percent(share: float, places: int = 2) -> str:
    """A share as a percentage that is not broken over two lines."""
    return f"{100 * share:.{places}f}\u00a0%"
