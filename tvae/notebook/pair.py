"""Pair: two latent spaces of the same rows with their maps, and the contents that are drawn of it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Float32, Int, UInt8

from tvae.figures.colours import class_colours, class_groups
from tvae.linked_map.contents import MapContents, MapSide, MapState, map_contents
from tvae.linked_map.payload import neighbours_blob, neighbours_that_fit, sprite_sheet
from tvae.maps.alignment import align
from tvae.maps.fidelity import Fidelity
from tvae.metrics.neighbours import nearest_neighbours, searched_rows

THREADS = min(2, os.cpu_count() or 1)
"""Threads that look for neighbours; the result doesn't depend on them."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Pair:
    """Two latent spaces of the same rows with a map of each."""

    sides: tuple[MapSide, MapSide]
    means: tuple[Float32[np.ndarray, "n _"], Float32[np.ndarray, "n _"]]
    """The rows in each space, in which neighbours are looked for."""
    labels: Int[np.ndarray, " n"]
    class_names: tuple[str, ...]
    images: UInt8[np.ndarray, "n height width channels"] | None
    aligned: bool
    """Whether both maps are in one coordinate system."""
    told: str
    """Caption below the maps: one or two sentences on what they show."""

    @property
    def rows(self) -> int:
        """Number of rows."""
        return len(self.labels)


def contents_of(pair: Pair) -> MapContents:
    """What the browser needs to draw both maps, with lines to the nearest rows in each space and thumbnails."""
    among = searched_rows(pair.rows)
    k = min(neighbours_that_fit(pair.rows), (pair.rows if among is None else len(among)) - 1)
    left, right = (nearest_neighbours(means, k, among=among, threads=THREADS).rows for means in pair.means)
    return map_contents(
        *pair.sides,
        labels=pair.labels,
        class_names=pair.class_names,
        colours=class_colours(len(pair.class_names)),
        groups=class_groups(len(pair.class_names)),
        state=MapState(np.zeros(0, np.int64), None),
        sprites=None if pair.images is None else sprite_sheet(pair.images),
        neighbours=neighbours_blob(left, right),
        aligned=pair.aligned,
        facts={"Title": pair.told},
    )


def trustworthiness_told(fidelity: Mapping[str, Fidelity]) -> str:
    """Sentence on how many of the neighbours on each map, by its title, are true ones; empty where there is no map."""
    shares = [f"{measured.trustworthiness_text} ({title})" for title, measured in fidelity.items()]
    return f"Trustworthiness {' and '.join(shares)}. " if shares else ""


def positions_beside(left: Float[np.ndarray, "n 2"], right: Float[np.ndarray, "n 2"]) -> Float32[np.ndarray, "n 2"]:
    """The right map turned, mirrored and scaled to lie like the left one."""
    return align(left, right).apply(right).astype(np.float32)
