"""SideMaps: the maps of all sides, laid over the left one."""

from __future__ import annotations

from dataclasses import dataclass

from tvae.ui import session as state
from tvae.ui.maps.controls import MapChoices
from tvae.ui.maps.layout_progress import view_layouts
from tvae.ui.maps.projecting import Picture, kept_still, laid_over, passing_picture, spread
from tvae.ui.maps.view_pair import Positions


@dataclass(frozen=True, eq=False)
class SideMaps:
    """The maps of the left, the right and the further views, in this order."""

    of_shown: list[Picture]
    """Of the rows that are shown: all, or those that are isolated."""
    of_all: list[Picture]
    """The same with a place for every row; rows that are not shown have none (NaN)."""

    @property
    def at(self) -> Positions:
        """Of all rows on the left and on the right map."""
        return self.of_all[0].positions, self.of_all[1].positions


def side_maps(chosen: MapChoices, picks: state.Picks, playing: bool) -> SideMaps:
    """The chosen maps, or PCA of each while the epochs play."""
    only, pair = picks.isolated, chosen.pair
    if playing:
        projected = [passing_picture(view, only) for view in chosen.views]
    else:
        projected = view_layouts(chosen.views, chosen.parameters, chosen.seed, state.layouts(), only)
    first = kept_still(pair.left, projected[0]) if only is None else projected[0]
    together = picks.rows if chosen.align_to_selection and only is None else None
    projected = [first, *(laid_over(first, side_map, together) for side_map in projected[1:])]
    return SideMaps(projected, [spread(side_map, only, len(pair.labels)) for side_map in projected])
