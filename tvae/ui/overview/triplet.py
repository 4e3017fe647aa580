"""The idea as an animation: real triplets of images, with their distances in two arms."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import streamlit as st
from jaxtyping import UInt8

from tvae.figures.arm_styles import arm_styles
from tvae.metrics.collapse import has_collapsed
from tvae.metrics.grouped_means import GroupedMeans, grouped_for_triplets
from tvae.metrics.measurable import has_triplet
from tvae.metrics.random_triplets import random_triplets
from tvae.metrics.triplet_search import Triplets, triplet_distances
from tvae.model.encoding import Encoding
from tvae.runs.answer.compared_arms import compared_arms
from tvae.runs.run import Run
from tvae.ui.choices.arms import shown_arms
from tvae.ui.components.moving_triplet import Model, moving_triplet
from tvae.ui.run_images import images_of
from tvae.ui.session import keys
from tvae.ui.style.captions import measured_on
from tvae.ui.style.escaping import as_text

COUNT, SEED = 24, 0
"""Number of triplets that are drawn, and the seed that draws them."""


@dataclass(frozen=True, eq=False)
class DrawnTriplets:
    """Triplets of test images, and their distances in the compared arms."""

    images: UInt8[np.ndarray, "t 3 height width channels"]
    names: list[list[str]]
    """Class of anchor, positive and negative."""
    models: list[Model]
    """Arms, with the distances of each triplet."""
    first: int
    """The triplet that is shown first: one that the last arm alone has right, where there is one."""
    scale: str
    """Caption on the meaning of the animation, and its data."""
    counts: str
    """Caption on how the triplets were drawn, and how many of them each arm has right."""

    def first_alone(self) -> DrawnTriplets:
        """The triplet that is shown first, without the others."""
        at = slice(self.first, self.first + 1)
        models = [replace(model, distances=model.distances[at]) for model in self.models]
        return replace(self, images=self.images[at], names=self.names[at], models=models, first=0)


def show_triplet(run: Run, encoding: Encoding) -> bool:
    """Show random triplets, one at a time, and return whether there are any.

    Nothing where an arm has collapsed: its distances are made of rounding, and no order of them is right or wrong.
    """
    drawn = drawn_triplets(run, encoding)
    if drawn is not None:
        show_drawn(drawn)
    return drawn is not None


def show_drawn(drawn: DrawnTriplets, *, verdicts: bool = True, plays: bool = True) -> None:
    """Show the triplets as an animation, with its caption.

    Args:
        verdicts: say which triplets an arm has right; else that is for the reader to see.
        plays: move by itself at first.
    """
    moving_triplet(
        drawn.images,
        drawn.names,
        drawn.models,
        first=drawn.first,
        verdicts=verdicts,
        plays=plays,
        key=keys.MOVING_TRIPLET,
    )
    st.caption(f"{drawn.scale} {drawn.counts}" if verdicts else drawn.scale)


def drawn_triplets(run: Run, encoding: Encoding) -> DrawnTriplets | None:
    """Random triplets; of the images kept in the encoding where the data is not at hand.

    None where there is no triplet, or an arm has collapsed.
    """
    images, _ = images_of(run)
    rows = np.arange(len(encoding.labels)) if images is not None else encoding.sample_rows
    pictures = images if images is not None else encoding.sample_images
    if not len(rows) or not has_triplet(encoding.labels[rows]):
        return None
    arms = compared_arms(run, shown_arms(run))
    styles = arm_styles(run.config)
    groups = [grouped_for_triplets(encoding.means[arm][rows], encoding.labels[rows]) for arm in arms]
    if any(has_collapsed(of_arm.spread) for of_arm in groups):
        return None
    triplets = _drawn(groups[0])
    at = np.stack([triplets.anchor, triplets.positive, triplets.negative], axis=1)
    models = []
    for arm in arms:
        distances = triplet_distances(encoding.means[arm][rows], triplets)
        both = np.stack([distances.to_positive, distances.to_negative], axis=1)
        models.append(Model(name=styles[arm].name, colour=styles[arm].colour, distances=both))
    right = [model.distances[:, 0] <= model.distances[:, 1] for model in models]
    mended = np.flatnonzero(~right[0] & right[-1])
    how_drawn = _how_drawn([model.name for model in models], right, of_sample=images is None)
    return DrawnTriplets(
        images=pictures[at],
        names=[[run.class_names[label] for label in encoding.labels[rows][of_triplet]] for of_triplet in at],
        models=models,
        first=int(mended[0]) if len(mended) else 0,
        scale=f"Distances of the means μ, to scale: {measured_on(run, encoding)}.",
        counts=as_text(how_drawn),
    )


def _drawn(groups: GroupedMeans) -> Triplets:
    anchor, positive, negative = random_triplets(groups, COUNT, np.random.default_rng(SEED))
    order = groups.order
    return Triplets(anchor=order[anchor], positive=order[positive], negative=order[negative])


def _how_drawn(names: list[str], right: list[np.ndarray], *, of_sample: bool) -> str:
    """Caption: how the triplets were chosen, and how many of them each arm has right."""
    words = f"{COUNT} triplets drawn at random with seed {SEED}"
    words += ", of the images that are kept with the run" if of_sample else ""
    if len(right) < 2:
        return f"{words}: {int(right[0].sum())} right in {names[0]}."
    before, after = right
    first, last = names
    words += (
        f": {int((before & after).sum())} right in both, {int((~before & after).sum())} in {last} alone, "
        f"{int((before & ~after).sum())} in {first} alone, {int((~before & ~after).sum())} in neither."
    )
    return words + (f" Shown first is the first that is right in {last} alone." if (~before & after).any() else "")
