"""Map, reconstructions and samples of every arm, on a slider in order of weight or of margin."""

from __future__ import annotations

import streamlit as st

from tvae.errors import InputError
from tvae.explore.advice import Ladder
from tvae.figures.arm_styles import arm_styles
from tvae.maps.parameters import METHOD_NAMES
from tvae.ui import cached
from tvae.ui.components.arm_player import ArmFrames, ArmStop, arm_player
from tvae.ui.session import keys
from tvae.ui.style.escaping import as_text
from tvae.ui.style.reasons import reason_of
from tvae.ui.which_weight.controls import Wishes
from tvae.ui.which_weight.ladder import LadderView
from tvae.ui.which_weight.sentence import cost_text, percent, trainings

MOST_POINTS = 2_000
"""Points of a map, evenly picked: more could not be told apart on so small a picture."""
MOST_IMAGES = 10
FEWEST_ROWS = 4
"""Images that a map needs."""
METHODS = ("umap", "tsne")
"""Layouts that are taken where the run has them; else the map is PCA."""


def show_arms_in_turn(view: LadderView, ladder: Ladder, wishes: Wishes, opened: str) -> None:
    """Show the slider, and the map, reconstructions and samples of each arm.

    Args:
        opened: the arm that is shown at first.
    """
    st.markdown("## What an arm looks like")
    if len(view.encoding.labels) < FEWEST_ROWS:
        st.info(f"A map needs at least {FEWEST_ROWS} images; the test split has {len(view.encoding.labels)}.")
        return
    try:
        frames, method = _frames(view)
    except InputError as error:
        st.info(as_text(f"The arms can't be drawn. {reason_of(error)}."))
        return
    styles = arm_styles(view.run.config)
    stops = [
        ArmStop(name=styles[arm].name, colour=styles[arm].colour, summary=_summary(ladder, arm, wishes))
        for arm in ladder.arms
    ]
    arm_player(
        stops,
        frames,
        orders=arm_orders(view),
        opened_at=ladder.arms.index(opened),
        class_names=view.run.class_names,
        key=keys.ARM_PLAYER,
    )
    st.caption(
        "Each stop of the slider is an arm that was trained; the margin m above only judges them anew; any other "
        "weight or margin in the loss takes training: see below. "
        f"{method} of the means of {len(frames.labels):,} test images, each map turned and scaled to lie like the "
        "first; a point is an image, its colour its class. Reconstructions are from μ; new images have the same noise "
        f"in every arm. {_percentages(view)}Weights of training seed {view.run.config.train.seed}, "
        f"run {as_text(view.run.name)}."
    )


def arm_orders(view: LadderView) -> dict[str, list[int]]:
    """Places of the arms by weight and by margin: those that differ in it alone where a ladder has such a series.

    Arms without a triplet term stand first; where arms differ in one setting only, there is one order.
    """
    losses = list(view.run.config.arms.values())
    plain = [place for place, loss in enumerate(losses) if not loss.triplet_weight]
    others = [place for place, loss in enumerate(losses) if loss.triplet_weight]

    def series(setting: str, fixed: str) -> list[int]:
        """The longest series of arms that differ in the setting and share the other one."""
        by_fixed: dict[float, list[int]] = {}
        for place in others:
            by_fixed.setdefault(getattr(losses[place], fixed), []).append(place)
        longest = max(by_fixed.values(), key=lambda places: len({getattr(losses[p], setting) for p in places}))
        return plain + sorted(longest, key=lambda place: getattr(losses[place], setting))

    if not others:
        return {"weight": plain}
    orders = {"weight": series("triplet_weight", "margin"), "margin": series("margin", "triplet_weight")}
    several = {name: places for name, places in orders.items() if len(places) > len(plain) + 1}
    return several or {"weight": plain + others}


def _summary(ladder: Ladder, arm: str, wishes: Wishes) -> str:
    point = ladder.test[arm]
    told = f"{percent(point.mean_accuracy)} of triplets in order at m = {wishes.margin:g}"
    return told if arm == ladder.baseline else f"{told}, {cost_text(point.mean_cost, wishes.cost)}"


def _percentages(view: LadderView) -> str:
    return f"Percentages are the mean of {trainings(view.seeds)}, pictures are of one. " if view.seeds > 1 else ""


def _frames(view: LadderView) -> tuple[ArmFrames, str]:
    """The frames of all arms, and the name of the map's method."""
    layouts = ((name, cached.layout(view.run, name)) for name in METHODS)
    method, layout = next(((name, layout) for name, layout in layouts if layout is not None), ("pca", None))
    return cached.arm_frames(view.run, layout, MOST_POINTS, MOST_IMAGES), METHOD_NAMES[method]
