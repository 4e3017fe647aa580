"""Contents of the linked maps, checked and packed for their browser code."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float, Int, Integer

from tvae.errors import InputError, require_int
from tvae.linked_map.browser_code import CODE_VERSION
from tvae.linked_map.filter_columns import FilterColumn, Filters, columns_blob, settings_of_filters
from tvae.linked_map.payload import Blob, geometry_blob, rows_to_text, values_blob

MOST_MAPS = 6


@dataclass(frozen=True, kw_only=True)
class MapSide:
    """One of the linked maps."""

    title: str
    """Shown in the badge, such as the arm's name."""
    short_title: str = ""
    """Title for narrow places; empty where the title itself is short."""
    colour: str
    """The arm's colour, as #rrggbb: badge, rings and lines."""
    positions: Float[np.ndarray, "n 2"]
    """Position of each row, in the layout's own units."""
    caption: str = ""
    """A few words beside the badge: projection, epoch, checkpoint."""


@dataclass(frozen=True, kw_only=True)
class ColourBy:
    """One number for each row and map, to colour by instead of the class. NaN is drawn faint."""

    title: str
    left: Float[np.ndarray, " n"]
    right: Float[np.ndarray, " n"]
    further: Sequence[Float[np.ndarray, " n"]] = ()
    """Numbers of the maps after these two."""
    unit: str = ""
    """Unit of the numbers: 'share of neighbours', 'squared error per image'."""
    low: float | None = None
    high: float | None = None
    """Ends of the scale; `None` takes the values' own range over all maps."""
    ends: tuple[str, str] | None = None
    """Words for the two ends in place of numbers, such as ('right', 'wrong')."""

    @property
    def sides(self) -> list[Float[np.ndarray, " n"]]:
        """The numbers of each map."""
        return [self.left, self.right, *self.further]


@dataclass(frozen=True, kw_only=True)
class Filtering:
    """Columns that the maps' rows can be filtered by, and the filters that are set."""

    measures: Sequence[FilterColumn]
    """Columns that belong to what the maps show."""
    labels: Sequence[FilterColumn]
    """Columns that belong to the rows, whatever the maps show: they travel in a block of their own, once."""
    notion: str
    """Name of the classes as a column."""
    filters: Filters
    hidden: frozenset[int]
    """Classes that don't pass."""
    constant: Sequence[str] = ()
    """Columns that are the same for all rows, as text."""

    @property
    def columns(self) -> list[FilterColumn]:
        """All columns but the class."""
        return [*self.measures, *self.labels]


@dataclass(frozen=True)
class MapState:
    """Rows that a person has selected on the maps."""

    selection: Int[np.ndarray, " m"]
    """Selected rows, sorted."""
    focus: int | None
    """The row last clicked or reached by arrow keys."""


@dataclass(frozen=True)
class MapContents:
    """Everything that the browser code needs to draw the maps."""

    settings: dict[str, Any]
    """Small values, as JSON."""
    blobs: dict[str, Blob]
    """Binary blocks by what they hold; `settings["blobs"]` names each by its content."""


def map_contents(
    *sides: MapSide,
    labels: Integer[np.ndarray, " n"],
    class_names: Sequence[str],
    colours: Sequence[str],
    groups: Sequence[int],
    state: MapState,
    sprites: Blob | None = None,
    neighbours: Blob | None = None,
    nearest: tuple[Integer[np.ndarray, "n k"], Integer[np.ndarray, "n k"]] | None = None,
    colour_by: ColourBy | None = None,
    aligned: bool = True,
    facts: Mapping[str, str] | None = None,
    only: Int[np.ndarray, " m"] | None = None,
    filtering: Filtering | None = None,
) -> MapContents:
    """Check the contents of the maps and pack them for the browser code.

    Args:
        sides: one map to six, of the same rows in the same order.
        labels: class of each row, from 0 to len(class_names) - 1.
        class_names: what each class is called; any text, it is never read as HTML.
        colours: of each class, as #rrggbb.
        groups: number of each class's group; classes of a group stand together in the legend and have alike colours.
        state: selected rows and the focused row.
        sprites: thumbnails, from `sprite_sheet`.
        neighbours: nearest rows in the latent spaces of the first two, from `neighbours_blob`.
        nearest: nearest rows of every row in each arm: the focused row has lines to all of its own, also beyond those
            of `neighbours`.
        colour_by: numbers to colour by in place of the class.
        aligned: the layouts share one coordinate system; else each map is fitted to its own extent.
        facts: text fields of a saved PNG, by name; "Title" is written below the maps too.
        only: the rows that are shown; without it all of them.
        filtering: what the rows can be filtered by, and what passes.

    Raises:
        InputError: the arguments don't describe the same rows, or there are too many maps.
    """
    require_int("linked maps", len(sides), 1, MOST_MAPS)
    n = len(sides[0].positions)
    _check(sides, labels, len(class_names), colour_by, filtering)
    focus = state.focus
    settings: dict[str, Any] = {
        "version": CODE_VERSION,
        "sides": [
            {"title": s.title, "short": s.short_title or s.title, "colour": s.colour, "caption": s.caption}
            for s in sides
        ],
        "classes": [
            {"name": str(name), "colour": colour, "group": group}
            for name, colour, group in zip(class_names, colours, groups, strict=True)
        ],
        "aligned": aligned,
        "facts": dict(facts or {}),
        "picked": {"rows": rows_to_text(state.selection, n), "focus": -1 if focus is None else focus},
        "only": "" if only is None else rows_to_text(only, n),
        "focused": None if nearest is None or focus is None else [side[focus].tolist() for side in nearest],
    }
    blobs: dict[str, Blob] = {"geometry": geometry_blob([side.positions for side in sides], labels)}
    if neighbours is not None:
        blobs["neighbours"] = neighbours
    if colour_by is not None:
        blobs["values"] = values_blob(*colour_by.sides[: len(sides)])
        settings["scale"] = {
            "title": colour_by.title,
            "unit": colour_by.unit,
            "low": colour_by.low,
            "high": colour_by.high,
            "ends": colour_by.ends,
        }
    if sprites is not None:
        blobs["sprites"] = sprites
    if filtering is not None:
        settings["filters"] = {
            "notion": filtering.notion,
            "passing": settings_of_filters(filtering.columns, filtering.filters),
            "hidden": sorted(filtering.hidden),
            "constant": list(filtering.constant),
        }
        for name, columns in (("measures", filtering.measures), ("labels", filtering.labels)):
            if columns:
                blobs[name] = columns_blob(columns)
    settings["blobs"] = {name: blob.id for name, blob in blobs.items()}
    return MapContents(settings, blobs)


def _check(
    sides: Sequence[MapSide],
    labels: Integer[np.ndarray, " n"],
    classes: int,
    colour_by: ColourBy | None,
    filtering: Filtering | None,
) -> None:
    n = len(sides[0].positions)
    for name, side in zip(("left", "right", "third", "fourth", "fifth", "sixth"), sides, strict=False):
        if side.positions.shape != (n, 2) or n == 0:
            raise InputError(
                f"{name} map: positions of shape {side.positions.shape} are not possible; "
                f"all maps need the same rows, at least one, as ({n or 'n'}, 2)"
            )
        if not np.isfinite(side.positions).all():
            raise InputError(f"{name} map: some positions are not finite; project the rows again")
    if labels.shape != (n,) or labels.min() < 0 or labels.max() >= classes:
        raise InputError(f"labels: they must be {n} whole numbers from 0 to {classes - 1}, one for each row")
    if colour_by is not None and (
        len(colour_by.sides) < len(sides) or any(values.shape != (n,) for values in colour_by.sides)
    ):
        raise InputError(f"colour by {colour_by.title}: each map needs {n} numbers, one for each row")
    for column in [] if filtering is None else filtering.columns:
        if column.codes.shape != (n,):
            raise InputError(f"filter by {column.title}: it needs {n} values, one for each row")
