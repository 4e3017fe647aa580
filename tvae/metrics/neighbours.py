"""Exact nearest neighbours."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Float32, Int, Int32, Shaped

from tvae.errors import InputError

BLOCK_VALUES = 1 << 20
"""Approximate distances held at a time (4 MB of float32): small enough to stay in a processor's cache."""

PAIR_VALUES = 1 << 21
"""Coordinates held at a time while candidates are measured exactly (16 MB of float64, several times over)."""


@dataclass(frozen=True)
class Neighbours:
    """The k nearest other rows of every row, nearest first."""

    rows: Int32[np.ndarray, "n k"]
    """Row numbers; at equal distances the lower row comes first."""
    distances: Float32[np.ndarray, "n k"]
    """Euclidean distances."""

    def first(self, k: int) -> Neighbours:
        """The k nearest of these; k may not exceed what is here."""
        held = self.rows.shape[1]
        if not 1 <= k <= held:
            raise InputError(f"neighbours: k is {k}; it must be from 1 to {held}")
        return Neighbours(self.rows[:, :k], self.distances[:, :k])


def checked_points(points: Shaped[np.ndarray, "n d"], where: str) -> Float32[np.ndarray, "n d"]:
    """The points as finite float32 rows.

    Raises:
        InputError: not a table of numbers, no rows or columns, or a value that is not finite.
    """
    array = np.asarray(points)
    if array.ndim != 2 or array.dtype.kind not in "fiu" or 0 in array.shape:
        raise InputError(f"{where}: shape {array.shape} of {array.dtype}; it must be a table of numbers (n, d)")
    with np.errstate(over="ignore"):
        array = np.ascontiguousarray(array, dtype=np.float32)
    # Squared distances are formed in float32 below: half the exponent range is all that may be used.
    if not (np.abs(array) <= 1e18).all():
        raise InputError(f"{where}: holds values that are not finite (or beyond 1e18); train again or leave them out")
    return array


def nearest_neighbours(points: Float[np.ndarray, "n d"], k: int) -> Neighbours:
    """Exact k nearest rows of every row by Euclidean distance, the row itself left out by its number.

    Duplicates of a row are its neighbours at distance 0. Ties go to the lower row, so the result does not depend on
    the machine. Time grows with n² d, memory with n (k + d).

    How: one matrix product gives all distances of a block of rows up to a rounding error with a known bound. Columns
    are put into groups, and the k-th smallest of the groups' minima is an upper bound for the k-th distance, which is
    far cheaper than sorting. Whatever lies under it, the error bound added twice, is measured again in float64.

    Raises:
        InputError: k is not from 1 to n - 1, or the points are not a table of finite numbers.
    """
    points = checked_points(points, "neighbours")
    n = len(points)
    if not 1 <= k <= n - 1:
        raise InputError(f"neighbours: k is {k}; with {n} rows it must be from 1 to {n - 1}")
    rows = np.empty((n, k), np.int32)
    distances = np.empty((n, k), np.float32)
    # Centred, because the product's rounding error grows with the distance from the origin.
    exact = points.astype(np.float64)
    centred = (exact - exact.mean(axis=0)).astype(np.float32)
    screen = _Screen(centred, k)
    size = max(1, BLOCK_VALUES // n)
    for start in range(0, n, size):
        stop = min(start + size, n)
        row, column = screen.candidates(start, stop)
        squared = _squared_distances(exact, row, column)
        rows[start:stop], nearest = _first_k(row - start, column, squared, stop - start, k)
        distances[start:stop] = np.sqrt(nearest)
    return Neighbours(rows, distances)


def nearest_to(
    queries: Float[np.ndarray, "m d"],
    points: Float[np.ndarray, "n d"],
    k: int,
    left_out: Int[np.ndarray, " _"] | tuple[int, ...] = (),
) -> Neighbours:
    """Exact k nearest points of each query by Euclidean distance; rows (m, k) are rows of `points`.

    Ties go to the lower row. `left_out` are rows of `points` that are no one's neighbours.

    Raises:
        InputError: shapes that don't fit, values that are not finite, a row to leave out that does not exist, or k not
            from 1 to the number of points that are left.
    """
    points, asked = checked_points(points, "neighbours"), checked_points(queries, "queries")
    if points.shape[1] != asked.shape[1]:
        raise InputError(f"queries: {asked.shape[1]} coordinates; the points have {points.shape[1]}")
    out = np.unique(np.asarray(left_out, np.int64))
    if len(out) and not 0 <= out[0] <= out[-1] < len(points):
        raise InputError(f"neighbours: rows {out[0]} to {out[-1]} can't be left out; rows run to {len(points) - 1}")
    if not 1 <= k <= len(points) - len(out):
        raise InputError(f"neighbours: k is {k}; with {len(points) - len(out)} rows it must be from 1 to that")
    exact, ask = points.astype(np.float64), asked.astype(np.float64)
    centre = exact.mean(axis=0)
    centred, ask_centred = exact - centre, ask - centre
    # In groups as in _Screen; the padding and what is left out are infinitely far away.
    group = max(1, min(32, len(exact) // (4 * k)))
    width = -(-len(exact) // group) * group
    squares = np.full(width, np.inf)
    squares[: len(exact)] = np.einsum("nd,nd->n", centred, centred)
    squares[out] = np.inf
    columns = np.zeros((exact.shape[1], width))
    columns[:, : len(exact)] = -2 * centred.T
    # The product's rounding error, as in _Screen; what it can't tell apart is measured again by differences.
    rounding = (exact.shape[1] + 16) * float(np.finfo(np.float64).eps)
    furthest = float(np.sqrt(squares[np.isfinite(squares)].max()))
    rows = np.empty((len(ask), k), np.int32)
    distances = np.empty((len(ask), k), np.float32)
    size = max(1, BLOCK_VALUES // len(exact))
    for start in range(0, len(ask), size):
        block = ask_centred[start : start + size]
        near = block @ columns
        near += squares  # (block, width): squared distance less the query's own square
        minima = near.reshape(len(block), group, -1).min(axis=1)
        bound = np.partition(minima, k - 1, axis=1)[:, k - 1]
        error = rounding * (furthest + np.linalg.norm(block, axis=1)) ** 2
        row, column = np.divmod(np.flatnonzero(near <= (bound + 2 * error)[:, None]), width)
        there = squares[column] < np.inf  # where many are left out a bound can be infinite
        row, column = row[there], column[there]
        difference = exact[column] - ask[row + start]
        squared = np.einsum("pd,pd->p", difference, difference)
        rows[start : start + size], nearest = _first_k(row, column, squared, len(block), k)
        distances[start : start + size] = np.sqrt(nearest)
    return Neighbours(rows, distances)


class _Screen:
    """Finds, for a block of rows, the few columns that can be among the k nearest."""

    def __init__(self, centred: Float32[np.ndarray, "n d"], k: int) -> None:
        n, d = centred.shape
        self.k, self.n, self.points = k, n, centred
        # About four groups for each wanted neighbour: two of them rarely share one, so the bound is tight.
        self.group = max(1, min(32, n // (4 * k)))
        width = -(-n // self.group) * self.group
        padded = np.zeros((width, d), np.float32)
        padded[:n] = centred
        self.columns = np.ascontiguousarray(-2 * padded.T)
        self.squares = np.full(width, np.inf, np.float32)  # the padding is infinitely far away
        self.squares[:n] = np.einsum("nd,nd->n", centred, centred)
        # A sum of d + 2 products, each rounded, of coordinates that were themselves rounded when centred.
        self.rounding = (d + 16) * float(np.finfo(np.float32).eps)

    def candidates(self, start: int, stop: int) -> tuple[Int[np.ndarray, " pairs"], Int[np.ndarray, " pairs"]]:
        """Row and column of every pair that can count, in order of row, then column."""
        block = stop - start
        near = self.points[start:stop] @ self.columns
        near += self.squares  # (block, width): squared distance less the row's own square
        near[np.arange(block), np.arange(start, stop)] = np.inf
        minima = near.reshape(block, self.group, -1).min(axis=1)
        bound = np.partition(minima, self.k - 1, axis=1)[:, self.k - 1].astype(np.float64)
        own = self.squares[start:stop].astype(np.float64)
        # A row within reach of a point is no further from the centre than the point's own norm plus that reach.
        reach = np.sqrt(np.maximum(bound + own, 0)) + np.sqrt(own)
        error = self.rounding * (reach + np.sqrt(own)) ** 2
        limit = np.nextafter((bound + 2 * error).astype(np.float32), np.float32(np.inf))
        flat = np.flatnonzero(near <= limit[:, None])
        row, column = np.divmod(flat, near.shape[1])
        real = column < self.n  # an infinite bound (k near n) lets the padding through
        row, column = row[real], column[real]
        other = column != row + start
        return row[other] + start, column[other]


def _squared_distances(
    points: Float[np.ndarray, "n d"], row: Int[np.ndarray, " pairs"], column: Int[np.ndarray, " pairs"]
) -> Float[np.ndarray, " pairs"]:
    squared = np.empty(len(row))
    size = max(1, PAIR_VALUES // points.shape[1])
    for start in range(0, len(row), size):
        part = slice(start, start + size)
        difference = points[row[part]] - points[column[part]]
        squared[part] = np.einsum("pd,pd->p", difference, difference)
    return squared


def _first_k(
    row: Int[np.ndarray, " pairs"],
    column: Int[np.ndarray, " pairs"],
    squared: Float[np.ndarray, " pairs"],
    block: int,
    k: int,
) -> tuple[Int[np.ndarray, "block k"], Float[np.ndarray, "block k"]]:
    """The k pairs of least distance of each row; every row has at least k pairs, in order of column."""
    order = np.lexsort((squared, row))  # stable: equal distances keep the order of columns
    begin = np.searchsorted(row, np.arange(block))  # rows keep their places: the sort is within rows
    pick = order[begin[:, None] + np.arange(k)]
    return column[pick], squared[pick]
