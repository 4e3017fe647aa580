"""MapFilters: which rows of a split pass the filters beside the maps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Bool, Int64

from tvae.linked_map.filter_columns import FilterColumn, Filters, passing_rows
from tvae.ui.address.map_filters import filters_from_address, filters_to_address, numbers_from_text
from tvae.ui.session import keys
from tvae.ui.session.controls import note
from tvae.ui.session.values import address, kept, put_in_address


@dataclass
class MapFilters:
    """Filters by the columns of the maps' rows, and hidden classes."""

    filters: Filters = field(default_factory=dict)
    hidden: frozenset[int] = frozenset()
    """Classes that don't pass, by number: those that the maps' legend hides."""

    def passing(self, columns: Sequence[FilterColumn], labels: Int64[np.ndarray, " n"]) -> Bool[np.ndarray, " n"]:
        """Rows that pass all filters.

        Args:
            columns: those that can be filtered by; a filter by another one lets all rows pass.
            labels: class of each row.
        """
        return passing_rows(columns, self.filters, len(labels)) & ~np.isin(labels, list(self.hidden))


def map_filters(fingerprint: str, notion: str) -> MapFilters:
    """This session's filters of these images with these classes; the first time, those that the address names."""
    by_labels: dict[tuple[str, str], MapFilters] = kept(keys.MAP_FILTERS, dict)
    key = fingerprint, notion
    if key not in by_labels:
        # The address names columns and classes of the first data set only, not of one that is chosen later.
        by_labels[key] = MapFilters() if by_labels else _addressed()
    return by_labels[key]


def _addressed() -> MapFilters:
    filters, wrong = filters_from_address(address(keys.FILTER))
    if wrong:
        note(
            keys.FILTER,
            f"{keys.FILTER} can't be {'~'.join(wrong)[:40]!r} here; it must be column:low_high or "
            "column:numbers of values, with ~ between columns. It was left out.",
        )
    return MapFilters(filters, numbers_from_text(address(keys.HIDDEN)) or frozenset())


def put_map_filters_in_address(filters: MapFilters) -> bool:
    """Write the filters into the address, classes excepted, which the maps write; False where they are too long."""
    text = filters_to_address(filters.filters)
    put_in_address(keys.FILTER, text)
    return text is not None
