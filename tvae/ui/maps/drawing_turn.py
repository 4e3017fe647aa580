"""DrawingTurn: the parts of the page that one script run draws, so that the maps stand first."""

from __future__ import annotations

from dataclasses import dataclass

from tvae.ui import session as state
from tvae.ui.components.latent_map import is_drawn
from tvae.ui.maps.controls import MapChoices
from tvae.ui.maps.linked_maps import map_key

WITHOUT_NEIGHBOURS = ("class", "error")
"""Colourings that need no neighbours and no triplets."""


@dataclass(frozen=True, kw_only=True)
class DrawingTurn:
    """The parts of the page that one script run draws.

    The maps come before neighbours and images, which take seconds on a fresh server, and before the charts, which keep
    a browser busy.
    """

    playing: bool
    """The epochs play: maps alone, without neighbours."""
    maps_first: bool
    """This run draws the maps without images and neighbours; the next has them."""
    drawn: bool
    """Whether the browser has drawn the maps; it asks for another run when it has."""

    @property
    def has_neighbours(self) -> bool:
        """Whether the maps have lines to neighbours, and filters by them."""
        return not (self.playing or self.maps_first)

    @property
    def ends_with_maps(self) -> bool:
        """Whether nothing is drawn but the maps."""
        return self.playing or not self.drawn


def drawing_turn(chosen: MapChoices, playing: bool) -> DrawingTurn:
    """The parts that this script run draws."""
    drawn = is_drawn(map_key(chosen.pair))
    new = not playing and (not drawn or state.first_time(chosen.pair.key))
    return DrawingTurn(playing=playing, maps_first=new and chosen.colouring in WITHOUT_NEIGHBOURS, drawn=drawn)
