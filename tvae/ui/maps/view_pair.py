"""ViewPair: two views of the same rows; colourings, neighbours, CSV."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Bool, Float, Int, Int64

from tvae.data.public_datasets import Noun
from tvae.data.selections import Selection, tags
from tvae.linked_map.contents import ColourBy
from tvae.metrics.neighbour_changes import Changes
from tvae.metrics.neighbours import Neighbours
from tvae.system.csv_table import rows_csv
from tvae.ui import cached
from tvae.ui.components.neighbour_panel import Neighbour
from tvae.ui.maps.views import View
from tvae.ui.style.captions import rows_noun

Positions = tuple[Float[np.ndarray, "n 2"], Float[np.ndarray, "n 2"]]
"""Positions of all rows on the left and on the right map."""

COLOURINGS = {
    "class": "class",
    "change": "neighbourhood change",
    "lost": "lost triplets",
    "error": "reconstruction error",
    "wrong": "wrong nearest neighbour",
}

MOST_TILES = 24
"""Most neighbours of one arm that the panel shows."""


@dataclass(frozen=True, eq=False)
class ViewPair:
    """Two views of the same rows and their neighbours."""

    left: View
    right: View
    labels: Int64[np.ndarray, " n"]
    """Class of each row by the notion that the page judges by, whatever the notions of the two runs."""
    class_names: tuple[str, ...]
    k: int

    @property
    def key(self) -> str:
        """Key of the content of both sides."""
        return f"{self.left.key}|{self.right.key}"

    @property
    def same(self) -> bool:
        """Whether both maps show one and the same latent space."""
        return self.left.key == self.right.key

    @property
    def noun(self) -> Noun:
        """Noun for the rows: images, or rows where there are none."""
        return rows_noun(self.left.run)

    @property
    def has_errors(self) -> bool:
        """Whether both are arms of a run, whose reconstructions have errors."""
        return self.left.errors is not None and self.right.errors is not None

    @cached_property
    def neighbours(self) -> tuple[Neighbours, Neighbours]:
        """Neighbours of every row in the left and in the right latent space."""
        return cached.neighbours(self.left.encoded), cached.neighbours(self.right.encoded)

    @cached_property
    def changes(self) -> Changes:
        """Neighbours that every row shares, loses and gains from left to right, among its k nearest."""
        return cached.neighbour_changes(self.left.encoded, self.right.encoded, self.k)


def colour_by(name: str, pair: ViewPair, margin: float, further: Sequence[View] = ()) -> ColourBy | None:
    """The numbers of a colouring, also of further views beside the pair; None for the classes."""
    views = (pair.left, pair.right, *further)
    if name == "change":
        change = pair.changes.change
        unit = f"1 − overlap of the {pair.k} nearest"
        more = [change] * len(further)
        return ColourBy(title="Neighbourhood change", left=change, right=change, further=more, unit=unit, low=0, high=1)
    if name == "lost":
        left, right, *more = (cached.lost_shares(view.encoded, pair.labels, margin) for view in views)
        unit = f"share of an anchor's triplets, m = {margin:g}"
        return ColourBy(title="Lost triplets", left=left, right=right, further=more, unit=unit, low=0)
    if name == "error":
        if not pair.has_errors:
            return None
        left, right, *more = (_errors(view) for view in views)
        unit = "squared error per image"
        return ColourBy(title="Reconstruction error", left=left, right=right, further=more, unit=unit, low=0)
    if name == "wrong":
        tables = (cached.neighbours(view.encoded) for view in views)
        left, right, *more = (wrong_nearest(neighbours, pair.labels).astype(np.float32) for neighbours in tables)
        return ColourBy(
            title="Nearest neighbour's class",
            left=left,
            right=right,
            further=more,
            low=0,
            high=1,
            ends=("same", "other"),
        )
    return None


def _errors(view: View) -> Float[np.ndarray, " n"]:
    """The errors of a view; NaN, which has no colour, where it has none."""
    return np.full(len(view.encoded.means), np.nan, np.float32) if view.errors is None else view.errors


def wrong_nearest(neighbours: Neighbours, labels: Int[np.ndarray, " n"]) -> Bool[np.ndarray, " n"]:
    """Whether the nearest other row has another class."""
    return labels[neighbours.rows[:, 0]] != labels


def panel_neighbours(row: int, pair: ViewPair, names: tuple[str, ...]) -> tuple[list[Neighbour], list[Neighbour]]:
    """The row's nearest on the left, each shared or lost, and on the right, each shared or gained."""
    changes, (left, right) = pair.changes, pair.neighbours

    def neighbours_of(neighbours: Neighbours, marked: Bool[np.ndarray, "n k"], mark: str) -> list[Neighbour]:
        return [
            Neighbour(
                row=int(neighbours.rows[row, i]),
                label=str(names[pair.labels[neighbours.rows[row, i]]]),
                distance=float(neighbours.distances[row, i]),
                mark=mark if marked[row, i] else "shared",
            )
            for i in range(min(pair.k, MOST_TILES))
        ]

    return neighbours_of(left, changes.lost, "lost"), neighbours_of(right, changes.gained, "gained")


def selected_rows_csv(
    rows: Int[np.ndarray, " m"],
    pair: ViewPair,
    names: tuple[str, ...],
    positions: Positions,
    saved: tuple[Selection, ...] = (),
) -> str:
    """The selected rows as a table: class, change, both maps' positions, errors, names of saved selections."""
    columns: dict[str, np.ndarray | list[object]] = {
        "row": rows,
        "class": [names[label] for label in pair.labels[rows]],
        f"neighbourhood change (k={pair.k})": pair.changes.change[rows],
    }
    for side, view, at in zip(("left", "right"), (pair.left, pair.right), positions, strict=True):
        columns |= {
            f"{side} {view.name_in_table} x": at[rows, 0],
            f"{side} {view.name_in_table} y": at[rows, 1],
        }
        if view.errors is not None:
            columns[f"{side} {view.name_in_table} squared error"] = view.errors[rows]
    if saved:
        columns |= {"tags": list(tags(rows, saved))}
    return rows_csv(columns)


def rows_between(change: Float[np.ndarray, " n"], low: float, high: float) -> Int64[np.ndarray, " m"]:
    """Rows whose change lies in the range, its ends counted in (to a rounding error)."""
    return np.flatnonzero((change >= low - 1e-6) & (change <= high + 1e-6))
