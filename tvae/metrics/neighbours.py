"""Exact nearest neighbours."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Float32, Float64, Int, Int32, Shaped

from tvae.errors import InputError, require_int
from tvae.metrics.anchor_sample import BY_SIZE, sampled_rows
from tvae.metrics.grouped_means import over_blocks

BLOCK_VALUES = 1 << 20
"""Approximate distances held at a time (4 MB of float32): small enough to stay in a processor's cache."""

PAIR_VALUES = 1 << 21
"""Coordinates held at a time while candidates are measured exactly (16 MB of float64, several times over)."""


def searched_rows(n: int) -> Int[np.ndarray, " a"] | None:
    """The rows that the neighbours of every one of n rows are looked for among; None for all.

    Beyond `EXACT_TO` rows it is a random sample of `SAMPLED_ANCHORS`, so that the time grows with n and not with n².
    """
    return sampled_rows(n, BY_SIZE)


@dataclass(frozen=True)
class Neighbours:
    """The k nearest rows of each of n rows or queries, nearest first."""

    rows: Int32[np.ndarray, "n k"]
    """Row numbers; at equal distances the lower row comes first."""
    distances: Float32[np.ndarray, "n k"]
    """Euclidean distances."""

    def first(self, k: int) -> Neighbours:
        """The k nearest of these neighbours.

        Raises:
            InputError: k is not from 1 to the number of neighbours here.
        """
        require_int("k of these neighbours", k, 1, self.rows.shape[1])
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


def nearest_neighbours(
    points: Float[np.ndarray, "n d"],
    k: int,
    rows: Int[np.ndarray, " m"] | None = None,
    *,
    among: Int[np.ndarray, " a"] | None = None,
    threads: int = 1,
) -> Neighbours:
    """Exact k nearest other rows of every row, or of `rows` alone, by Euclidean distance.

    Duplicates of a row are its neighbours at distance 0. At equal distances the lower row comes first, so the result
    does not depend on the machine, nor on the number of threads. Points are taken as float32, distances are float64.
    Time grows with m a d, where all rows are asked for and looked among with n² d; memory with m k + n d and with the
    threads.

    Args:
        among: rows that neighbours are looked for among, ascending; None for all.

    Raises:
        InputError: k is not from 1 to one less than the rows that are looked among, or the points are not a table of
            finite numbers.
    """
    points = checked_points(points, "neighbours")
    asking = np.arange(len(points)) if rows is None else rows
    queries = points if rows is None else points[rows]
    candidates = points if among is None else points[among]
    require_int(f"k nearest of {len(candidates)} rows", k, 1, len(candidates) - 1)
    own = asking if among is None else _places_in(among, asking)
    found = _nearest(queries, candidates, k, left_out=np.zeros(0, np.int64), own_places=own, threads=threads)
    return found if among is None else Neighbours(among[found.rows].astype(np.int32), found.distances)


def _places_in(ascending: Int[np.ndarray, " a"], rows: Int[np.ndarray, " m"]) -> Int[np.ndarray, " m"]:
    """Place of each row in an ascending array; -1 where it is not in it."""
    places = np.minimum(np.searchsorted(ascending, rows), len(ascending) - 1)
    return np.where(ascending[places] == rows, places, -1)


def nearest_to(
    queries: Float[np.ndarray, "m d"],
    points: Float[np.ndarray, "n d"],
    k: int,
    left_out: Int[np.ndarray, " _"] | tuple[int, ...] = (),
) -> Neighbours:
    """Exact k nearest points of each query by Euclidean distance; rows (m, k) are rows of `points`.

    Ties and precision as in `nearest_neighbours`.

    Args:
        left_out: rows of `points` that are no query's neighbours.

    Raises:
        InputError: shapes that don't fit, values that are not finite, a row to leave out that does not exist, or k not
            from 1 to the number of points that are left.
    """
    points, queries = checked_points(points, "neighbours"), checked_points(queries, "queries")
    if points.shape[1] != queries.shape[1]:
        raise InputError(f"queries: {queries.shape[1]} coordinates; the points have {points.shape[1]}")
    excluded = np.unique(np.asarray(left_out, np.int64))
    if len(excluded) and not 0 <= excluded[0] <= excluded[-1] < len(points):
        raise InputError(
            f"neighbours: rows {excluded[0]} to {excluded[-1]} can't be left out; rows run to {len(points) - 1}"
        )
    n_candidates = len(points) - len(excluded)
    require_int(f"k nearest of {n_candidates} rows", k, 1, n_candidates)
    return _nearest(queries, points, k, left_out=excluded, own_places=None)


def _nearest(
    queries: Float32[np.ndarray, "m d"],
    points: Float32[np.ndarray, "n d"],
    k: int,
    *,
    left_out: Int[np.ndarray, " _"],
    own_places: Int[np.ndarray, " m"] | None,
    threads: int = 1,
) -> Neighbours:
    """The k nearest points of each query.

    Args:
        own_places: the point that each query itself is and that is not its neighbour, -1 where it is none of them.
    """
    queries, points = queries.astype(np.float64), points.astype(np.float64)
    screen = _Screen(points, k, left_out)
    rows = np.empty((len(queries), k), np.int32)
    distances = np.empty((len(queries), k), np.float32)
    size = max(1, BLOCK_VALUES // len(points))

    def write_block(start: int) -> None:
        block = queries[start : start + size]
        own_of_block = None if own_places is None else own_places[start : start + len(block)]
        query, column = screen.candidates(block, own_of_block)
        squared = _squared_distances(block, query, points, column)
        rows[start : start + size], nearest = _first_k(query, column, squared, len(block), k)
        distances[start : start + size] = np.sqrt(nearest)

    for _ in over_blocks(write_block, range(0, len(queries), size), threads):
        pass
    return Neighbours(rows, distances)


class _Screen:
    """Finds, for a block of queries, the few points that can be among the k nearest of each.

    One float32 matrix product gives all distances up to a rounding error with a known bound. Points are put into
    groups, and the k-th smallest of the groups' minima is an upper bound for the k-th distance, which is far cheaper
    than sorting. Whatever lies under it, the error bound added twice, is a candidate.
    """

    def __init__(self, points: Float64[np.ndarray, "n d"], k: int, left_out: Int[np.ndarray, " _"]) -> None:
        n, d = points.shape
        self.k = k
        # Centred, because the product's rounding error grows with the distance from the origin.
        self.centre = points.mean(axis=0)
        centred = (points - self.centre).astype(np.float32)
        # About four groups for each wanted neighbour: two of them rarely share one, so the bound is tight.
        self.groups = max(1, min(32, n // (4 * k)))
        width = -(-n // self.groups) * self.groups
        padded = np.zeros((width, d), np.float32)
        padded[:n] = centred
        self.columns = np.ascontiguousarray(-2 * padded.T)
        self.squares = np.full(width, np.inf, np.float32)  # padding and what is left out are infinitely far away
        self.squares[:n] = np.einsum("nd,nd->n", centred, centred)
        self.squares[left_out] = np.inf
        # A sum of d + 2 products, each rounded, of coordinates that were themselves rounded when centred.
        self.rounding = (d + 16) * float(np.finfo(np.float32).eps)

    def candidates(
        self, queries: Float64[np.ndarray, "b d"], own_places: Int[np.ndarray, " b"] | None
    ) -> tuple[Int[np.ndarray, " pairs"], Int[np.ndarray, " pairs"]]:
        """Query (0 to b - 1) and point of every pair that can count, in order of query, then point.

        `own_places` are points that the queries themselves are and that are not their neighbours, -1 for none.
        """
        centred = (queries - self.centre).astype(np.float32)
        partial = centred @ self.columns
        partial += self.squares  # (b, width): squared distance less the query's own square
        if own_places is not None:
            is_own = np.flatnonzero(own_places >= 0)
            partial[is_own, own_places[is_own]] = np.inf
        minima = partial.reshape(len(partial), self.groups, -1).min(axis=1)
        bound = np.partition(minima, self.k - 1, axis=1)[:, self.k - 1].astype(np.float64)
        own = np.einsum("bd,bd->b", centred, centred, dtype=np.float64)
        # A point within reach of a query is no further from the centre than the query's own norm plus that reach.
        reach = np.sqrt(np.maximum(bound + own, 0)) + np.sqrt(own)
        error = self.rounding * (reach + np.sqrt(own)) ** 2
        limit = np.nextafter((bound + 2 * error).astype(np.float32), np.float32(np.inf))
        flat = np.flatnonzero(partial <= limit[:, None])
        flat = flat[partial.reshape(-1)[flat] < np.inf]  # an infinite bound (k near n) lets everything through
        query, point = np.divmod(flat, partial.shape[1])
        return query, point


def _squared_distances(
    queries: Float64[np.ndarray, "b d"],
    query: Int[np.ndarray, " pairs"],
    points: Float64[np.ndarray, "n d"],
    point: Int[np.ndarray, " pairs"],
) -> Float64[np.ndarray, " pairs"]:
    """Squared Euclidean distance of each pair of a query and a point, by differences."""
    squared = np.empty(len(query))
    size = max(1, PAIR_VALUES // points.shape[1])
    for start in range(0, len(query), size):
        part = slice(start, start + size)
        difference = queries[query[part]] - points[point[part]]
        squared[part] = np.einsum("pd,pd->p", difference, difference)
    return squared


def _first_k(
    query: Int[np.ndarray, " pairs"],
    point: Int[np.ndarray, " pairs"],
    squared: Float64[np.ndarray, " pairs"],
    block: int,
    k: int,
) -> tuple[Int[np.ndarray, "block k"], Float64[np.ndarray, "block k"]]:
    """The k pairs of least distance of each query; every query has at least k pairs, in order of point."""
    order = np.lexsort((squared, query))  # stable: equal distances keep the order of points
    begin = np.searchsorted(query, np.arange(block))  # queries keep their places: the sort is within queries
    chosen = order[begin[:, None] + np.arange(k)]
    return point[chosen], squared[chosen]
