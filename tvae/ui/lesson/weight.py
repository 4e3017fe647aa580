"""Step "weight": accuracy against cost of models trained with other weights and margins."""

from __future__ import annotations

from tvae.errors import InputError
from tvae.explore.advice import Advice, advise
from tvae.figures.arm_styles import ArmStyle, arm_styles
from tvae.model.encoding import Encoding
from tvae.runs.run import Run
from tvae.ui import session as state
from tvae.ui.lesson.answers import OwnChoice
from tvae.ui.lesson.scene import Scene
from tvae.ui.lesson.text import StepText
from tvae.ui.session import keys
from tvae.ui.which_weight.chart import show_chart
from tvae.ui.which_weight.controls import Wishes, choose_most_cost
from tvae.ui.which_weight.ladder import ladder_view
from tvae.ui.which_weight.sentence import more, percent

COST = "error"
MARGIN = 0.0
"""Margin at which triplets are counted."""


def scene(run: Run, encoding: Encoding, text: StepText) -> Scene:
    """The chart of all trained models, with one bound, and any choice with a reason."""
    view = ladder_view(run, encoding)
    if view is None:
        raise InputError(f"no run on {run.config.data.name} compares several weights")
    ladder, styles = view.points(COST, MARGIN), arm_styles(view.run.config)

    def advice(most_cost: float) -> Advice:
        return advise(ladder, most_cost=most_cost, least_accuracy=0.0)

    def draw() -> None:
        most_cost = choose_most_cost(view, COST)
        wishes = Wishes(cost=COST, most_cost=most_cost, least_accuracy=0.0, margin=MARGIN)
        show_chart(view, ladder, advice(most_cost), wishes)

    def facts_of(arm: str) -> dict[str, str]:
        chosen = ladder.test[arm]
        accepted = state.value_of(keys.MOST_COST)
        advised = advice(accepted / 100).arm or ladder.baseline
        return {
            "chosen": view.name(arm),
            "accuracy": percent(chosen.mean_accuracy),
            "gained": f"{100 * (chosen.mean_accuracy - ladder.test[ladder.baseline].mean_accuracy):.2f}",
            "cost": more(chosen.mean_cost),
            "accepted": f"{accepted:g}\u00a0%",
            "advised": view.name(advised),
        }

    return Scene(
        draw=draw,
        answer=lambda: OwnChoice(options={arm: _named(styles[arm]) for arm in ladder.arms}, facts_of=facts_of),
        facts={"baseline": view.name(ladder.baseline), "count": str(len(ladder.arms)), "seeds": str(view.seeds)},
    )


def _named(style: ArmStyle) -> str:
    """An arm's label in the chart, and its name where that says more."""
    return style.name if style.name == style.label else f"{style.label}: {style.name}"
