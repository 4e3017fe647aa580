"""Decodes the place under the pointer for both maps."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache

import numpy as np
from jaxtyping import Int

from tvae.errors import InputError
from tvae.maps.shown_map import DecodedPlace, ShownMap, shown_map
from tvae.model.network import to_bytes
from tvae.runs.run import Run
from tvae.ui import cached
from tvae.ui.components.decoding_probe import Decoded, decoding_probe
from tvae.ui.maps.projecting import Picture
from tvae.ui.maps.view_pair import ViewPair
from tvae.ui.maps.views import View
from tvae.ui.style.reasons import reason_of

FAR = "far from every image"
WORDS = {"exact": "exact", "plane": "exact in this plane", "approximate": "approximate"}


Pictures = tuple[Picture, Picture]
"""The left and the right map, as they are shown."""


def show_decoding(pair: ViewPair, pictures: Pictures, key: str, only: Int[np.ndarray, " m"] | None = None) -> None:
    """Let the maps of this key show what both arms decode under the pointer while decoding is switched on.

    Args:
        only: the rows that the maps are of, where that is not all.
    """
    decoding_probe(answer_for(pair, pictures, only), memory=key)


def answer_for(
    pair: ViewPair, pictures: Pictures, only: Int[np.ndarray, " m"] | None = None
) -> Callable[[tuple[float, float]], Sequence[Decoded]]:
    """Function that decodes a place for both arms, each by its own map; it computes nothing before its first call."""

    @cache
    def map_of(side: int) -> ShownMap:
        means = (pair.left, pair.right)[side].encoded.means
        return shown_map(means if only is None else means[only], pictures[side].positions, pictures[side].linear)

    def answer(place: tuple[float, float]) -> list[Decoded]:
        return [_decoded(view, map_of(side).at(place)) for side, view in enumerate((pair.left, pair.right))]

    return answer


def _decoded(view: View, place: DecodedPlace) -> Decoded:
    if not isinstance(view.run, Run):
        return Decoded(None, "no decoder")
    try:
        images = cached.network(view.run, view.arm).decoded(place.code[None])
    except InputError as error:
        return Decoded(None, reason_of(error))
    return Decoded(to_bytes(images)[0], FAR if place.far else WORDS[place.likeness], place.far)
