"""Step "maps": both latent spaces as maps, and which two classes the first one mixes."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float, Int
from scipy.spatial import KDTree

from tvae.linked_map.contents import MapSide
from tvae.maps.parameters import METHODS
from tvae.model.encoding import Encoding
from tvae.runs.run import Run
from tvae.ui import cached
from tvae.ui import session as state
from tvae.ui.choices.arms import shown_arms
from tvae.ui.components.latent_map import latent_map
from tvae.ui.lesson.answers import OneOf
from tvae.ui.lesson.scene import Scene, percent
from tvae.ui.lesson.text import StepText
from tvae.ui.maps.controls import FIRST_METHOD, METHOD_OF
from tvae.ui.maps.layout_progress import arm_layouts, show_layout_states
from tvae.ui.maps.projecting import kept_still, laid_over
from tvae.ui.maps.views import View
from tvae.ui.run_images import split_of
from tvae.ui.session import keys
from tvae.ui.style.captions import titled

NEAREST = 10


def scene(run: Run, encoding: Encoding, text: StepText) -> Scene:
    """The linked maps; of the two classes that the first map mixes most, the one that is mixed into the other."""
    views = [View(run, arm) for arm in shown_arms(run)]
    layouts = state.layouts()
    first, second = arm_layouts(views, METHODS[METHOD_OF[FIRST_METHOD]](), layouts)
    first = kept_still(views[0], first)
    pictures = [first, laid_over(first, second, None)]
    mixed, mixed_after = (mixing(side_map.positions, encoding.labels, run.class_names) for side_map in pictures)
    others = mixed * (1 - np.eye(len(mixed)))
    digit, other = (int(place) for place in np.unravel_index(np.argmax(others), others.shape))

    def draw() -> None:
        show_layout_states(pictures, layouts)
        images, _ = split_of(run, "test")
        latent_map(
            *(
                MapSide(
                    title=view.title,
                    short_title=view.label,
                    colour=view.colour,
                    positions=side_map.positions,
                    caption=side_map.told,
                )
                for view, side_map in zip(views, pictures, strict=True)
            ),
            labels=encoding.labels,
            class_names=run.class_names,
            sprites=None if images is None else cached.thumbnails(images),
            facts=titled(f"{first.told} of the means", run, encoding),
            key=keys.LESSON_MAP,
        )

    return Scene(
        draw=draw,
        answer=lambda: OneOf(
            options=[name for place, name in enumerate(run.class_names) if place != digit],
            right=run.class_names[other],
        ),
        facts={
            "digit": run.class_names[digit],
            "other": run.class_names[other],
            "n": f"{len(encoding.labels):,}",
            "latents": str(run.config.model.latent_dim),
            "mixed": percent(float(mixed[digit, other]), 1),
            "mixed_after": percent(float(mixed_after[digit, other]), 1),
        },
    )


def mixing(
    positions: Float[np.ndarray, "n 2"], labels: Int[np.ndarray, " n"], class_names: tuple[str, ...]
) -> Float[np.ndarray, "classes classes"]:
    """Share of each class among the nearest points on a map, by the class of the point."""
    _, rows = KDTree(positions).query(positions, k=NEAREST + 1)
    near = labels[np.asarray(rows)[:, 1:]]  # the first is the point itself
    classes = range(len(class_names))
    return np.array([[(near[labels == one] == other).mean() for other in classes] for one in classes])
