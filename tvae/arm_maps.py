"""The maps of several arms laid over each other, each ready to be asked what lies where: a layout's, else PCA."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from jaxtyping import Float32

from tvae.alignment import Alignment, align
from tvae.decode_anywhere import ShownMap, shown_map
from tvae.projections import Layout, LinearMap, principal_axes

_AS_IT_IS = Alignment(np.eye(2), 1.0, np.zeros(2))


def arm_maps(means: Mapping[str, Float32[np.ndarray, "n _"]], layout: Layout | None) -> dict[str, ShownMap]:
    """Each arm's map in the layout, or PCA where there is none; all are turned and scaled to lie like the first."""
    made: dict[str, ShownMap] = {}
    for arm, points in means.items():
        if layout is None:
            mean, components, share = principal_axes(points)
            linear = LinearMap(mean, components, _AS_IT_IS, share)
            positions = linear.positions(points)
        else:
            linear, positions = layout.maps.get(arm), layout.positions[arm]
        laid = align(next(iter(made.values())).positions, positions) if made else None
        at = positions if laid is None else laid.apply(positions)
        made[arm] = shown_map(points, at.astype(np.float32), linear, laid)
    return made
