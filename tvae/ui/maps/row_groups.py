"""Groups of images that a person may choose: classes, the selection and saved selections."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Int64

from tvae.data.selections import Selection
from tvae.figures.colours import INK, class_colours
from tvae.ui import session as state
from tvae.ui.maps.view_pair import ViewPair
from tvae.ui.style.theme import theme


@dataclass(frozen=True, eq=False)
class RowGroup:
    """Images that belong together, and what they are called."""

    name: str
    rows: Int64[np.ndarray, " m"]
    colour: str
    """Colour as #rrggbb: the class's, or that of ink."""


def row_groups(pair: ViewPair, picks: state.Picks, saved: tuple[Selection, ...]) -> dict[str, RowGroup]:
    """The groups by their name in an address: every class by its number, `selection`, and `saved NAME`."""
    colours, ink = class_colours(len(pair.class_names)), INK[theme()]
    groups = {
        f"class {c}": RowGroup(name, np.flatnonzero(pair.labels == c), colours[c])
        for c, name in enumerate(pair.class_names)
    }
    groups["selection"] = RowGroup(f"the selection ({len(picks.rows):,})", picks.rows, ink)
    return groups | {
        f"saved {selection.name}": RowGroup(f"saved: {selection.name}", selection.rows, ink) for selection in saved
    }
