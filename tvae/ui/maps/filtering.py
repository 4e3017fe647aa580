"""Columns that the maps' rows can be filtered by, and which rows pass."""

from __future__ import annotations

import numpy as np
from jaxtyping import Bool

from tvae.data.own.keeping import NO_VALUE
from tvae.linked_map.contents import Filtering
from tvae.linked_map.filter_columns import FilterColumn, range_column, value_column
from tvae.ui import cached
from tvae.ui import session as state
from tvae.ui.components.latent_map import filtered_on_map, filters_are_open
from tvae.ui.maps.view_pair import ViewPair, wrong_nearest
from tvae.ui.run_images import split_of
from tvae.ui.session import keys


def filtering_of(
    pair: ViewPair, margin: float, filters: state.MapFilters, map_key: str, *, maps_first: bool
) -> Filtering:
    """Columns and filters for the rows of a pair; takes over the filters that a person has set beside the maps.

    Args:
        margin: of lost triplets.
        maps_first: neighbours are not counted yet, so rows can be filtered by their class alone.
    """
    wanted = not maps_first and (filters_are_open(map_key) or bool(filters.filters))
    measures = _measures(pair, margin) if wanted else []
    labels, constant = _labels(pair) if wanted else ([], [])
    columns = [*measures, *labels]
    change = filtered_on_map(map_key, len(pair.labels), columns)
    if change is not None:
        ids = {column.id for column in columns}
        others = {name: of_other for name, of_other in filters.filters.items() if name not in ids}
        filters.filters, filters.hidden = {**others, **change[0]}, change[1]
        state.note(keys.FILTER, "")
    if wanted and triplets_counted(pair, margin):
        _leave_out_what_does_not_fit(filters, columns)
    return Filtering(
        measures=measures,
        labels=labels,
        notion=pair.left.run.notion,
        filters=filters.filters,
        hidden=filters.hidden,
        constant=constant,
    )


def triplets_counted(pair: ViewPair, margin: float) -> bool:
    """Whether this session has counted the lost triplets of the pair at this margin."""
    return _triplets_key(pair, margin) in state.kept(keys.TRIPLETS_COUNTED, set)


def count_triplets(pair: ViewPair, margin: float) -> None:
    """Count the lost triplets of the pair, which takes seconds, so that the next script run has them as a column."""
    for view in (pair.left, pair.right):
        cached.lost_shares(view.encoded, pair.labels, margin)
    state.kept(keys.TRIPLETS_COUNTED, set).add(_triplets_key(pair, margin))


def _triplets_key(pair: ViewPair, margin: float) -> str:
    return f"{pair.key} {pair.left.run.notion} {margin}"


def passing(filtering: Filtering, pair: ViewPair) -> Bool[np.ndarray, " n"]:
    """Rows that pass all filters."""
    return state.MapFilters(filtering.filters, filtering.hidden).passing(filtering.columns, pair.labels)


def _leave_out_what_does_not_fit(filters: state.MapFilters, columns: list[FilterColumn]) -> None:
    by_id = {column.id: column for column in columns}
    wrong = [name for name, wanted in filters.filters.items() if name not in by_id or not by_id[name].fits(wanted)]
    if wrong:
        filters.filters = {name: wanted for name, wanted in filters.filters.items() if name not in wrong}
        state.note(
            keys.FILTER,
            f"{keys.FILTER}: these images can't be filtered by {', '.join(wrong)[:80]!r} as asked; it was left out. "
            f"There are {', '.join(by_id)}.",
        )


def _measures(pair: ViewPair, margin: float) -> list[FilterColumn]:
    """Columns measured in the two models: change of neighbours, lost triplets, errors, class of the nearest image."""
    columns: list[FilterColumn | None] = []
    if not pair.same:
        unit = f"share of the {pair.k} nearest, of both together, that are not shared"
        columns.append(range_column("change", "Neighbourhood change", pair.changes.change, unit=unit))
    kinds = [("error", "Reconstruction error", "squared error per image")]
    if triplets_counted(pair, margin):
        kinds.insert(0, ("lost", "Lost triplets", f"share of an anchor's triplets, m = {margin:g}"))
    for name, title, unit in kinds:
        for side, view in (("left", pair.left), ("right", pair.right)):
            if side == "right" and pair.same:
                continue
            numbers = cached.lost_shares(view.encoded, pair.labels, margin) if name == "lost" else view.errors
            if numbers is None:
                continue
            titled = title if pair.same else f"{title}, {view.label}"
            columns.append(range_column(f"{name}-{side}", titled, numbers, unit=unit, colour=view.colour))
    columns.append(_nearest_column(pair))
    return [column for column in columns if column is not None]


def _nearest_column(pair: ViewPair) -> FilterColumn | None:
    """Whether the nearest neighbour has another class, in either latent space."""
    left, right = (wrong_nearest(side, pair.labels).astype(np.int64) for side in pair.neighbours)
    if pair.same:
        return value_column("wrong", "Nearest neighbour", ("same class", "another class"), left)
    names = (pair.left.label, pair.right.label)
    values = ("same class in both", *(f"another class in {name} only" for name in names), "another class in both")
    return value_column("wrong", "Nearest neighbour", values, left + 2 * right)


def _labels(pair: ViewPair) -> tuple[list[FilterColumn], list[str]]:
    """The other label columns of the data set, and those that are the same for all test images."""
    run = pair.left.run
    split, _ = split_of(run, "test")
    columns: list[FilterColumn] = []
    constant: list[str] = []
    for name, notion in {} if split is None else split.notions.items():
        if name == run.notion:
            continue
        column = value_column(f"own-{name}", name, notion.class_names, notion.labels, missing=NO_VALUE)
        if column is None:
            constant.append(f"{name} ({notion.class_names[notion.labels[0]]})")
        else:
            columns.append(column)
    return columns, constant
