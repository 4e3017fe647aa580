"""Picked: the rows that a person picked, filtered and saved on the maps."""

from __future__ import annotations

from dataclasses import dataclass

from tvae.data.selections import Selection
from tvae.ui import session as state
from tvae.ui.maps.axis import AxisControls, axis_controls
from tvae.ui.maps.linked_maps import take_gesture
from tvae.ui.maps.saved_selections import saved_selections
from tvae.ui.maps.view_pair import ViewPair


@dataclass(frozen=True, eq=False)
class Picked:
    """The rows that a person picked, filtered and saved among the images of a pair."""

    picks: state.Picks
    filters: state.MapFilters
    saved: tuple[Selection, ...]
    axis: AxisControls
    fits_in_address: bool
    """Whether the address holds all picked rows."""


def take_picked(pair: ViewPair, fingerprint: str, notion: str) -> Picked:
    """Take over the last gesture on the maps, put the rows that are picked in the address, and return all of it.

    Args:
        fingerprint: of the images.
        notion: that the page judges by; filters by a class go with it.
    """
    n = len(pair.labels)
    picks = state.picks(fingerprint, n)
    take_gesture(pair, picks)
    filters, saved = state.map_filters(fingerprint, notion), saved_selections(pair)
    axis = axis_controls(pair, picks, saved)
    return Picked(picks, filters, saved, axis, state.put_picks_in_address(picks, n))
